#include "support/certificates.hpp"

#include "net/tls.hpp"

namespace wxgate::test {

certificate_files make_certificates(scratch const& dir, std::string const& prefix) {
    net::certificate_request authority;
    authority.common_name = "wxgate test authority " + prefix;
    authority.authority = true;
    auto const ca = net::issue_certificate(authority);
    net::certificate_request server;
    server.common_name = "localhost";
    server.dns_names.emplace_back("localhost");
    server.ip_addresses.emplace_back("127.0.0.1");
    auto const issued = net::issue_certificate(server, &ca);
    certificate_files files;
    files.ca = dir.write(prefix + "_ca.pem", ca.certificate);
    files.certificate = dir.write(prefix + "_cert.pem", issued.certificate);
    files.private_key = dir.write(prefix + "_key.pem", issued.private_key);
    return files;
}

} // namespace wxgate::test
