// The notification that a refund ended (protocol A11): unsigned, its content in req_info, encrypted under the
// merchant's key. No I/O, no clock.
#pragma once

#include "sandbox/answer.hpp"
#include "sandbox/refunds.hpp"

#include <string>
#include <string_view>

namespace wxgate::sandbox {

/// What req_info holds: `<root>`, the fields by name, each in CDATA and with a line feed after it.
std::string refund_document(refund_entry const& r);

/// The body. There is no sign that could be wrong: unless `how` is right, req_info is encrypted under another
/// key.
std::string refund_notification_xml(
    refund_entry const& r, std::string_view nonce_str, std::string_view api_key, signing how = signing::right
);

} // namespace wxgate::sandbox
