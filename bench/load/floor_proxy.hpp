// The floor: what moving a payment's bytes costs when nothing is done with them. A bare Beast proxy, as well
// written as one can be: a thread has an io_context, an acceptor (SO_REUSEPORT) and kept connections of its
// own, no lock, no copy of a body, no logic, no store.
//
// A payment at the floor has the HTTP exchanges that it has at the gateway: the create at the front and over
// TLS to the upstream, the notification at the front, the webhook to the shop.
#pragma once

#include "load/http_driver.hpp"
#include "net/tls.hpp"
#include "net/url.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace wxgate::bench {

struct floor_settings {
    host_port listen;
    unsigned threads = 1;
    net::url upstream; // https to an address: POST /pay/unifiedorder goes there as it came
    std::string ca_file;
    net::url shop;                // plain http to an address: POST /notify/… makes a webhook there
    std::size_t webhook_size = 0; // bytes of the whole webhook message, head and body; as near as can be
};

struct floor_counts {
    std::uint64_t creates = 0;
    std::uint64_t notifications = 0;
    std::uint64_t failures = 0; // of either
};

/// Runs on threads of its own from construction on. Throws std::runtime_error.
class floor_proxy {
public:
    explicit floor_proxy(floor_settings const& s);
    ~floor_proxy();
    floor_proxy(floor_proxy const&) = delete;
    floor_proxy& operator=(floor_proxy const&) = delete;

    host_port listen() const;

    /// Ends the threads and tells what they did.
    floor_counts stop();

private:
    class worker;
    std::vector<std::unique_ptr<worker>> workers_;
};

} // namespace wxgate::bench
