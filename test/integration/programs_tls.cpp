// A listener that speaks TLS itself (RELIABILITY.md 3.1, H-40, H-52; 2.3, T2).
#include "fixture.hpp"
#include "support/tls_client.hpp"

#include <openssl/tls1.h>

#include <csignal>

using namespace wxgate::test;

namespace {

struct tls_system {
    scratch dir;
    certificate_files files = make_certificates(dir, "listener");
    system_under_test system{options()};

    system_options options() {
        system_options o;
        o.upstream = against::stand_in;
        o.adjust = [this](gateway_config& c) {
            c.certificate = files.certificate;
            c.private_key = files.private_key;
        };
        return o;
    }

    std::string get() const {
        return "GET /v1/payments HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " +
               system.with_key("shop").bearer() + "\r\n\r\n";
    }

    tls_exchange_result ask(int min_version = 0, int max_version = 0, std::string const& ciphers = {}) const {
        tls_exchange_options o;
        o.ca_file = files.ca;
        o.min_version = min_version;
        o.max_version = max_version;
        o.cipher_list = ciphers;
        return exchange_tls(system.port(), get(), o);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(programs_tls)

BOOST_AUTO_TEST_CASE(versions_and_ciphers) {
    tls_system t;
    auto const newest = t.ask();
    BOOST_TEST(newest.handshake, newest.error);
    BOOST_TEST(newest.answer.status == 200U, newest.answer.describe());
    BOOST_TEST(newest.alpn == "http/1.1");
    auto const tls12 = t.ask(TLS1_2_VERSION, TLS1_2_VERSION);
    BOOST_TEST(tls12.answer.status == 200U, tls12.error);
    BOOST_TEST(!t.ask(TLS1_VERSION, TLS1_VERSION).handshake);
    BOOST_TEST(!t.ask(TLS1_1_VERSION, TLS1_1_VERSION).handshake);
    for (std::string const weak :
         {"eNULL", "aNULL", "AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256"})
        BOOST_TEST(!t.ask(TLS1_2_VERSION, TLS1_2_VERSION, weak + ":@SECLEVEL=0").handshake, weak);
    BOOST_TEST(t.system.upstream().badly_signed() == 0U);
}

// H-40, the other way round: plain HTTP to a port that speaks TLS.
BOOST_AUTO_TEST_CASE(plain_http_on_the_tls_port) {
    tls_system t;
    for (auto const& bytes :
         {t.get(),
          std::string("\x00\x01\x02\x03", 4),
          std::string(20'000, 'x'),
          std::string("\x16\x03\x01\x40\x00", 5) + std::string(16384, '\0')}) {
        connection c(t.system.port());
        c.send(bytes);
        c.shutdown_write();
        BOOST_TEST(c.closed_within(15s));
        BOOST_TEST(c.rest().find("HTTP/") == std::string::npos, "an answer in the clear");
        BOOST_TEST(t.system.gateway().alive());
    }
    BOOST_TEST(t.ask().answer.status == 200U);
}

// T2: a new certificate is served after SIGHUP; one that does not fit its key is refused as a whole.
BOOST_AUTO_TEST_CASE(certificate_is_renewed) {
    tls_system t;
    auto const before = t.ask().serial;
    auto const fresh = make_certificates(t.dir, "renewed");
    auto const install = [&](std::string const& from, std::string const& to) {
        std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
    };
    install(fresh.certificate, t.files.certificate); // the key is still the old one
    t.system.gateway().signal(SIGHUP);
    BOOST_TEST(
        eventually(5s, [&] { return t.system.logs().find("\"error\"") != std::string::npos; }),
        t.system.logs()
    );
    BOOST_TEST(t.ask().serial == before);
    install(fresh.private_key, t.files.private_key);
    install(fresh.ca, t.files.ca);
    t.system.gateway().signal(SIGHUP);
    BOOST_TEST(eventually(5s, [&] {
        auto const r = t.ask();
        return r.handshake && r.serial != before && r.answer.status == 200;
    }));
}

// Handshakes that never come to an end hold nobody up.
BOOST_AUTO_TEST_CASE(silent_handshakes) {
    tls_system t;
    std::vector<connection> silent;
    for (int i = 0; i < 50; ++i)
        silent.emplace_back(t.system.port());
    auto const begin = steady::now();
    BOOST_TEST(t.ask().answer.status == 200U);
    BOOST_TEST((steady::now() - begin < 5s));
    BOOST_TEST(silent.front().closed_within(15s), "a handshake that never begins is waited for");
}

BOOST_AUTO_TEST_SUITE_END()
