// Networks and X-Forwarded-For: the caller is the peer, or somebody whom an unbroken row of proxies vouches
// for. The first line holds the networks, the second the peer, each further one the value of a header.
#include "fuzz.hpp"
#include "net/trusted_networks.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace wxgate::net;

namespace {

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        auto const end = text.find(at);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

void check_address(std::string_view text) {
    auto const a = parse_ip(text);
    if (!a)
        return;
    WXGATE_ASSERT(parse_ip(a->to_string()) == a);
    WXGATE_ASSERT(text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos);
}

// The caller, when it is not the peer, stands in the list, and all to the right of it are proxies.
void check_caller(
    ip_address const& peer, std::vector<std::string_view> const& headers, trusted_networks const& proxies
) {
    auto const caller = caller_of(peer, headers, proxies);
    if (!proxies.contains(peer)) {
        WXGATE_ASSERT(caller == peer);
        return;
    }
    std::vector<ip_address> hops; // from right to left, as far as they are plain addresses
    for (auto h = headers.rbegin(); h != headers.rend(); ++h) {
        auto elements = split(*h, ',');
        std::reverse(elements.begin(), elements.end());
        for (auto e : elements) {
            while (!e.empty() && (e.front() == ' ' || e.front() == '\t'))
                e.remove_prefix(1);
            while (!e.empty() && (e.back() == ' ' || e.back() == '\t'))
                e.remove_suffix(1);
            auto const a = parse_ip(e);
            if (!a) {
                if (e.find_first_of(":[") != std::string_view::npos)
                    return; // with a port or brackets: not this oracle's
                WXGATE_ASSERT(caller == (hops.empty() ? peer : hops.back()));
                return;
            }
            hops.push_back(*a);
            if (!proxies.contains(*a)) {
                WXGATE_ASSERT(caller == *a);
                return;
            }
        }
    }
    WXGATE_ASSERT(caller == (hops.empty() ? peer : hops.back()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto lines = split(fuzz::text_of(data, size), '\n');
    trusted_networks proxies;
    auto const bad = proxies.read(lines.front());
    WXGATE_ASSERT(bad.empty() || proxies.empty());
    WXGATE_ASSERT(lines.front().find(bad) != std::string_view::npos);
    for (auto const line : lines)
        check_address(line);
    auto const peer = lines.size() > 1 ? parse_ip(lines[1]) : std::nullopt;
    if (!peer)
        return 0;
    lines.erase(lines.begin(), lines.begin() + 2);
    check_caller(*peer, lines, proxies);
    return 0;
}
