// What a call of the operators is handled with. A new call: a handler with this signature, and a row in
// admin_routes.cpp.
#pragma once

#include "gateway/api/access_log.hpp"
#include "gateway/api/http_support.hpp"
#include "gateway/api/path_pattern.hpp"
#include "gateway/api/routes.hpp"
#include "gateway/operators/operators.hpp"
#include "gateway/operators/summary.hpp"

#include <span>

namespace wxgate::gateway {

struct admin_exchange {
    route_context& context;
    operators& people;
    summary_board& summary;
    demo_settings const* demo;                   // null: there is no demo shop
    std::shared_ptr<configuration const> config; // of the moment the request came, to its end
    net::http_request const& request;
    call_context call;
    std::string argument; // the path's parameter, decoded
    signed_in who;        // nobody (no name) where the row lets everybody in
    subject about = {};
};

using admin_handler = awaitable<net::http_reply> (*)(admin_exchange&);

inline net::http_reply reply_with(admin_exchange const& x, problem const& p) {
    return to_reply(p, x.call.request_id);
}

/// The merchant of this name; null when the configuration has it no longer.
inline merchant const* merchant_of(admin_exchange const& x, std::string const& name) {
    auto const& all = x.config->values->merchants;
    auto const found = all.find(name);
    return found == all.end() ? nullptr : &found->second;
}

/// Which of the orders or refunds with the path's number is meant, and how fresh it must be.
struct which {
    std::string merchant; // "": there is only one
    bool sync = false;
};

/// The queries merchant=… and, with `may_sync`, sync=…; anything else is refused.
answer<which> read_which(admin_exchange const& x, bool may_sync);

/// 409: WeChat cannot be called for a merchant that the configuration has no longer.
problem no_such_merchant();

/// The one that is meant of those with the same number: `merchant` ("": any) says whose.
template <class T>
answer<T> only_one(std::vector<T> all, std::string const& merchant) {
    std::erase_if(all, [&](T const& each) { return !merchant.empty() && each.merchant != merchant; });
    if (all.empty())
        return not_found();
    if (all.size() > 1)
        return invalid("merchant", "several merchants have this number: say whose");
    return std::move(all.front());
}

/// A set of roles.
template <class... Roles>
constexpr unsigned roles(Roles... r) {
    return (0U | ... | (1U << static_cast<unsigned>(r)));
}

inline constexpr unsigned everybody = 0; // signed in or not
inline constexpr unsigned any_role = roles(role::viewer, role::approver, role::admin);

struct admin_row {
    path_pattern where;
    std::string_view label; // of logs and metrics: the path with its parameters named
    unsigned roles;         // who may
    admin_handler handle;
};

/// The rows of the listener; nothing but those.
std::span<admin_row const> all_admin_rows() noexcept;
path_match<admin_row> find_admin_route(std::string_view method, std::string_view path);

} // namespace wxgate::gateway
