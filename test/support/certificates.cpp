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

class client_authority::impl {
public:
    net::issued_certificate self;
};

client_authority::client_authority(scratch const& dir, std::string const& name)
    : dir_(dir), impl_(std::make_unique<impl>()) {
    net::certificate_request authority;
    authority.common_name = "wxgate test client authority " + name;
    authority.authority = true;
    impl_->self = net::issue_certificate(authority);
    ca_ = dir.write(name + "_ca.pem", impl_->self.certificate);
}

client_authority::~client_authority() = default;

client_files
client_authority::issue(std::string const& prefix, std::string const& mch_id, std::chrono::days life) const {
    net::certificate_request client;
    client.common_name = mch_id;
    client.life = life;
    auto const issued = net::issue_certificate(client, &impl_->self);
    return {
        dir_.write(prefix + "_cert.pem", issued.certificate),
        dir_.write(prefix + "_key.pem", issued.private_key)};
}

} // namespace wxgate::test
