// One blocking HTTPS exchange, for listeners that speak TLS.
#pragma once

#include "support/http.hpp"

#include <string>

namespace wxgate::test {

struct tls_exchange_options {
    std::string ca_file; // trusted; empty: nothing is verified
    int min_version = 0; // e.g. TLS1_VERSION; 0: the library's
    int max_version = 0;
    std::string cipher_list; // for TLS ≤ 1.2
    std::string server_name = "localhost";
};

struct tls_exchange_result {
    bool handshake = false;
    std::string error;  // of the handshake
    std::string serial; // of the server's certificate, raw bytes
    std::string alpn;   // chosen of "h2" and "http/1.1"
    std::string version;
    reply answer;
};

/// Connects to 127.0.0.1, shakes hands, sends `bytes` and reads until the peer closes or `bound` has passed.
tls_exchange_result exchange_tls(
    std::uint16_t port, std::string const& bytes, tls_exchange_options const& options, milliseconds bound = 5s
);

} // namespace wxgate::test
