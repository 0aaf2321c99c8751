#include "base/text.hpp"
#include "wire/digest.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/evp.h>

#include <string>
#include <thread>
#include <vector>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(digest)

namespace {

template <std::size_t N>
std::string hex(std::array<unsigned char, N> const& bytes) {
    std::string out(2 * N, ' ');
    wire::write_hex(bytes, out.data(), false);
    return out;
}

// OpenSSL's own HMAC, as the oracle.
std::string openssl_hmac(std::string const& key, std::string const& text) {
    std::array<unsigned char, 32> out{};
    std::size_t size = 0;
    auto const* const k = reinterpret_cast<unsigned char const*>(key.data());
    auto const* const t = reinterpret_cast<unsigned char const*>(text.data());
    auto* const done = EVP_Q_mac(
        nullptr,
        "HMAC",
        nullptr,
        "SHA256",
        nullptr,
        k,
        key.size(),
        t,
        text.size(),
        out.data(),
        out.size(),
        &size
    );
    BOOST_TEST_REQUIRE(done != nullptr);
    BOOST_TEST_REQUIRE(size == out.size());
    return hex(out);
}

} // namespace

BOOST_AUTO_TEST_CASE(md5_of_rfc_1321) {
    BOOST_TEST(hex(wire::md5({})) == "d41d8cd98f00b204e9800998ecf8427e");
    BOOST_TEST(hex(wire::md5({"abc"})) == "900150983cd24fb0d6963f7d28e17f72");
    BOOST_TEST(hex(wire::md5({"a", "", "bc"})) == "900150983cd24fb0d6963f7d28e17f72");
    BOOST_TEST(hex(wire::md5({"message ", "digest"})) == "f96b697d7cb7938d525a2f31aaf161d0");
}

BOOST_AUTO_TEST_CASE(sha256_of_fips_180) {
    BOOST_TEST(
        hex(wire::sha256({"abc"})) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    BOOST_TEST(hex(wire::sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

BOOST_AUTO_TEST_CASE(hmac_of_rfc_4231) {
    BOOST_TEST(
        hex(wire::hmac_sha256("Jefe", {"what do ya want ", "for nothing?"})) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    BOOST_TEST(
        hex(wire::hmac_sha256(std::string(20, '\x0b'), {"Hi There"})) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    BOOST_TEST(
        hex(wire::hmac_sha256(
            std::string(131, '\xaa'), {"Test Using Larger Than Block-Size Key - Hash Key First"}
        )) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}

BOOST_AUTO_TEST_CASE(hmac_like_openssl_for_every_key_length) {
    for (std::size_t n = 1; n < 140; ++n) {
        std::string const key(n, static_cast<char>('a' + n % 26));
        std::string const text(n * 3 % 200, 't');
        BOOST_TEST_REQUIRE(hex(wire::hmac_sha256(key, {text})) == openssl_hmac(key, text));
    }
}

BOOST_AUTO_TEST_CASE(hex_case) {
    std::array<unsigned char, 2> const bytes{0x0A, 0xF9};
    std::string out(4, ' ');
    wire::write_hex(bytes, out.data(), true);
    BOOST_TEST(out == "0AF9");
    wire::write_hex(bytes, out.data(), false);
    BOOST_TEST(out == "0af9");
}

BOOST_AUTO_TEST_CASE(equality) {
    BOOST_TEST(wire::constant_time_equal("", ""));
    BOOST_TEST(wire::constant_time_equal("abc", "abc"));
    BOOST_TEST(!wire::constant_time_equal("abc", "abd"));
    BOOST_TEST(!wire::constant_time_equal("abc", "ab"));
    BOOST_TEST(!wire::constant_time_equal("", "a"));
}

BOOST_AUTO_TEST_CASE(many_threads_at_once) {
    std::string const expected = hex(wire::hmac_sha256("key", {"text"}));
    std::vector<std::thread> threads;
    std::array<bool, 4> good{};
    for (std::size_t t = 0; t < good.size(); ++t)
        threads.emplace_back([&, t] {
            bool all = true;
            for (int i = 0; i < 2000; ++i)
                all = all && hex(wire::hmac_sha256("key", {"text"})) == expected &&
                      hex(wire::md5({"abc"})) == "900150983cd24fb0d6963f7d28e17f72";
            good[t] = all;
        });
    for (auto& thread : threads)
        thread.join();
    for (bool const g : good)
        BOOST_TEST(g);
}

BOOST_AUTO_TEST_SUITE_END()
