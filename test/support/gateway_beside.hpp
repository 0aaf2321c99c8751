// Another gateway on the store of a system under test (PostgreSQL), with the same merchants, keys and
// operators, and ports of its own.
#pragma once

#include "support/system.hpp"

namespace wxgate::test {

class gateway_beside {
public:
    /// Starts it and waits until it is ready. `name` begins the names of its files. `adjust` has the last
    /// word on its configuration. Throws when it does not start.
    gateway_beside(
        system_under_test const& first,
        std::string name,
        std::function<void(gateway_config&)> const& adjust = {}
    );

    void start();

    /// kill -9; what it had sent to the database has ended when this returns.
    void kill();

    std::optional<exit_status> stop(milliseconds bound = 15s);

    process& program() { return program_.value(); }

    std::uint16_t port() const noexcept { return config_.port; }

    api with_key(std::string const& key, bool keep_alive = false) const;

    api admin() const { return api(config_.admin_port); }

    reply notify(message const& fields, std::string const& merchant = "shop") const;
    std::string logs() const;

private:
    void find_ports();

    system_under_test const& first_;
    std::string name_;
    gateway_config config_;
    std::optional<process> program_;
};

} // namespace wxgate::test
