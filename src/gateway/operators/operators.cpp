#include "gateway/operators/operators.hpp"

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/password.hpp"
#include "base/text.hpp"
#include "gateway/operators/cookies.hpp"
#include "wire/digest.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

template <class Digest>
std::string hex(Digest const& d) {
    return to_hex(std::string(d.begin(), d.end()));
}

operator_account const* find(settings const& s, std::string_view name) {
    auto const found =
        std::find_if(s.operators.begin(), s.operators.end(), [&](auto const& o) { return o.name == name; });
    return found == s.operators.end() ? nullptr : &*found;
}

// What an unknown name is checked against: as costly as some operator's password, the same one for the same
// name, so that time does not tell known names from others where passwords cost differently.
std::string nobodys(settings const& s, std::string const& name) {
    if (s.operators.empty())
        return nobodys_password({});
    auto const& like = s.operators[wire::sha256({name})[0] % s.operators.size()];
    return nobodys_password(password_cost(like.password).value_or(scrypt_cost()));
}

std::string fingerprint_of(operator_account const& o) {
    return hex(wire::sha256({o.password}));
}

std::string hash_of(std::string const& token) {
    return hex(wire::sha256({token}));
}

signed_in who_is(operator_account const& o, std::string token) {
    signed_in w;
    w.name = o.name;
    w.role = o.role;
    w.csrf_token = hex(wire::hmac_sha256(token, {"wxgate csrf v1"}));
    w.token = std::move(token);
    return w;
}

problem no_session() {
    return {401, "unauthorized", "sign in first: POST /admin/v1/login", {}, {}, 0};
}

problem wrong_login() {
    return {401, "unauthorized", "the name or the password is wrong", {}, {}, 0};
}

problem not_from_here(std::string why) {
    return {403, "forbidden", "csrf: " + std::move(why), {}, {}, 0};
}

} // namespace

std::optional<problem> check_origin(net::http_request const& request) {
    if (request.count("sec-fetch-site") > 1 || request.count("origin") > 1)
        return not_from_here("a header stands twice");
    auto const site = request.header("sec-fetch-site");
    if (request.count("sec-fetch-site") != 0 && site != "same-origin" && site != "none")
        return not_from_here("the request is from another site");
    if (request.count("origin") == 0)
        return std::nullopt;
    auto const origin = request.header("origin");
    auto const scheme = origin.find("://");
    if (scheme == std::string_view::npos || !ascii_iequals(origin.substr(scheme + 3), request.header("host")))
        return not_from_here("the request's Origin is not this host");
    return std::nullopt;
}

std::optional<problem> check_csrf(net::http_request const& request, signed_in const& who) {
    if (wire::constant_time_equal(request.header("x-csrf-token"), who.csrf_token))
        return std::nullopt;
    return not_from_here("X-CSRF-Token is not this session's");
}

std::optional<problem> operators::shut(std::string const& name) const {
    auto const wait = lockout_.wait(name, std::chrono::steady_clock::now()).count();
    if (wait == 0)
        return std::nullopt;
    return problem{429, "rate_limited", "too many wrong passwords; wait", {}, {}, static_cast<int>(wait)};
}

awaitable<answer<signed_in>> operators::login(
    settings const& s, std::string name, std::string password, std::string_view cookies, call_context call
) {
    if (auto const closed = shut(name))
        co_return *closed;
    auto const* known = find(s, name);
    auto stored = known != nullptr ? known->password : nobodys(s, name);
    auto const right = co_await checker_.check(std::move(password), std::move(stored), call.deadline);
    if (!right)
        co_return overloaded();
    // Others may have failed meanwhile: many at once must not be worth more than one after the other.
    if (auto const closed = shut(name))
        co_return *closed;
    if (!*right || known == nullptr) {
        lockout_.failed(name, known != nullptr, std::chrono::steady_clock::now());
        log::warn(
            "a login was refused", {{"request_id", call.request_id}, {"name", known != nullptr ? name : ""}}
        ); // a password may have been typed there
        co_return wrong_login();
    }
    lockout_.succeeded(name);
    co_return co_await begin(*known, cookies);
}

awaitable<answer<signed_in>> operators::begin(operator_account who, std::string_view cookies) {
    auto made = who_is(who, to_hex(random_bytes(session_token_size / 2)));
    ledger::operator_session session;
    session.token_hash = hash_of(made.token);
    session.name = who.name;
    session.fingerprint = fingerprint_of(who);
    session.created_at = now_ms();
    auto const begun = co_await sessions_.begin(std::move(session), hash_of(token_of(cookies)));
    if (!begun)
        co_return from_store(begun.error());
    co_return made;
}

awaitable<answer<signed_in>> operators::authenticate(settings const& s, std::string_view cookies) {
    auto token = token_of(cookies);
    if (token.empty())
        co_return no_session();
    auto const now = now_ms();
    auto const found = co_await sessions_.find(hash_of(token), now);
    if (!found)
        co_return from_store(found.error());
    if (!*found)
        co_return no_session();
    auto const* known = find(s, (*found)->name);
    if (known == nullptr || fingerprint_of(*known) != (*found)->fingerprint)
        co_return no_session();
    auto who = who_is(*known, std::move(token));
    co_await sessions_.touch(**found, now); // what is not written now is written by the next request
    co_return who;
}

awaitable<answer<void>> operators::logout(signed_in who) {
    auto const ended = co_await sessions_.end(hash_of(who.token));
    if (!ended)
        co_return from_store(ended.error());
    co_return answer<void>();
}

} // namespace wxgate::gateway
