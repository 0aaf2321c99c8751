// Certificates of a test's own authority, for stand-in servers and TLS listeners.
#pragma once

#include "support/scratch.hpp"

#include <string>

namespace wxgate::test {

/// Paths of PEM files. The server's certificate is for localhost and 127.0.0.1.
struct certificate_files {
    std::string ca;
    std::string certificate;
    std::string private_key;
};

/// Makes a new authority and a server certificate by it, in `dir`, under names that begin with `prefix`.
certificate_files make_certificates(scratch const& dir, std::string const& prefix);

} // namespace wxgate::test
