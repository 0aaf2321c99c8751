// Certificates of a test's own authority, for stand-in servers and TLS listeners.
#pragma once

#include "support/scratch.hpp"

#include <chrono>
#include <memory>
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

/// Paths of PEM files.
struct client_files {
    std::string certificate;
    std::string private_key;
};

/// An authority that certifies merchants, as WeChat's does.
class client_authority {
public:
    client_authority(scratch const& dir, std::string const& name);
    ~client_authority();
    client_authority(client_authority const&) = delete;
    client_authority& operator=(client_authority const&) = delete;

    /// The path of its own certificate.
    std::string const& ca() const noexcept { return ca_; }

    /// A certificate of `mch_id`, in files whose names begin with `prefix`; expired with a negative `life`.
    client_files issue(
        std::string const& prefix, std::string const& mch_id, std::chrono::days life = std::chrono::days(365)
    ) const;

private:
    class impl;
    scratch const& dir_;
    std::string ca_;
    std::unique_ptr<impl> impl_;
};

} // namespace wxgate::test
