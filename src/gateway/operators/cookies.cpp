#include "gateway/operators/cookies.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace wxgate::gateway {

namespace {

constexpr std::string_view cookie_name = "wxgate_session";

} // namespace

std::string_view cookie_of(std::string_view cookies, std::string_view name) noexcept {
    while (!cookies.empty()) {
        auto const end = std::min(cookies.find(';'), cookies.size());
        auto one = cookies.substr(0, end);
        cookies.remove_prefix(std::min(end + 1, cookies.size()));
        while (one.starts_with(' '))
            one.remove_prefix(1);
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
            return one.substr(name.size() + 1);
    }
    return {};
}

std::string token_of(std::string_view cookies) {
    auto const text = cookie_of(cookies, cookie_name);
    bool const sound = text.size() == session_token_size && std::all_of(text.begin(), text.end(), is_alnum);
    return std::string(sound ? text : std::string_view());
}

std::string session_cookie(std::string const& token) {
    return std::string(cookie_name) + '=' + token + "; Path=/; HttpOnly; SameSite=Strict";
}

std::string no_session_cookie() {
    std::string cookie(cookie_name);
    cookie += "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0";
    return cookie;
}

} // namespace wxgate::gateway
