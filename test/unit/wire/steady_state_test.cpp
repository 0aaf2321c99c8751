// Nothing is taken from the heap for a message that is read and verified, or signed, once a thread has done
// it before.
#include "allocations.hpp"
#include "support.hpp"
#include "wire/digest.hpp"

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(steady_state)

namespace {

// Decode and verify `document` again and again; the blocks taken after the first round.
std::size_t blocks_taken(std::string const& document, sign_type type) {
    fields message;
    bool good = true;
    std::size_t before = 0;
    for (int i = 0; i < 100; ++i) {
        if (i == 1)
            before = test::allocations();
        good = good && !decode_xml(document, message).failed() && verify(message, type, test::key);
    }
    std::size_t const taken = test::allocations() - before;
    BOOST_TEST(good);
    return taken;
}

} // namespace

BOOST_AUTO_TEST_CASE(the_counter_counts) {
    std::size_t const before = test::allocations();
    std::string const text(1000, 'x');
    BOOST_TEST(test::allocations() > before);
    BOOST_TEST(text.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(decode_and_verify) {
    test::pairs unsorted = test::payment();
    std::swap(unsorted.front(), unsorted.back());
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256})
        for (auto const& list :
             {test::payment(), unsorted, test::with(test::payment(), "attach", "a]]>b\rc&d")})
            BOOST_TEST(blocks_taken(test::signed_document(list, type), type) == 0U);
}

BOOST_AUTO_TEST_CASE(sign_into_the_same_string) {
    fields const message = test::to_fields(test::payment());
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        std::string out;
        append_sign(message, type, test::key, out);
        std::size_t const before = test::allocations();
        for (int i = 0; i < 100; ++i) {
            out.clear();
            append_sign(message, type, test::key, out);
        }
        BOOST_TEST(test::allocations() == before);
        BOOST_TEST(verify(test::to_fields(test::with(test::payment(), "sign", out)), type, test::key));
    }
}

BOOST_AUTO_TEST_CASE(on_every_thread) {
    std::string const document = test::signed_document(test::payment(), sign_type::hmac_sha256);
    for (int i = 0; i < 2; ++i)
        std::thread([&] { BOOST_TEST(blocks_taken(document, sign_type::hmac_sha256) == 0U); }).join();
}

BOOST_AUTO_TEST_CASE(a_refused_document) {
    std::string const document = test::signed_document(test::payment(), sign_type::md5) + "x";
    fields message;
    BOOST_TEST(decode_xml(document, message).failed());
    std::size_t const before = test::allocations();
    for (int i = 0; i < 100; ++i)
        (void)decode_xml(document, message);
    BOOST_TEST(test::allocations() == before);
}

BOOST_AUTO_TEST_CASE(digests) {
    std::string const long_key(200, 'k');
    auto const all = [&] {
        (void)wire::md5({"a", "b"});
        (void)wire::sha256({"a"});
        (void)wire::hmac_sha256(long_key, {"a"});
    };
    all();
    std::size_t const before = test::allocations();
    std::size_t const openssl_before = test::openssl_allocations();
    all();
    BOOST_TEST(test::allocations() == before);
    BOOST_TEST(test::openssl_allocations() - openssl_before <= 5U); // one for every EVP_DigestInit
}

BOOST_AUTO_TEST_SUITE_END()
