#include "load/operator_session.hpp"

#include <stdexcept>

namespace wxgate::bench {

header_list sign_in(host_port const& admin, stage_operator const& who) {
    // Names and passwords of a stage have no character that JSON escapes.
    auto const body = R"({"name":")" + who.name + R"(","password":")" + who.password + "\"}";
    auto const got = fetch(admin, "POST", "/admin/v1/login", {{"Content-Type", "application/json"}}, body);
    auto const cookie = header_of(got.head, "Set-Cookie");
    auto const token = json_member(got.body, "csrf_token");
    if (got.status != 200 || cookie.empty() || token.empty())
        throw std::runtime_error(
            "operator " + who.name + " cannot sign in: status " + std::to_string(got.status) + " " + got.body
        );
    return {
        {"Cookie", std::string(cookie.substr(0, cookie.find(';')))},
        {"X-CSRF-Token", std::string(token)},
        {"Content-Type", "application/json"}};
}

} // namespace wxgate::bench
