// One delivery of a webhook, as CONTRACT.md 5 and Standard Webhooks have it, written without the product's
// code.
#pragma once

#include "support/http.hpp"

#include <string>
#include <vector>

namespace wxgate::test {

/// A request as it came, and what the receiver makes of it.
struct delivery {
    std::string method;
    std::string target;
    header_list headers;
    std::string body;
    json::value event; // the body
    std::string id;
    std::string type; // of the event
    std::string out_trade_no;
    std::string out_refund_no;
    std::int64_t timestamp = -1; // webhook-timestamp
    std::int64_t version = -1;   // wxgate-order-version
    std::string trouble;         // "", or what is wrong with it
    bool repeated = false;       // the same id came before
    std::size_t connection = 0;  // by which it came, from 1
    steady::time_point at;
    std::int64_t at_ms = 0; // by the wall clock

    /// The first header of this name in any case, or "".
    std::string header(std::string_view name) const;

    std::size_t count(std::string_view name) const;

    json::value data() const { return member(event, "data"); }

    /// What stands in webhook-signature, each on its own: "v1,…".
    std::vector<std::string> signatures() const;
};

/// "v1,…" of Standard Webhooks; `secret` is whsec_BASE64.
std::string webhook_signature(
    std::string const& secret, std::string const& id, std::string const& timestamp, std::string const& body
);

/// One of its signatures is one of these secrets', compared in constant time.
bool is_signed(delivery const& d, std::vector<std::string> const& secrets);

/// What of `method`, `headers` and `body` is not as documented, but for the signature; "" when all is. The
/// timestamp may be five minutes off.
std::string shape_trouble(delivery const& d);

/// Fills in what follows from `headers` and `body`.
void read_event(delivery& d);

/// Decimal digits only; -1 for anything else.
std::int64_t whole_number(std::string const& text);

} // namespace wxgate::test
