#include "support/operator_client.hpp"

#include <utility>

namespace wxgate::test {

namespace {

constexpr std::string_view name_of_cookie = "wxgate_session=";

header_list with_all(header_list headers, header_list const& more) {
    headers.insert(headers.end(), more.begin(), more.end());
    return headers;
}

} // namespace

reply operator_client::login(std::string const& name, std::string const& password) {
    json::object const body = {{"name", name}, {"password", password}};
    auto r = api_.post("/admin/v1/login", body, cookie());
    keep_cookie(r);
    if (r.status == 200)
        csrf_token_ = text_of(r.parsed(), "csrf_token");
    return r;
}

reply operator_client::logout() {
    auto r = post_text("/admin/v1/logout");
    keep_cookie(r);
    return r;
}

reply operator_client::get(std::string const& target, header_list headers) const {
    return api_.get(target, with_all(std::move(headers), cookie()));
}

reply operator_client::post(std::string const& target, json::value const& body, header_list headers) const {
    return post_text(target, json::serialize(body), std::move(headers));
}

reply operator_client::post_text(std::string const& target, std::string body, header_list headers) const {
    headers = with_all(std::move(headers), cookie());
    if (!csrf_token_.empty())
        headers.emplace_back("X-CSRF-Token", csrf_token_);
    return api_.post_text(target, std::move(body), std::move(headers));
}

void operator_client::pretend(std::string session, std::string csrf_token) {
    session_ = std::move(session);
    csrf_token_ = std::move(csrf_token);
}

header_list operator_client::cookie() const {
    header_list headers;
    if (!session_.empty())
        headers.emplace_back("Cookie", std::string(name_of_cookie) + session_);
    return headers;
}

void operator_client::keep_cookie(reply const& r) {
    auto const value = r.header("Set-Cookie");
    if (value.starts_with(name_of_cookie))
        session_ = value.substr(name_of_cookie.size(), value.find(';') - name_of_cookie.size());
}

} // namespace wxgate::test
