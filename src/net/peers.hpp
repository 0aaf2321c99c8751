// Who connects to a listener: which peers are proxies whose word is taken, and how many connections each
// address may have.
#pragma once

#include "net/trusted_networks.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace wxgate::net {

/// Counts the connections of each address, for all workers of a process. A network of 64 bits counts as one
/// address of IPv6: that is what one customer of a provider has. Thread-safe; the lock is taken when a
/// connection comes or goes, not for a request.
class address_counter {
public:
    explicit address_counter(std::size_t max) : max_(max) {}

    address_counter(address_counter const&) = delete;
    address_counter& operator=(address_counter const&) = delete;

    /// One connection's place, given back by the destructor. The counter must outlive it.
    class place {
    public:
        place() = default; // of a connection that is not counted

        place(place&& other) noexcept : counter_(std::exchange(other.counter_, nullptr)), key_(other.key_) {}

        place& operator=(place&&) = delete;

        ~place() {
            if (counter_ != nullptr)
                counter_->leave(key_);
        }

    private:
        friend address_counter;

        place(address_counter& counter, std::uint64_t key) noexcept : counter_(&counter), key_(key) {}

        address_counter* counter_ = nullptr;
        std::uint64_t key_ = 0;
    };

    /// Nothing: this address has as many as it may have.
    std::optional<place> enter(ip_address const& a);

    /// Addresses that have a connection.
    std::size_t size() const;

private:
    void leave(std::uint64_t key) noexcept;

    std::size_t const max_;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::size_t> counts_;
};

/// Shared by the listeners of a process.
struct peer_rules {
    peer_rules(trusted_networks p, trusted_networks u, std::size_t max_per_address)
        : proxies(std::move(p)), uncounted(std::move(u)), connections(max_per_address) {}

    /// The place of a connection from `a`; nothing when there is none.
    std::optional<address_counter::place> enter(ip_address const& a);

    trusted_networks const proxies;   // X-Forwarded-For is taken from these
    trusted_networks const uncounted; // these, and the proxies, may have any number of connections
    address_counter connections;
};

} // namespace wxgate::net
