#include "net/url.hpp"

#include "base/text.hpp"

namespace wxgate::net {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text, std::uint64_t lowest) {
    auto const port = parse_uint(text, 65535);
    if (!port || *port < lowest)
        return std::nullopt;
    return static_cast<std::uint16_t>(*port);
}

bool is_host(std::string_view text, bool bracketed) {
    if (text.empty() || text.size() > 253)
        return false;
    for (char const c : text)
        if (!is_alnum(c) && c != '.' && c != '-' && c != '_' && (!bracketed || (c != ':' && c != '%')))
            return false;
    return true;
}

// Takes host[:port] apart; the port stays as it is when there is none.
bool split_host_port(
    std::string_view text, std::string& host, std::uint16_t& port, std::uint64_t lowest_port
) {
    bool const bracketed = text.starts_with('[');
    std::size_t const end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == std::string_view::npos)
        return false;
    host = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
    auto rest = end == std::string_view::npos ? std::string_view{} : text.substr(end + (bracketed ? 1 : 0));
    if (!is_host(host, bracketed))
        return false;
    if (rest.empty())
        return true;
    auto const parsed = rest.front() == ':' ? parse_port(rest.substr(1), lowest_port) : std::nullopt;
    if (!parsed)
        return false;
    port = *parsed;
    return true;
}

std::string bracketed(std::string const& host) {
    return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

} // namespace

std::string url::authority() const {
    bool const usual = port == (tls ? 443 : 80);
    return usual ? bracketed(host) : bracketed(host) + ':' + std::to_string(port);
}

std::string url::origin() const {
    return (tls ? "https://" : "http://") + authority();
}

std::optional<url> parse_url(std::string_view text) {
    url out;
    if (text.starts_with("https://"))
        text.remove_prefix(8);
    else if (text.starts_with("http://"))
        out.tls = false, text.remove_prefix(7);
    else
        return std::nullopt;
    out.port = out.tls ? 443 : 80;
    auto const slash = std::min(text.find('/'), text.size());
    if (!split_host_port(text.substr(0, slash), out.host, out.port, 1))
        return std::nullopt;
    out.path = text.substr(slash);
    for (char const c : out.path)
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f || c == '?' ||
            c == '#')
            return std::nullopt;
    return out;
}

std::optional<address> parse_address(std::string_view text) {
    address out;
    if (text.find_last_of(':') == std::string_view::npos || text.ends_with(']'))
        return std::nullopt; // the port is not optional here
    if (!split_host_port(text, out.host, out.port, 0))
        return std::nullopt;
    return out;
}

} // namespace wxgate::net
