#include "net/http_gate.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace wxgate::net {

std::string_view http_request::header(std::string_view name) const noexcept {
    for (auto const& h : headers)
        if (ascii_iequals(h.name, name))
            return h.value;
    return {};
}

std::size_t http_request::count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), [&](header_view const& h) {
        return ascii_iequals(h.name, name);
    }));
}

std::optional<http_reply> http_handler::shed(http_request const&) {
    return std::nullopt;
}

header_scanner::state header_scanner::refuse(unsigned status, std::string_view reason) noexcept {
    refusal_ = {status, reason};
    return state::refused;
}

namespace {

// Behind the request line these stand for nothing but themselves.
constexpr std::array<bool, 256> make_plain_table() {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < table.size(); ++c)
        table[c] = (c >= 0x20 && c != 0x7f) || c == '\t';
    return table;
}

constexpr auto plain_table = make_plain_table();

} // namespace

// Goes to the end of what needs no look: most of a header.
void header_scanner::pass_plain(std::string_view received) noexcept {
    if (lines_ == 0 || received[at_ - 1] == '\r')
        return;
    auto const end = std::min(received.size(), limits_->max_header);
    while (at_ < end && plain_table[static_cast<unsigned char>(received[at_])])
        ++at_;
}

header_scanner::state header_scanner::scan(std::string_view received) {
    while (at_ < received.size()) {
        pass_plain(received);
        if (at_ == received.size())
            break;
        auto const c = static_cast<unsigned char>(received[at_]);
        auto const before = static_cast<unsigned char>(at_ == 0 ? 0 : received[at_ - 1]);
        if (c == '\n' && before == '\r') {
            auto const line = received.substr(line_, at_ - 1 - line_);
            ++at_;
            line_ = at_;
            if (state const s = end_line(line); s != state::more)
                return s;
            continue;
        }
        if (state const s = look_at_byte(c, before); s != state::more)
            return s;
        ++at_;
    }
    return state::more;
}

header_scanner::state header_scanner::look_at_byte(unsigned char c, unsigned char before) noexcept {
    if (at_ == 0 && c == 0x16)
        return state::not_http; // a TLS ClientHello on the plain port
    if (before == '\r')
        return refuse(400, "a carriage return without a line feed");
    if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
        return refuse(400, "a control character or a bare line feed in the header");
    if (lines_ == 0) {
        if (c >= 0x80)
            return refuse(400, "a byte above 127 in the request line");
        if (c == ' ' && first_space_ == 0)
            first_space_ = at_;
        if (first_space_ != 0 && at_ - first_space_ > limits_->max_target + sizeof " HTTP/1.1\r")
            return refuse(414, "the target is too long");
    }
    if (at_ >= limits_->max_header)
        return refuse(431, "the header is too large");
    return state::more;
}

header_scanner::state header_scanner::end_line(std::string_view line) {
    if (lines_++ == 0)
        return request_line(line);
    if (line.empty())
        return state::complete;
    if (line.front() == ' ' || line.front() == '\t')
        return refuse(400, "a folded header line");
    if (lines_ - 1 > limits_->max_header_fields)
        return refuse(431, "too many header fields");
    return state::more;
}

header_scanner::state header_scanner::request_line(std::string_view line) {
    auto const first = line.find(' ');
    auto const last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || first == 0)
        return refuse(400, "not a request line");
    auto const target = line.substr(first + 1, last - first - 1);
    auto const version = line.substr(last + 1);
    target_ = target.substr(0, limits_->max_target);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        bool const other = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                           version[6] == '.' && is_digit(version[7]);
        return other ? refuse(505, "only HTTP/1.1 is spoken here") : refuse(400, "not a request line");
    }
    if (target.size() > limits_->max_target)
        return refuse(414, "the target is too long");
    if (!target.starts_with('/') || target.find_first_of(" #\\\t") != std::string_view::npos)
        return refuse(400, "the target is not an absolute path");
    return state::more;
}

namespace {

constexpr std::array<std::string_view, 9> known_methods = {
    "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT"};

// Headers whose value this program acts on: they hold visible ASCII only, and the first of them stand once.
constexpr std::array<std::string_view, 9> read_headers = {
    "host",
    "content-length",
    "content-type",
    "authorization",
    "idempotency-key",
    "expect",
    "content-encoding",
    "cookie",
    "x-csrf-token"};
constexpr std::size_t single_headers = 6;

bool is_ascii(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x80;
    });
}

bool is_host(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alnum(c) || std::string_view(".-_:[]%").find(c) != std::string_view::npos;
    });
}

verdict judge_headers(http_request const& request) noexcept {
    std::array<unsigned, read_headers.size()> seen{};
    for (auto const& h : request.headers) {
        std::size_t i = 0;
        while (i < read_headers.size() && !ascii_iequals(h.name, read_headers[i]))
            ++i;
        if (i == read_headers.size())
            continue;
        if (!is_ascii(h.value))
            return {400, "a byte above 127 in a header"};
        if (++seen[i] > 1 && i < single_headers)
            return {400, "a header stands twice"};
    }
    if (request.header("content-length").find(',') != std::string_view::npos)
        return {400, "Content-Length is a list"};
    if (request.version == 11 && request.count("host") == 0)
        return {400, "no Host"};
    if (request.count("host") != 0 && !is_host(request.header("host")))
        return {400, "not a Host"};
    if (request.count("upgrade") != 0)
        return {400, "no upgrade is offered"};
    return {};
}

} // namespace

verdict judge(
    http_request const& request, std::optional<std::uint64_t> length, server_limits const& limits
) noexcept {
    if (request.count("transfer-encoding") != 0)
        return {411, "Content-Length is demanded; chunked bodies are not taken"};
    if (auto const v = judge_headers(request))
        return v;
    if (std::find(known_methods.begin(), known_methods.end(), request.method) == known_methods.end())
        return {501, "unknown method"};
    bool const has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (has_body && !length)
        return {411, "Content-Length is demanded"};
    auto const expect = request.header("expect");
    bool const too_large = length && *length > limits.max_body;
    if (!expect.empty() && (too_large || !ascii_iequals(expect, "100-continue")))
        return {417, "the expectation cannot be met"};
    if (too_large)
        return {413, "the body is too large"};
    auto const encoding = request.header("content-encoding");
    if (!encoding.empty() && !ascii_iequals(encoding, "identity"))
        return {415, "encoded bodies are not taken"};
    return {};
}

} // namespace wxgate::net
