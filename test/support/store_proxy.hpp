// Between a gateway and its database: carries bytes, and can lose the database's answers while the gateway's
// words still arrive, which is a connection that is cut between a COMMIT and its answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace wxgate::test {

class store_proxy {
public:
    /// Listens on a port of 127.0.0.1 that the kernel chose; `server` is a port there.
    explicit store_proxy(std::uint16_t server);
    ~store_proxy();
    store_proxy(store_proxy const&) = delete;
    store_proxy& operator=(store_proxy const&) = delete;

    std::uint16_t port() const;

    /// From now on no answer to a write goes through, and no new connection is taken. (Connections that are
    /// read-only, as their first words say, are left alone.)
    void lose_answers();

    /// Cuts every connection that there is, and carries new ones again.
    void cut();

    /// Bytes of the database that were lost.
    std::size_t lost() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace wxgate::test
