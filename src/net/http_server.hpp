// An HTTP/1.1 server on one worker: listener, gate, sessions, drain. It knows nothing of payments.
#pragma once

#include "net/http_types.hpp"
#include "net/peers.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

#include <wxgate/limits.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>

namespace wxgate::net {

/// Belongs to one single-threaded io_context, like everything it starts. `handler` outlives it.
class http_server {
public:
    /// `peers`, if any, is what this listener shares with others: whose word is taken of who calls, and how
    /// many connections an address may have.
    http_server(
        asio::io_context& context,
        server_limits limits,
        http_handler& handler,
        tls_context_ptr tls = nullptr,
        std::shared_ptr<peer_rules> peers = nullptr
    );
    ~http_server();
    http_server(http_server const&) = delete;
    http_server& operator=(http_server const&) = delete;

    /// Binds and begins to accept. With `share`, other workers of this process may bind the same port
    /// (SO_REUSEPORT); a port that another process has is refused all the same when `first` is set. Returns
    /// the bound address, whose port is the real one. Throws boost::system::system_error.
    address listen(address const& where, bool share, bool first);

    /// New connections use this context from now on; those that are open keep theirs.
    void set_tls(tls_context_ptr tls);

    /// Stops accepting, closes idle connections, lets busy ones finish with `Connection: close`, cuts the
    /// rest after `limits.drain_timeout`. Completes when no session is left.
    awaitable<void> drain();

    std::size_t connections() const noexcept;

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

} // namespace wxgate::net
