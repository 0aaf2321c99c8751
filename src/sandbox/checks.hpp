// What WeChat checks of a call's fields before it looks at who calls: presence, lengths (in bytes of UTF-8),
// formats; then for whom. The texts are WeChat's own return_msg (protocol A9). Pure functions.
#pragma once

#include "sandbox/settings.hpp"

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
std::optional<complaint> check_downloadfundflow(fields const& request);

// checks_more.cpp
std::optional<complaint> check_micropay(fields const& request);
std::optional<complaint> check_reverse(fields const& request);
std::optional<complaint> check_authcodetoopenid(fields const& request);
std::optional<complaint> check_shorturl(fields const& request);
std::optional<complaint> check_report(fields const& request);

/// For whom a provider calls, and that nobody else does (protocol A4, service-provider mode). `demanded`: the
/// call must name one; a bill may be of all.
std::optional<complaint> check_shop(fields const& request, merchant const& by, bool demanded = true);

} // namespace wxgate::sandbox
