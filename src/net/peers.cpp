#include "net/peers.hpp"

namespace wxgate::net {

namespace {

// The upper half of an IPv6 address, or an IPv4 address; no upper half of a global address is as small.
std::uint64_t key_of(ip_address const& a) noexcept {
    std::uint64_t key = 0;
    std::size_t const first = a.is_v4() ? 8 : 0;
    for (std::size_t i = first; i < first + 8; ++i)
        key = key << 8 | std::uint64_t{a.bytes[i]};
    return key;
}

} // namespace

std::optional<address_counter::place> address_counter::enter(ip_address const& a) {
    auto const key = key_of(a);
    std::lock_guard const lock(mutex_);
    auto& count = counts_[key];
    if (count >= max_)
        return std::nullopt;
    ++count;
    return place(*this, key);
}

void address_counter::leave(std::uint64_t key) noexcept {
    std::lock_guard const lock(mutex_);
    auto const found = counts_.find(key);
    if (--found->second == 0)
        counts_.erase(found);
}

std::size_t address_counter::size() const {
    std::lock_guard const lock(mutex_);
    return counts_.size();
}

std::optional<address_counter::place> peer_rules::enter(ip_address const& a) {
    if (uncounted.contains(a) || proxies.contains(a))
        return address_counter::place();
    return connections.enter(a);
}

} // namespace wxgate::net
