#include "net/wire_text.hpp"

#include <boost/beast/http/status.hpp>

namespace wxgate::net {

namespace {

constexpr std::size_t room_for_a_head = 384;

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

// RFC 9110 8.6 and 15.4.5: neither a length nor a type.
bool has_content(unsigned status) noexcept {
    return status != 204 && status != 304;
}

} // namespace

std::string wire_text(http_reply const& reply, bool keep, bool head) {
    auto const reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(reply.status));
    std::string out;
    out.reserve(room_for_a_head + reply.body.size());
    out.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
    out.append(reason.data(), reason.size()).append("\r\n");
    if (has_content(reply.status)) {
        append_field(out, "Content-Type", reply.content_type);
        append_field(out, "Content-Length", std::to_string(reply.body.size()));
    }
    for (auto const& [name, value] : reply.headers)
        append_field(out, name, value);
    if (!keep)
        append_field(out, "Connection", "close");
    out += "\r\n";
    if (!head && has_content(reply.status))
        out += reply.body;
    return out;
}

std::string wire_text(exchange_request const& request, std::string_view authority) {
    std::string out;
    out.reserve(room_for_a_head + request.target.size() + request.body.size());
    out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
    append_field(out, "Host", authority);
    for (auto const& [name, value] : request.headers)
        append_field(out, name, value);
    if (!request.content_type.empty())
        append_field(out, "Content-Type", request.content_type);
    if (request.method != "GET" || !request.body.empty())
        append_field(out, "Content-Length", std::to_string(request.body.size()));
    out += "\r\n";
    out += request.body;
    return out;
}

} // namespace wxgate::net
