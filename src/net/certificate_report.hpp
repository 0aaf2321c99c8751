// What a person should know of a certificate, beyond that it fits its key: for `wxgate check`.
#pragma once

#include "net/tls.hpp"

#include <cstddef>
#include <string>

namespace wxgate::net {

struct certificate_report {
    certificate_status status;
    std::string key;       // "RSA 2048", "EC 256"
    bool weak = false;     // the key is worth fewer than 112 bits
    std::size_t chain = 0; // certificates behind the first
    std::string
        chain_problem; // why clients that trust `ca_file` would not take it for a server; "" when they do
    bool names_host = false; // it is for the host that was asked about
};

/// `pem` holds the certificate and those behind it; `ca_file` (PEM) who is trusted, "": the system's roots;
/// `host` a name or an IP address. Throws std::runtime_error when `pem` is no certificate.
certificate_report
inspect_certificate(std::string const& pem, std::string const& ca_file, std::string const& host);

} // namespace wxgate::net
