#include "base/text.hpp"
#include "support.hpp"
#include "wire/gunzip.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace wxgate;
using namespace wxgate::wire;

BOOST_AUTO_TEST_SUITE(gunzips)

namespace {

// Streams that another program made (Python's gzip, and one with a file name by hand).
std::string foreign() {
    return from_hex("1f8b08000000000002037bb26bc9b319939f4ddff672fa165e2e007c41ddfe0e000000").value();
}

std::string foreign_empty() {
    return from_hex("1f8b080000000000020303000000000000000000").value();
}

std::string foreign_named() {
    return from_hex("1f8b08080000000002ff62696c6c2e637376004b4c4a4e444200a38c27d30f000000").value();
}

struct inflated {
    error_code code;
    std::string text;
};

inflated
inflate(std::vector<std::string_view> const& pieces, std::uint64_t max = gunzip::default_max_output) {
    inflated out;
    gunzip g(max);
    for (auto const piece : pieces) {
        auto const fed = g.feed(piece, [&](std::string_view text) {
            BOOST_TEST(text.size() <= 64U * 1024U);
            out.text.append(text);
        });
        if (fed.failed())
            BOOST_TEST((g.finish() == fed));
    }
    out.code = g.finish();
    return out;
}

inflated inflate(std::string_view stream) {
    return inflate(std::vector<std::string_view>{stream});
}

void expect(inflated const& got, std::string_view text) {
    BOOST_TEST(!got.code.failed());
    BOOST_TEST((got.text == text));
}

// Text that does not shrink to nothing.
std::string some_text(std::size_t size) {
    test::generator g(7);
    std::string out(size, '\0');
    for (char& c : out)
        c = static_cast<char>('a' + test::pick(g, 26));
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(streams_of_others) {
    expect(inflate(foreign()), "交易时间\r\n");
    expect(inflate(foreign_empty()), "");
    expect(inflate(foreign_named()), "abcabcabcabcabc");
}

BOOST_AUTO_TEST_CASE(however_it_is_cut) {
    std::string const stream = gzip(some_text(200));
    std::string_view const view = stream;
    for (std::size_t i = 0; i <= view.size(); ++i)
        expect(inflate({view.substr(0, i), view.substr(i)}), some_text(200));
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < view.size(); ++i)
        bytes.push_back(view.substr(i, 1));
    expect(inflate(bytes), some_text(200));
}

BOOST_AUTO_TEST_CASE(there_and_back) {
    for (std::size_t const size : {0U, 1U, 2U, 1000U, 65'535U, 65'536U, 65'537U, 131'072U, 1'000'000U}) {
        expect(inflate(gzip(some_text(size))), some_text(size));
        expect(inflate(gzip(std::string(size, 'x'))), std::string(size, 'x'));
    }
    BOOST_TEST((gzip("x") == gzip("x")));
    BOOST_TEST(gzip("x").starts_with("\x1F\x8B\x08"));
}

BOOST_AUTO_TEST_CASE(members_one_behind_the_other) {
    std::string const two = gzip("first, ") + foreign_named() + foreign_empty();
    expect(inflate(two), "first, abcabcabcabcabc");
    for (std::size_t i = 0; i <= two.size(); ++i)
        expect(
            inflate({std::string_view(two).substr(0, i), std::string_view(two).substr(i)}),
            "first, abcabcabcabcabc"
        );
}

BOOST_AUTO_TEST_CASE(cut_off_at_every_byte) {
    std::string const stream = gzip(some_text(300));
    for (std::size_t n = 0; n < stream.size(); ++n) {
        auto const got = inflate(std::string_view(stream).substr(0, n));
        BOOST_TEST((got.code == errc::truncated_bill), n);
        BOOST_TEST(some_text(300).starts_with(got.text));
    }
    std::string const two = stream + stream;
    for (std::size_t n = stream.size() + 1; n < two.size(); ++n)
        BOOST_TEST((inflate(std::string_view(two).substr(0, n)).code == errc::truncated_bill), n);
}

BOOST_AUTO_TEST_CASE(a_bit_turned_anywhere) {
    std::string const text = some_text(300);
    std::string const stream = gzip(text);
    for (std::size_t i = 0; i < stream.size(); ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string bad = stream;
            bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1U << bit));
            auto const got = inflate(bad);
            // Time, flags of the compressor and the system in the header are nothing to the text.
            BOOST_TEST((got.code.failed() || got.text == text), i);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_none) {
    for (std::string_view const bytes :
         {"交易时间,公众账号ID",
          "<xml><return_code>FAIL</return_code></xml>",
          "\x1F\x8B\x09 not deflate",
          "PK\x03\x04 a zip file",
          "\x78\x9C zlib's own"})
        BOOST_TEST((inflate(bytes).code == errc::corrupt_gzip), test::printable(bytes));
    BOOST_TEST((inflate(foreign() + "more").code == errc::corrupt_gzip));
    BOOST_TEST((inflate(foreign() + std::string(8, '\0')).code == errc::corrupt_gzip));
    BOOST_TEST((inflate("").code == errc::truncated_bill));
    BOOST_TEST((inflate(std::vector<std::string_view>{}).code == errc::truncated_bill));
}

BOOST_AUTO_TEST_CASE(an_error_stays) {
    gunzip g;
    BOOST_TEST((g.feed("hello, world", {}) == errc::corrupt_gzip));
    BOOST_TEST((g.feed(foreign(), {}) == errc::corrupt_gzip));
    BOOST_TEST((g.feed("", {}) == errc::corrupt_gzip));
    BOOST_TEST((g.finish() == errc::corrupt_gzip));
}

BOOST_AUTO_TEST_CASE(no_more_than_is_allowed) {
    std::string const bomb = gzip(std::string(10'000'000, '\0'));
    BOOST_TEST(bomb.size() < 100'000U);
    auto const got = inflate({bomb}, 100'000);
    BOOST_TEST((got.code == errc::response_too_large));
    BOOST_TEST(got.text.size() <= 100'000U);
    BOOST_TEST(!inflate({bomb}, 10'000'000).code.failed());
    BOOST_TEST((inflate({bomb}, 9'999'999).code == errc::response_too_large));
    BOOST_TEST(!inflate({foreign_empty()}, 0).code.failed());
    BOOST_TEST((inflate({foreign()}, 0).code == errc::response_too_large));
}

BOOST_AUTO_TEST_SUITE_END()
