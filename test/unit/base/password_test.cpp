#include "base/password.hpp"
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

using namespace wxgate;
using namespace std::string_literals;

namespace {

constexpr scrypt_cost cheap{4, 1, 1};

// A sound end of a password string: 16 bytes of salt, 32 of hash.
std::string const salt = to_base64("0123456789abcdef");
std::string const digest = to_base64(std::string(32, 'h'));
std::string const tail = ':' + salt + ':' + digest;

std::string of_salt(std::string const& bytes) {
    return "scrypt:ln=4,r=1,p=1:" + to_base64(bytes) + ':' + digest;
}

std::string of_hash(std::string const& text) {
    return "scrypt:ln=4,r=1,p=1:" + salt + ':' + text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(password_test)

// RFC 7914, section 12; the first 32 of its 64 bytes.
BOOST_AUTO_TEST_CASE(the_vectors_of_the_rfc) {
    struct row {
        char const* password;
        char const* salt;
        scrypt_cost cost;
        char const* hash;
    };

    row const table[] = {
        {"", "", {4, 1, 1}, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"},
        {"password", "NaCl", {10, 8, 16}, "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"},
        {"pleaseletmein",
         "SodiumChloride",
         {14, 8, 1},
         "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"},
    };
    for (auto const& r : table) {
        auto const hash = scrypt(r.password, r.salt, r.cost);
        BOOST_TEST_REQUIRE(hash.has_value(), r.password);
        BOOST_TEST(to_hex(*hash) == r.hash, r.password);
    }
    scrypt_cost const too_much{20, 8, 1}; // the fourth: 1 GiB
    BOOST_TEST(!scrypt("pleaseletmein", "SodiumChloride", too_much).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_not_paid_is_not_hashed) {
    scrypt_cost const table[] = {
        {0, 8, 1},
        {4, 0, 1},
        {4, 1, 0},
        {21, 1, 1},
        {4, 33, 1},
        {4, 1, 17},
        {18, 8, 1}, // 256 MiB
        {17, 9, 1}, // 144 MiB
        {17, 8, 5}, // 640 MiB of work
        {16, 8, 9}, // 576 MiB of work
        {64, 8, 1}, // would shift everything out
        {99, 99, 99},
    };
    for (auto const& c : table) {
        BOOST_TEST(!scrypt("password", "0123456789abcdef", c).has_value(), c.ln << ' ' << c.r << ' ' << c.p);
        BOOST_CHECK_THROW(hash_password("password", c), std::runtime_error);
    }
}

BOOST_AUTO_TEST_CASE(a_password_fits_what_was_made_of_it_and_no_other_does) {
    std::string const table[] = {
        "",
        "a",
        "correct horse battery staple",
        " leading and trailing ",
        "支付密码",
        "a\0b"s,
        "\xff\xfe",
        std::string(64, 'x'),
        std::string(1024, 'x'),
    };
    for (auto const& password : table) {
        auto const stored = hash_password(password, cheap);
        BOOST_TEST(verify_password(password, stored), password);
        BOOST_TEST(!verify_password(password + 'x', stored), password);
        BOOST_TEST(!verify_password('x' + password, stored), password);
        BOOST_TEST(!verify_password(stored, stored), password);
        if (!password.empty())
            BOOST_TEST(!verify_password(password.substr(1), stored), password);
    }
    auto const stored = hash_password("Tea", cheap);
    for (auto const* wrong : {"", "tea", "TEA", "Tea ", " Tea", "Te", "Tea\n"})
        BOOST_TEST(!verify_password(wrong, stored), wrong);
}

BOOST_AUTO_TEST_CASE(what_is_made_is_a_password_string_with_a_salt_of_its_own) {
    auto const one = hash_password("tea", cheap);
    auto const other = hash_password("tea", cheap);
    BOOST_TEST(one.starts_with("scrypt:ln=4,r=1,p=1:"), one);
    BOOST_TEST(one.find("tea") == std::string::npos, one);
    BOOST_TEST(one != other);
    BOOST_TEST(is_password_string(one));
    auto const salt_of = [](std::string const& text) {
        auto const begins = std::string_view("scrypt:ln=4,r=1,p=1:").size();
        return from_base64(text.substr(begins, text.rfind(':') - begins)).value();
    };
    BOOST_TEST(salt_of(one).size() == 16U);
    BOOST_TEST(salt_of(one) != salt_of(other));
    BOOST_TEST(verify_password("tea", one));
    BOOST_TEST(verify_password("tea", other));
}

BOOST_AUTO_TEST_CASE(every_byte_of_what_is_stored_matters) {
    auto const stored = hash_password("tea", cheap);
    auto const second = stored.rfind(':');
    auto const first = stored.rfind(':', second - 1);
    auto const known_salt = from_base64(stored.substr(first + 1, second - first - 1)).value();
    auto const known_hash = from_base64(stored.substr(second + 1)).value();
    auto const put_together = [&](std::string const& s, std::string const& h) {
        return stored.substr(0, first + 1) + to_base64(s) + ':' + to_base64(h);
    };
    BOOST_TEST_REQUIRE(put_together(known_salt, known_hash) == stored);
    for (std::size_t i = 0; i < known_hash.size(); ++i) {
        auto changed = known_hash;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(!verify_password("tea", put_together(known_salt, changed)), i);
    }
    for (std::size_t i = 0; i < known_salt.size(); ++i) {
        auto changed = known_salt;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        BOOST_TEST(!verify_password("tea", put_together(changed, known_hash)), i);
    }
    for (auto const* cost : {"ln=5,r=1,p=1", "ln=4,r=2,p=1", "ln=4,r=1,p=2"})
        BOOST_TEST(!verify_password("tea", std::string("scrypt:") + cost + stored.substr(first)), cost);
}

BOOST_AUTO_TEST_CASE(the_cost_of_a_password_string) {
    struct row {
        std::string text;
        scrypt_cost cost;
    };

    row const table[] = {
        {"scrypt:ln=15,r=8,p=3" + tail, {15, 8, 3}},
        {"scrypt:ln=4,r=1,p=1" + tail, {4, 1, 1}},
        {"scrypt:ln=1,r=1,p=1" + tail, {1, 1, 1}},
        {"scrypt:ln=17,r=8,p=1" + tail, {17, 8, 1}},
        {"scrypt:ln=17,r=8,p=4" + tail, {17, 8, 4}},   // 128 MiB, and 512 MiB of work
        {"scrypt:ln=15,r=8,p=16" + tail, {15, 8, 16}}, // 512 MiB of work
        {"scrypt:ln=15,r=32,p=1" + tail, {15, 32, 1}}, // 128 MiB
        {"scrypt:ln=12,r=32,p=16" + tail, {12, 32, 16}},
        {of_salt(std::string(16, '\0')), {4, 1, 1}},
        {of_salt(std::string(17, 's')), {4, 1, 1}},
        {of_salt(std::string(64, '\xff')), {4, 1, 1}},
    };
    for (auto const& r : table) {
        auto const cost = password_cost(r.text);
        BOOST_TEST_REQUIRE(cost.has_value(), r.text);
        BOOST_TEST(cost->ln == r.cost.ln, r.text);
        BOOST_TEST(cost->r == r.cost.r, r.text);
        BOOST_TEST(cost->p == r.cost.p, r.text);
        BOOST_TEST(is_password_string(r.text), r.text);
    }
    BOOST_TEST(password_cost(nobodys_password(scrypt_cost()))->ln == 15U);
}

BOOST_AUTO_TEST_CASE(what_is_no_password_string) {
    std::string const table[] = {
        "",
        " ",
        "hunter2",
        "scrypt",
        "scrypt:",
        tail,
        // its name
        "Scrypt:ln=4,r=1,p=1" + tail,
        "bcrypt:ln=4,r=1,p=1" + tail,
        "$scrypt$ln=4,r=1,p=1" + tail,
        " scrypt:ln=4,r=1,p=1" + tail,
        "ln=4,r=1,p=1" + tail,
        // a field is missing, empty, twice, out of its place or one too many
        "scrypt:" + tail,
        "scrypt:r=1,p=1" + tail,
        "scrypt:ln=4,p=1" + tail,
        "scrypt:ln=4,r=1" + tail,
        "scrypt:ln=4,r=1," + tail,
        "scrypt:ln=,r=1,p=1" + tail,
        "scrypt:ln=4,r=,p=1" + tail,
        "scrypt:ln=4,r=1,p=" + tail,
        "scrypt:ln,r=1,p=1" + tail,
        "scrypt:4,1,1" + tail,
        "scrypt:r=1,ln=4,p=1" + tail,
        "scrypt:ln=4,p=1,r=1" + tail,
        "scrypt:ln=4,ln=4,r=1,p=1" + tail,
        "scrypt:ln=4,r=1,p=1,x=1" + tail,
        "scrypt:LN=4,R=1,P=1" + tail,
        "scrypt:N=16,r=1,p=1" + tail,
        "scrypt:ln=4;r=1;p=1" + tail,
        "scrypt:ln=4:r=1:p=1" + tail,
        // a number is none
        "scrypt:ln=015,r=8,p=3" + tail,
        "scrypt:ln=15,r=08,p=3" + tail,
        "scrypt:ln=15,r=8,p=03" + tail,
        "scrypt:ln=-4,r=1,p=1" + tail,
        "scrypt:ln=4,r=-1,p=1" + tail,
        "scrypt:ln=4,r=1,p=-1" + tail,
        "scrypt:ln=+4,r=1,p=1" + tail,
        "scrypt:ln= 4,r=1,p=1" + tail,
        "scrypt:ln=4 ,r=1,p=1" + tail,
        "scrypt:ln=4, r=1,p=1" + tail,
        "scrypt:ln=4,r=1,p=1 " + tail,
        "scrypt:ln=4.0,r=1,p=1" + tail,
        "scrypt:ln=0x4,r=1,p=1" + tail,
        "scrypt:ln=4e0,r=1,p=1" + tail,
        "scrypt:ln=four,r=1,p=1" + tail,
        // out of range
        "scrypt:ln=0,r=1,p=1" + tail,
        "scrypt:ln=4,r=0,p=1" + tail,
        "scrypt:ln=4,r=1,p=0" + tail,
        "scrypt:ln=21,r=1,p=1" + tail,
        "scrypt:ln=64,r=1,p=1" + tail,
        "scrypt:ln=99,r=1,p=1" + tail,
        "scrypt:ln=100,r=1,p=1" + tail,
        "scrypt:ln=4,r=33,p=1" + tail,
        "scrypt:ln=4,r=1,p=17" + tail,
        "scrypt:ln=4294967300,r=1,p=1" + tail, // 4, in 32 bits
        "scrypt:ln=4,r=4294967297,p=1" + tail,
        "scrypt:ln=4,r=1,p=4294967297" + tail,
        "scrypt:ln=18446744073709551620,r=1,p=1" + tail, // 4, in 64 bits
        // too costly, though each number is in range
        "scrypt:ln=18,r=8,p=1" + tail,
        "scrypt:ln=20,r=8,p=1" + tail,
        "scrypt:ln=17,r=9,p=1" + tail,
        "scrypt:ln=17,r=8,p=5" + tail,
        "scrypt:ln=16,r=8,p=9" + tail,
        "scrypt:ln=20,r=32,p=16" + tail,
        // the salt
        "scrypt:ln=4,r=1,p=1:" + digest,
        "scrypt:ln=4,r=1,p=1::" + digest,
        of_salt(std::string(15, 's')),
        of_salt(std::string(65, 's')),
        "scrypt:ln=4,r=1,p=1:MDEyMzQ1Njc4OWFiY2RlZg:" + digest,   // no padding
        "scrypt:ln=4,r=1,p=1:MDEyMzQ1Njc4OWFiY2RlZh==:" + digest, // not canonical
        "scrypt:ln=4,r=1,p=1:MDEyMzQ1Njc4OWFi Y2RlZg==:" + digest,
        "scrypt:ln=4,r=1,p=1:MDEyMzQ1Njc4OWFiY2Rl_-==:" + digest,
        // the hash
        "scrypt:ln=4,r=1,p=1:" + salt,
        of_hash(""),
        of_hash(to_base64(std::string(16, 'h'))),
        of_hash(to_base64(std::string(31, 'h'))),
        of_hash(to_base64(std::string(33, 'h'))),
        of_hash(to_base64(std::string(64, 'h'))),
        of_hash(std::string(64, 'a')), // 32 bytes in hex are 48 in base64
        of_hash(digest.substr(0, digest.size() - 1)),
        // behind it
        of_hash(digest + ':'),
        of_hash(digest + ' '),
        of_hash(digest + '\n'),
        of_hash(digest + '\0'),
        of_hash(digest + ":x"),
        // more than 256 bytes
        "scrypt:ln=4,r=1,p=1:" + to_base64(std::string(300, 's')) + ':' + digest,
        "scrypt:ln=4,r=1,p=1" + tail + std::string(300, 'A'),
        "scrypt:ln=" + std::string(300, '0') + "4,r=1,p=1" + tail,
        std::string(10'000, 'A'),
    };
    BOOST_TEST_REQUIRE(is_password_string("scrypt:ln=4,r=1,p=1" + tail)); // what they were made of is one
    for (auto const& text : table) {
        BOOST_TEST(!is_password_string(text), text);
        BOOST_TEST(!verify_password("tea", text), text);
        BOOST_TEST(!verify_password("", text), text);
    }
}

// RFC 7914: N is less than 2^(128 * r / 8), and OpenSSL holds to it. A string that asks for more would pass
// `wxgate check`, and nobody could sign in with it.
BOOST_AUTO_TEST_CASE(what_openssl_cannot_do_is_no_password_string) {
    scrypt_cost const most{15, 1, 1};
    BOOST_TEST(scrypt("tea", "0123456789abcdef", most).has_value());
    BOOST_TEST(is_password_string("scrypt:ln=15,r=1,p=1" + tail));
    BOOST_TEST(is_password_string("scrypt:ln=16,r=2,p=1" + tail));
    for (auto const* cost : {"ln=16,r=1,p=1", "ln=17,r=1,p=1", "ln=20,r=1,p=1"})
        BOOST_TEST(!is_password_string(std::string("scrypt:") + cost + tail), cost);
}

BOOST_AUTO_TEST_CASE(nobodys_password_fits_nothing) {
    auto const one = nobodys_password(cheap);
    BOOST_TEST(one != nobodys_password(cheap));
    BOOST_TEST_REQUIRE(password_cost(one).has_value(), one);
    BOOST_TEST(password_cost(one)->ln == cheap.ln);
    BOOST_TEST(password_cost(one)->r == cheap.r);
    BOOST_TEST(password_cost(one)->p == cheap.p);
    for (auto const& password : {""s, "password"s, "tea"s, one, std::string(32, '\0')})
        BOOST_TEST(!verify_password(password, one), password);
}

BOOST_AUTO_TEST_CASE(cheaper_than_the_default) {
    struct row {
        scrypt_cost cost;
        bool cheap;
    };

    row const table[] = {
        {{15, 8, 3}, false},
        {{16, 8, 2}, false},
        {{17, 8, 1}, false},
        {{15, 8, 4}, false},
        {{15, 8, 2}, true},
        {{14, 8, 3}, true},
        {{15, 7, 3}, true},
        {{16, 8, 1}, true},
        {{4, 1, 1}, true},
    };
    for (auto const& r : table)
        BOOST_TEST(is_cheap(r.cost) == r.cheap, r.cost.ln << ' ' << r.cost.r << ' ' << r.cost.p);
    BOOST_TEST(!is_cheap(scrypt_cost()));
}

BOOST_AUTO_TEST_SUITE_END()
