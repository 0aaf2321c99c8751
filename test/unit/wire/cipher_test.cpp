#include "base/text.hpp"
#include "support.hpp"
#include "wire/cipher.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(cipher)

namespace {

constexpr std::size_t block = 16;

std::string const raw_key = "0123456789abcdef0123456789abcdef";

std::string document() {
    return "<root>\n<out_refund_no><![CDATA[50fd012ed1b311e7af7800163e32c503]]></out_refund_no>\n"
           "<refund_fee><![CDATA[6]]></refund_fee>\n<refund_status><![CDATA[SUCCESS]]></refund_status>\n</"
           "root>";
}

// What decrypts must be something else than `plain`; most often nothing decrypts at all.
void must_differ(std::string const& ciphertext, std::string const& plain) {
    auto const got = wire::decrypt_req_info(to_base64(ciphertext), test::key);
    if (got.has_value())
        BOOST_TEST(*got != plain);
    else
        BOOST_TEST((got.error() == errc::bad_ciphertext));
}

bool refused(std::string_view req_info, std::string_view key = test::key) {
    auto const got = wire::decrypt_req_info(req_info, key);
    return got.has_error() && got.error() == errc::bad_ciphertext;
}

} // namespace

BOOST_AUTO_TEST_CASE(round_trip_of_every_length) {
    for (std::size_t n = 0; n < 100; ++n) {
        std::string plain;
        for (std::size_t i = 0; i < n; ++i)
            plain += static_cast<char>(i * 37 % 256);
        auto const req_info = wire::encrypt_req_info(plain, test::key);
        BOOST_TEST_REQUIRE(req_info.has_value());
        BOOST_TEST(from_base64(*req_info)->size() == (n / block + 1) * block);
        auto const back = wire::decrypt_req_info(*req_info, test::key);
        BOOST_TEST_REQUIRE(back.has_value());
        BOOST_TEST(*back == plain);
    }
}

BOOST_AUTO_TEST_CASE(every_bit_flipped) {
    auto const good = from_base64(wire::encrypt_req_info(document(), test::key).value()).value();
    for (std::size_t i = 0; i < good.size(); ++i)
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string bad = good;
            bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1U << bit));
            must_differ(bad, document());
        }
}

BOOST_AUTO_TEST_CASE(blocks_swapped_doubled_and_cut) {
    std::string const plain = document();
    auto const good = from_base64(wire::encrypt_req_info(plain, test::key).value()).value();
    std::size_t const blocks = good.size() / block;
    for (std::size_t i = 0; i < blocks; ++i) {
        for (std::size_t k = i + 1; k < blocks; ++k) {
            std::string bad = good;
            bad.replace(i * block, block, good, k * block, block);
            bad.replace(k * block, block, good, i * block, block);
            if (bad != good)
                must_differ(bad, plain);
        }
        std::string doubled = good;
        doubled.insert(i * block, good, i * block, block);
        must_differ(doubled, plain);
        std::string cut = good;
        cut.erase(i * block, block);
        must_differ(cut, plain);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_ciphertext) {
    std::string const good = wire::encrypt_req_info(document(), test::key).value();
    for (std::string const& text :
         {std::string(),
          std::string("not base64!"),
          std::string("===="),
          std::string("A"),
          good + "=",
          good + "\n",
          " " + good,
          good.substr(1),
          good.substr(4),
          good.substr(0, good.size() - 4),
          good + good.substr(0, 4),
          to_base64("x"),
          to_base64(std::string(15, 'x')),
          to_base64(std::string(17, 'x')),
          std::string(good.size(), '\0'),
          document()})
        BOOST_TEST(refused(text), text);
}

BOOST_AUTO_TEST_CASE(wrong_and_empty_keys) {
    std::string const good = wire::encrypt_req_info(document(), test::key).value();
    BOOST_TEST(refused(good, ""));
    BOOST_TEST(wire::encrypt_req_info(document(), "").has_error());
    for (int i = 0; i < 50;
         ++i) { // the padding of a wrong key is right once in 256: then the text is not ours
        auto const got = wire::decrypt_req_info(good, "another key " + std::to_string(i));
        BOOST_TEST((got.has_error() || *got != document()));
    }
}

// Every wrong padding that a block can end in, made by encrypting a block and dropping the one that follows.
BOOST_AUTO_TEST_CASE(every_padding) {
    for (unsigned last = 0; last < 256; ++last) {
        std::string plain(block, 'p');
        plain.back() = static_cast<char>(last);
        std::string const one = wire::aes256_ecb_encrypt(raw_key, plain).value().substr(0, block);
        auto const got = wire::aes256_ecb_decrypt(raw_key, one);
        BOOST_TEST(got.has_value() == (last == 1), last);
    }
    for (std::size_t n = 1; n <= block; ++n) {
        std::string plain(block, 'p');
        plain.replace(block - n, n, n, static_cast<char>(n));
        std::string const one = wire::aes256_ecb_encrypt(raw_key, plain).value().substr(0, block);
        BOOST_TEST(wire::aes256_ecb_decrypt(raw_key, one).value() == std::string(block - n, 'p'));
    }
}

BOOST_AUTO_TEST_CASE(raw_sizes) {
    for (std::size_t n = 0; n < 40; ++n) {
        std::string const key(n, 'k');
        BOOST_TEST(wire::aes256_ecb_encrypt(key, "x").has_value() == (n == 32), n);
        if (n % block != 0 || n == 0)
            BOOST_TEST(wire::aes256_ecb_decrypt(raw_key, std::string(n, 'c')).has_error(), n);
    }
    BOOST_TEST(wire::aes256_ecb_decrypt(raw_key, std::string(2 * 1024 * 1024, 'c')).has_error());
    BOOST_TEST(refused(std::string(2 * 1024 * 1024, 'A')));
}

BOOST_AUTO_TEST_SUITE_END()
