// What each answer of WeChat about a refund means: protocol A8's tables as pure functions.
//
// Three rules stand behind all of it. A call that may have been done is asked about before it is made again.
// Only WeChat's signed word that it will not do it, for a refund that was never in doubt, ends it at once;
// else its refusal is confirmed by a query a minute later. And the number never changes.
#pragma once

#include "ledger/refunds.hpp"

#include <wxgate/client.hpp>

namespace wxgate::gateway {

/// What is known after a call or a query, and what is to be done.
struct refund_outcome {
    ledger::refund_step step;
    bool ask_now = false;     // the query does not wait for `due_at`
    bool nothing_new = false; // only looked at again later: no event
    std::string said;         // for the event and the log
};

/// The wait before look number `tries` + 1: doubling from the first to `last`. `spread` in [0, 1) moves it by
/// up to a fifth, so that many refunds do not come back at the same moment.
milliseconds back_off(std::int64_t tries, milliseconds first, milliseconds last, double spread);

/// After POST /secapi/pay/refund of `r`.
refund_outcome after_call(
    ledger::refund const& r,
    outcome<refund> const& answered,
    refund_limits const& l,
    unix_ms now,
    double spread
);

/// After a refund query by the number of `r`.
refund_outcome after_query(
    ledger::refund const& r,
    outcome<refund_query> const& answered,
    refund_limits const& l,
    unix_ms now,
    double spread
);

/// Not called at all: there is no certificate, or it has expired.
refund_outcome
without_certificate(ledger::refund const& r, std::string why, refund_limits const& l, unix_ms now);

/// An approval that was not used in a day is void: it was not given by itself, and no call was made that may
/// have been done.
bool has_expired(ledger::refund const& r, refund_limits const& l, unix_ms now);

} // namespace wxgate::gateway
