#include "gateway/api/problem.hpp"

#include "gateway/api/json_text.hpp"

#include <boost/throw_exception.hpp>

namespace wxgate::gateway {

problem invalid(std::string param, std::string detail) {
    return {400, "invalid_request", std::move(detail), std::move(param), {}, 0};
}

problem conflict(std::string_view code, std::string detail, std::string param) {
    return {409, code, std::move(detail), std::move(param), {}, 0};
}

problem not_found() {
    return {404, "not_found", "there is nothing here, or it is another merchant's", {}, {}, 0};
}

problem overloaded() {
    return {503, "overloaded", "too many requests are under way", {}, {}, 1};
}

problem from_store(error_code const& ec) {
    if (ec == errc::store_overloaded)
        return overloaded();
    return {
        503,
        "store_unavailable",
        "the store cannot take this now; nothing was changed as far as is known",
        {},
        {},
        1};
}

namespace {

bool is_invalid_answer(error_code const& ec) {
    return ec == errc::bad_signature || ec == errc::malformed_xml || ec == errc::too_many_fields ||
           ec == errc::field_too_long || ec == errc::duplicate_field || ec == errc::mismatched_answer ||
           ec == errc::bad_status || ec == errc::response_too_large;
}

// No connection came about, now or so lately that none was tried; or it went before anything was sent.
bool is_out_of_reach(unknown const& u) {
    return !u.sent &&
           (u.code == errc::connect_failed || u.code == errc::resolve_failed || u.code == errc::tls_failed ||
            u.code == errc::timed_out || u.code == errc::connection_lost);
}

} // namespace

problem from_upstream(failure const& f) {
    if (auto const r = f.as_refused())
        return {422, "upstream_rejected", "WeChat refused: " + r->err_code, {}, r, 0};
    unknown const u = *f.as_unknown();
    if (u.code == errc::pool_exhausted || u.code == errc::shutting_down)
        return overloaded();
    if (is_out_of_reach(u))
        return {
            503,
            "overloaded",
            "WeChat cannot be reached (" + u.code.message() + "); nothing was sent to it",
            {},
            {},
            1};
    if (u.code == errc::unsigned_failure)
        return {422, "upstream_rejected", "WeChat refused the call: " + u.said.return_msg, {}, u.said, 0};
    if (is_invalid_answer(u.code))
        return {
            502, "upstream_invalid", "WeChat's answer cannot be believed: " + u.code.message(), {}, {}, 1};
    std::optional<refused> said;
    if (!u.said.return_code.empty())
        said = u.said;
    return {
        504,
        "upstream_timeout",
        "WeChat's answer is not known (" + u.code.message() +
            "); it is being asked; send the same request again",
        {},
        std::move(said),
        1};
}

std::string_view code_of_status(unsigned status) noexcept {
    switch (status) {
    case 405:
        return "method_not_allowed";
    case 408:
        return "request_timeout";
    case 413:
        return "body_too_large";
    case 415:
        return "unsupported_media_type";
    case 431:
        return "headers_too_large";
    case 503:
        return "overloaded";
    default:
        return status >= 500 && status != 501 && status != 505 ? "internal_error" : "bad_request";
    }
}

namespace {

// RFC 9457 wants the status' own phrase where `type` is about:blank.
char const* title_of(unsigned status) {
    constexpr std::pair<unsigned, char const*> titles[] = {
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (auto const& [s, title] : titles)
        if (s == status)
            return title;
    return "Error";
}

json_object upstream_of(refused const& r) {
    json_object o;
    o["return_code"] = r.return_code;
    o["return_msg"] = r.return_msg;
    o["result_code"] = r.result_code;
    o["err_code"] = r.err_code;
    o["err_code_des"] = r.err_code_des;
    return o;
}

} // namespace

net::http_reply to_reply(problem const& p, std::string_view request_id) {
    json_object o;
    o["type"] = "about:blank";
    o["title"] = title_of(p.status);
    o["status"] = p.status;
    o["code"] = p.code;
    o["detail"] = p.detail;
    if (!p.param.empty())
        o["param"] = p.param;
    o["request_id"] = request_id;
    if (p.upstream)
        o["upstream"] = upstream_of(*p.upstream);
    net::http_reply reply;
    reply.status = p.status;
    reply.content_type = "application/problem+json";
    reply.body = std::move(o).text();
    if (p.retry_after != 0)
        reply.headers.emplace_back("Retry-After", std::to_string(p.retry_after));
    if (p.status == 401)
        reply.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply;
}

void throw_exception_from_error(problem const& p, boost::source_location const& where) {
    boost::throw_exception(
        boost::system::system_error(
            make_error_code(errc::invalid_argument), std::string(p.code) + ": " + p.detail
        ),
        where
    );
}

} // namespace wxgate::gateway
