#include "net/tls.hpp"
#include "sandbox/certificates.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(certificates)

BOOST_AUTO_TEST_CASE(all_six_files_fit_together) {
    scratch const s;
    auto const dir = s.path() / "deep" / "certs"; // made
    write_new_certificates(dir, "1900000109");
    auto const file = [&](char const* name) { return (dir / name).string(); };
    std::size_t n = 0;
    for (auto const& entry : fs::directory_iterator(dir)) {
        static_cast<void>(entry);
        ++n;
    }
    BOOST_TEST(n == 6U);
    auto const server = net::check_certificate(file("server_cert.pem"), file("server_key.pem"));
    BOOST_TEST(server.subject.find("localhost") != std::string::npos);
    auto const client = net::check_certificate(file("apiclient_cert.pem"), file("apiclient_key.pem"));
    BOOST_TEST(client.subject.find("1900000109") != std::string::npos);
    BOOST_TEST((client.not_after > client.not_before + std::chrono::days(360)));
    BOOST_CHECK_THROW(
        net::check_certificate(file("server_cert.pem"), file("apiclient_key.pem")), std::runtime_error
    );
    BOOST_TEST(fs::file_size(file("apiclient_cert.p12")) > 500U);
    // A server and a client can be made of them.
    net::server_tls_options o;
    o.certificate = file("server_cert.pem");
    o.private_key = file("server_key.pem");
    o.client_ca = file("ca.pem");
    BOOST_TEST((net::make_server_tls(o) != nullptr));
    net::client_tls_options c;
    c.ca_file = file("ca.pem");
    c.client.certificate = s.read("deep/certs/apiclient_cert.pem");
    c.client.private_key = s.read("deep/certs/apiclient_key.pem");
    BOOST_TEST((net::make_client_tls(c) != nullptr));
}

BOOST_AUTO_TEST_CASE(keys_are_the_owners_only) {
    scratch const s;
    write_new_certificates(s.path(), "10000100");
    auto const rights = [&](char const* name) { return fs::status(s.path() / name).permissions(); };
    for (char const* const name : {"server_key.pem", "apiclient_key.pem", "apiclient_cert.p12"})
        BOOST_TEST((rights(name) == (fs::perms::owner_read | fs::perms::owner_write)), name);
    BOOST_TEST(((rights("ca.pem") & fs::perms::others_read) != fs::perms::none));
    write_new_certificates(s.path(), "10000100"); // again: all new, and they fit
    BOOST_TEST((rights("server_key.pem") == (fs::perms::owner_read | fs::perms::owner_write)));
    net::check_certificate((s.path() / "server_cert.pem").string(), (s.path() / "server_key.pem").string());
}

BOOST_AUTO_TEST_CASE(a_file_is_written_whole_or_not_at_all) {
    scratch const s;
    write_file(s.path() / "a", "one", false);
    write_file(s.path() / "a", "two", true);
    BOOST_TEST(s.read("a") == "two");
    BOOST_TEST((fs::status(s.path() / "a").permissions() == (fs::perms::owner_read | fs::perms::owner_write))
    );
    BOOST_CHECK_THROW(write_file(s.path() / "none" / "a", "x", false), std::system_error);
    BOOST_TEST(!fs::exists(s.path() / "a.new"));
}

BOOST_AUTO_TEST_SUITE_END()
