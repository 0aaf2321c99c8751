// URLs, as the configuration writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::net {

struct url {
    bool tls = true;
    std::string host; // without brackets
    std::uint16_t port = 443;
    std::string path; // "" or "/…", without query

    /// host, or host:port when the port is not the scheme's own: what the Host header says.
    std::string authority() const;

    /// scheme://authority
    std::string origin() const;
};

/// http:// or https://, a host, a port, a path. No user, query or fragment; nothing for anything else.
std::optional<url> parse_url(std::string_view text);

struct address {
    std::string host; // an IP address, without brackets
    std::uint16_t port = 0;
};

/// "127.0.0.1:8080", "[::1]:8080"; port 0 means any free one.
std::optional<address> parse_address(std::string_view text);

} // namespace wxgate::net
