// The indexed fields of a refund query's answer (protocol A8). Pure.
#pragma once

#include <wxgate/messages.hpp>

namespace wxgate {

/// `message` verified. Unknown (mismatched_answer) when it is not what a refund query answers: a state that
/// is none, an amount that is none, a count that does not agree with the fields.
outcome<refund_query> read_refund_query(fields message);

/// Whether the answer is about what was asked for.
bool answers(refund_query_request const& asked, refund_query const& got);

} // namespace wxgate
