// What `wxgate check` tells of a certificate.
#include "net/certificate_report.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace wxgate::net;

namespace {

// RSA 1024, self-signed, for weak.example.
constexpr char const* weak = "-----BEGIN CERTIFICATE-----\n"
                             "MIICJTCCAY6gAwIBAgIUQtOqMZJPRoifLcyteHVrFrsk/FYwDQYJKoZIhvcNAQEL\n"
                             "BQAwFzEVMBMGA1UEAwwMd2Vhay5leGFtcGxlMCAXDTI2MTEyNTIxNTczNVoYDzIx\n"
                             "MjYxMTAxMjE1NzM1WjAXMRUwEwYDVQQDDAx3ZWFrLmV4YW1wbGUwgZ8wDQYJKoZI\n"
                             "hvcNAQEBBQADgY0AMIGJAoGBAMa7YJ5kbO1IKJ6XM0P2z/LS8awlbGuoRmFqxnvo\n"
                             "xfvq3tFs+1nMcFoljIROhHehWCCE1A1Au5SAIK0T3FPd/mbBs355p/tAEltBO159\n"
                             "Ig4+xtaNFqGVYLXwT52JWm53agkKoSVz+j3SlRg+5EVEj+BMvuFbjyZXDyFMQB3z\n"
                             "g0iRAgMBAAGjbDBqMB0GA1UdDgQWBBSkCEWrg8CoQFV+A62QMNnseNfvgzAfBgNV\n"
                             "HSMEGDAWgBSkCEWrg8CoQFV+A62QMNnseNfvgzAPBgNVHRMBAf8EBTADAQH/MBcG\n"
                             "A1UdEQQQMA6CDHdlYWsuZXhhbXBsZTANBgkqhkiG9w0BAQsFAAOBgQB0+rLSvWob\n"
                             "1IfrFrWlNCJu4YQiS65/ekNM3W3TbkdOS8KD6K2rjb03p7V0vzByrUmiZLob/jeC\n"
                             "DZLB1RQ5HNmhOIYaqDQR3IJ+Aej733aEWM73ulZ4zMSYmR2gREz9YkuBVEm+oBrw\n"
                             "k/zDoa01JtLK2rbuURHPgZbpSB5nXSZ9Tw==\n"
                             "-----END CERTIFICATE-----\n";

issued_certificate authority(std::string const& name, issued_certificate const* issuer = nullptr) {
    certificate_request r;
    r.common_name = name;
    r.authority = true;
    return issue_certificate(r, issuer);
}

struct chain {
    chain() {
        certificate_request r;
        r.common_name = "pay.example.com";
        r.dns_names = {"pay.example.com", "*.shop.example"};
        r.ip_addresses = {"203.0.113.7"};
        leaf = issue_certificate(r, &intermediate).certificate;
        std::ofstream(ca_file) << root.certificate;
    }

    ~chain() { std::filesystem::remove(ca_file); }

    issued_certificate root = authority("root");
    issued_certificate intermediate = authority("intermediate", &root);
    std::string leaf;
    std::string ca_file =
        (std::filesystem::temp_directory_path() / ("wxgate-report-" + std::to_string(getpid()) + ".pem"))
            .string();
};

} // namespace

BOOST_AUTO_TEST_SUITE(certificate_report_test)

BOOST_FIXTURE_TEST_CASE(a_whole_chain, chain) {
    auto const r = inspect_certificate(leaf + intermediate.certificate, ca_file, "pay.example.com");
    BOOST_TEST(r.chain_problem == "");
    BOOST_TEST(r.chain == 1U);
    BOOST_TEST(r.key == "EC 256");
    BOOST_TEST(!r.weak);
    BOOST_TEST(r.names_host);
    BOOST_TEST(r.status.common_name == "pay.example.com");
    BOOST_TEST((r.status.not_before < r.status.not_after));
}

BOOST_FIXTURE_TEST_CASE(an_intermediate_is_missing, chain) {
    auto const r = inspect_certificate(leaf, ca_file, "pay.example.com");
    BOOST_TEST(r.chain_problem.find("local issuer") != std::string::npos, r.chain_problem);
    BOOST_TEST(r.chain == 0U);
}

BOOST_FIXTURE_TEST_CASE(nobody_trusts_it, chain) {
    BOOST_TEST(inspect_certificate(leaf + intermediate.certificate, {}, "").chain_problem != "");
    BOOST_TEST(inspect_certificate(weak, ca_file, "weak.example").chain_problem != "");
    BOOST_TEST(inspect_certificate(leaf, "/nonexistent.pem", "").chain_problem != "");
}

BOOST_FIXTURE_TEST_CASE(hosts, chain) {
    struct row {
        char const* host;
        bool named;
    };

    for (row const& r : std::initializer_list<row>{
             {"pay.example.com", true},
             {"PAY.example.com", true},
             {"a.shop.example", true},
             {"a.b.shop.example", false},
             {"203.0.113.7", true},
             {"203.0.113.8", false},
             {"example.com", false},
             {"", false}})
        BOOST_TEST(inspect_certificate(leaf, ca_file, r.host).names_host == r.named, r.host);
}

BOOST_AUTO_TEST_CASE(a_short_key) {
    auto const r = inspect_certificate(weak, {}, "weak.example");
    BOOST_TEST(r.weak);
    BOOST_TEST(r.key == "RSA 1024");
    BOOST_TEST(r.names_host);
}

BOOST_AUTO_TEST_CASE(no_certificate) {
    for (auto const* pem : {"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
        BOOST_CHECK_THROW(inspect_certificate(pem, {}, ""), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()
