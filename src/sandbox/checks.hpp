// What WeChat checks of a call's fields before it looks at who calls: presence, lengths (in bytes of UTF-8),
// formats. The texts are WeChat's own return_msg (protocol A9). Pure functions.
#pragma once

#include <wxgate/fields.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

/// Why a call is refused.
struct complaint {
    std::string return_msg; // WeChat's text
    std::string_view field; // which one it is about, for the sandbox's own log; may be empty
};

std::optional<complaint> check_unifiedorder(fields const& request);
std::optional<complaint> check_orderquery(fields const& request);
std::optional<complaint> check_closeorder(fields const& request);
std::optional<complaint> check_refund(fields const& request);
std::optional<complaint> check_refundquery(fields const& request);

/// With the texts of the bill's own (protocol A12).
std::optional<complaint> check_downloadbill(fields const& request);

} // namespace wxgate::sandbox
