#include "net/refusals.hpp"

#include <boost/beast/http/status.hpp>

namespace wxgate::net {

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

} // namespace

std::string wire_text(http_reply const& reply, bool keep, bool head) {
    auto const reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(reply.status));
    std::string out;
    out.reserve(256 + reply.body.size());
    out += "HTTP/1.1 ";
    out += std::to_string(reply.status);
    out += ' ';
    out.append(reason.data(), reason.size());
    out += "\r\n";
    append_field(out, "Content-Type", reply.content_type);
    append_field(out, "Content-Length", std::to_string(reply.body.size()));
    for (auto const& [name, value] : reply.headers)
        append_field(out, name, value);
    if (!keep)
        append_field(out, "Connection", "close");
    out += "\r\n";
    if (!head)
        out += reply.body;
    return out;
}

metrics::counter& shed_counter(std::string_view why, std::string_view kind) {
    std::string labels = "why=\"";
    labels += why;
    labels += "\",kind=\"";
    labels += kind;
    labels += '"';
    return metrics::get_counter(
        "wxgate_http_shed_total", "Requests and connections that were refused for want of room.", labels
    );
}

} // namespace wxgate::net
