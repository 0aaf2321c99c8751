// Between the gateway and the sandbox: ends the gateway's TLS, carries the merchant's client certificate on,
// and cuts a connection after so many bytes of a refund's request or answer. It keeps a record of what it
// saw.
#pragma once

#include "support/certificates.hpp"
#include "support/http.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::test {

class cutting_proxy {
public:
    enum class side { request, answer };

    struct cut {
        side where = side::request;
        std::size_t after = 0; // bytes that pass
        bool reset = false;    // RST to the gateway, instead of a clean end
    };

    struct seen {
        std::string path;
        std::string out_refund_no;
        bool whole = false; // request and answer went through
        std::size_t request_size = 0;
        std::size_t answer_size = 0;
    };

    /// Listens on a port the kernel chose with `server`'s certificate; `upstream` is a port of 127.0.0.1. A
    /// client that shows a certificate of `clients` (by common name) is presented with the same one there.
    cutting_proxy(
        certificate_files const& server, std::uint16_t upstream, std::map<std::string, client_files> clients
    );
    ~cutting_proxy();
    cutting_proxy(cutting_proxy const&) = delete;
    cutting_proxy& operator=(cutting_proxy const&) = delete;

    std::uint16_t port() const;

    /// Cuts the next call of /secapi/pay/refund about this number, once.
    void plan(std::string const& out_refund_no, cut what);

    /// Cuts that were made.
    std::size_t cuts() const;

    /// What went by about refunds, oldest first.
    std::vector<seen> record() const;

    /// "" when between any two calls about a refund of which the first was not answered there is an answered
    /// query, else what is wrong.
    std::string trouble() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace wxgate::test
