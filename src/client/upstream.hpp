// WeChat's two hosts behind one face: the main one while it is good, the backup when it is not.
//
// After the failover of Tencent's own SDK (WXPayDomainSimpleImpl): a few failures in a row make a host bad;
// it is tried again after a while (client/circuit.hpp). A call that was not sent goes to the other host at
// once; one that may have been done goes there only when it changes nothing. When neither could be reached
// lately, a call fails at once, unsent (errc::connect_failed), but for one at a time that tries again.
#pragma once

#include "client/circuit.hpp"
#include "net/http_client.hpp"

#include <wxgate/client.hpp>

#include <memory>
#include <vector>

namespace wxgate {

class upstream {
public:
    /// `identity` is whose certificate `tls` has; "": nobody's. Throws std::runtime_error when a URL is
    /// unusable.
    upstream(
        asio::any_io_executor executor,
        client_options const& options,
        net::tls_context_ptr tls,
        std::string const& identity = {},
        circuit_limits const& circuits = {}
    );

    /// Posts `body` to `path`. `repeatable`: the call changes nothing at WeChat.
    awaitable<net::exchange_result>
    post(std::string path, std::string body, bool repeatable, steady_point until);

    /// Posts `body` to `path`, a call that changes nothing at WeChat, and hands the answer's body to `sink`
    /// as it comes. The other host is asked only as long as the sink was given nothing, so what it gets is of
    /// one answer. See net::http_client::download.
    awaitable<net::exchange_result>
    download(std::string path, std::string body, net::download_sink& sink, steady_point until);

    /// Whether a connection to one of them is open or can be opened; false at once when that was tried
    /// lately.
    awaitable<bool> reachable(steady_point until);

    void close();

private:
    struct host {
        std::unique_ptr<net::http_client> pool;
        std::string base_path;
        circuit health;
    };

    host* choose(host const* but);
    static net::exchange_request request_to(host const& h, std::string const& path, std::string const& body);
    static void note(host& h, net::exchange_result const& answer, steady_point until);

    std::vector<host> hosts_; // main, backup
    milliseconds patience_;   // of one attempt
};

/// The pool of one URL under one identity; throws std::runtime_error naming `key` when the URL is unusable.
std::unique_ptr<net::http_client> make_pool(
    asio::any_io_executor executor,
    std::string const& text,
    char const* key,
    net::tls_context_ptr const& tls,
    client_limits const& limits,
    std::string const& identity = {}
);

} // namespace wxgate
