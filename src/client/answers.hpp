// What a signed call sends, and what its answer means (protocol A3, A9). Pure.
#pragma once

#include "net/http_client.hpp"

#include <wxgate/messages.hpp>

#include <string>
#include <string_view>

namespace wxgate {

/// How a call is made. The names outlive the call.
struct operation {
    std::string_view name; // as hooks are told it
    std::string_view path;
    bool repeatable = false;   // changes nothing at WeChat
    bool certificate = false;  // over the merchant's client certificate
    bool signed_answer = true; // else the answer proves nothing
    bool names_caller = true;  // the answer must say whose it is; else it may leave that out
};

/// The document of `message`, with what every request has. Values that `message` has already are kept, but
/// for the signature.
std::string signed_document(fields message, account const& who, sign_type type);

/// The message in an answer that can be believed and says SUCCESS; else why not: A9's rules in order, which
/// are transport, HTTP, XML, return_code, signature, whose answer it is, result_code.
outcome<fields>
judge(operation const& what, net::exchange_result const& answer, account const& who, sign_type type);

unknown not_believed(errc code, std::string detail, refused said = {});

template <class T>
std::string_view name_of(outcome<T> const& o) {
    if (o)
        return "accepted";
    return o.error().is_refused() ? "refused" : "unknown";
}

/// The order that an answer tells of (orderquery, micropay).
order_status read_status(fields message, trade_state state);

} // namespace wxgate
