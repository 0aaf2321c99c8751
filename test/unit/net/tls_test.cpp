// Certificates, contexts and the self-test that an unverified server is refused.
#include "net/tls.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace wxgate::net;

namespace {

struct files {
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("wxgate-tls-" + std::to_string(getpid()));

    files() { std::filesystem::create_directories(folder); }

    ~files() { std::filesystem::remove_all(folder); }

    std::string write(std::string const& name, std::string const& text) const {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    }
};

certificate_request for_host(std::string const& name) {
    certificate_request r;
    r.common_name = name;
    r.dns_names = {name};
    r.ip_addresses = {"127.0.0.1"};
    return r;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls, files)

BOOST_AUTO_TEST_CASE(a_client_context_refuses_what_it_cannot_verify) {
    auto const ca = issue_certificate(for_host("ca"));
    BOOST_CHECK_NO_THROW(self_test(*make_client_tls({write("ca.pem", ca.certificate), {}})));
    BOOST_CHECK_NO_THROW(self_test(*make_client_tls({})));
}

BOOST_AUTO_TEST_CASE(a_pair_is_checked) {
    auto const a = issue_certificate(for_host("a"));
    auto const b = issue_certificate(for_host("b"));
    auto const certificate = write("a.pem", a.certificate);
    auto const key = write("a.key", a.private_key);
    auto const other = write("b.key", b.private_key);
    auto const status = check_certificate(certificate, key);
    BOOST_TEST(status.subject == "/CN=a");
    BOOST_TEST((status.not_after > status.not_before));
    BOOST_CHECK_THROW(check_certificate(certificate, other), std::runtime_error);
    BOOST_CHECK_THROW(check_certificate(key, certificate), std::runtime_error);
    BOOST_CHECK_THROW(check_certificate((folder / "none").string(), key), std::runtime_error);
    BOOST_CHECK_THROW(make_server_tls({certificate, other, {}}), std::runtime_error);
    BOOST_CHECK_THROW(make_client_tls({write("empty", ""), {}}), std::runtime_error);
    BOOST_CHECK_NO_THROW(make_server_tls({certificate, key, certificate}));
}

BOOST_AUTO_TEST_CASE(a_pkcs12_is_made) {
    auto const a = issue_certificate(for_host("a"));
    BOOST_TEST(to_pkcs12(a, "10000100").size() > 500U);
}

BOOST_AUTO_TEST_SUITE_END()
