#include <wxgate/messages.hpp>

#include <boost/test/unit_test.hpp>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(messages)

BOOST_AUTO_TEST_CASE(fen_taken) {
    struct row {
        char const* text;
        std::int64_t amount;
    };

    for (row const& r : std::initializer_list<row>{
             {"0", 0},
             {"1", 1},
             {"9", 9},
             {"10", 10},
             {"888", 888},
             {"9999999999", 9'999'999'999},
             {"10000000000", 10'000'000'000},
         }) {
        auto const parsed = fen::parse(r.text);
        BOOST_TEST_REQUIRE(parsed.has_value(), r.text);
        BOOST_TEST(parsed->count() == r.amount);
        BOOST_TEST(parsed->to_string() == r.text);
    }
}

BOOST_AUTO_TEST_CASE(fen_refused) {
    using namespace std::string_view_literals;
    for (std::string_view const text :
         {""sv,
          " "sv,
          "00"sv,
          "01"sv,
          "-1"sv,
          "+1"sv,
          "-0"sv,
          "1.0"sv,
          "1,000"sv,
          "1e2"sv,
          "0x10"sv,
          " 1"sv,
          "1 "sv,
          "1\n"sv,
          "1\0"sv,
          "\0"sv,
          "１"sv,
          "10000000001"sv,
          "18446744073709551616"sv,
          "18446744073709551617"sv,
          "9223372036854775808"sv,
          "100000000000"sv,
          "99999999999999999999999999999999"sv,
          "abc"sv,
          "1a"sv}) {
        auto const parsed = fen::parse(text);
        BOOST_TEST(parsed.has_error(), text);
        BOOST_TEST((parsed.error() == errc::bad_amount), text);
    }
}

BOOST_AUTO_TEST_CASE(fen_compares) {
    BOOST_TEST((fen(1) < fen(2)));
    BOOST_TEST((fen(2) == fen(2)));
    BOOST_TEST((fen() == fen(0)));
    BOOST_TEST(fen(-5).to_string() == "-5");
    BOOST_TEST(max_amount.to_string() == "10000000000");
}

BOOST_AUTO_TEST_CASE(trade_states) {
    for (char const* const name :
         {"CREATED", "NOTPAY", "USERPAYING", "SUCCESS", "REFUND", "CLOSED", "REVOKED", "PAYERROR"}) {
        auto const state = parse_trade_state(name);
        BOOST_TEST_REQUIRE(state.has_value(), name);
        BOOST_TEST(to_string(*state) == name);
    }
    for (char const* const name : {"", "success", "PAID", "SUCCESS ", "ACCEPT"})
        BOOST_TEST(!parse_trade_state(name).has_value(), name);
    BOOST_TEST((parse_trade_state("SUCCESS") == trade_state::SUCCESS));
}

BOOST_AUTO_TEST_CASE(sign_types) {
    BOOST_TEST(to_string(sign_type::md5) == "MD5");
    BOOST_TEST(to_string(sign_type::hmac_sha256) == "HMAC-SHA256");
    BOOST_TEST((parse_sign_type("MD5") == sign_type::md5));
    BOOST_TEST((parse_sign_type("HMAC-SHA256") == sign_type::hmac_sha256));
    for (char const* const name : {"", "md5", "HMAC_SHA256", "RSA", "MD5 "})
        BOOST_TEST(!parse_sign_type(name).has_value(), name);
    for (std::size_t n = 0; n < 100; ++n) {
        auto const type = sign_type_of(std::string(n, 'A'));
        BOOST_TEST(type.has_value() == (n == 32 || n == 64));
    }
    BOOST_TEST((sign_type_of(std::string(32, 'A')) == sign_type::md5));
    BOOST_TEST((sign_type_of(std::string(64, 'A')) == sign_type::hmac_sha256));
}

BOOST_AUTO_TEST_CASE(times_taken) {
    struct row {
        char const* text;
        long long unix_seconds;
    };

    for (row const& r : std::initializer_list<row>{
             {"19700101080000", 0},
             {"19700101000000", -28800},
             {"20141111170043", 1415696443},
             {"20261123121557", 1795407357},
             {"20240229235959", 1709222399},
             {"20991231235959", 4102415999},
             {"20260101000000", 1767196800},
         }) {
        auto const t = from_wechat_time(r.text);
        BOOST_TEST_REQUIRE(t.has_value(), r.text);
        BOOST_TEST(t->time_since_epoch().count() == r.unix_seconds, r.text);
        BOOST_TEST(to_wechat_time(*t) == r.text);
    }
}

BOOST_AUTO_TEST_CASE(times_refused) {
    for (char const* const text :
         {"",
          "20261399250000",
          "20261301000000",
          "20260001000000",
          "20260100000000",
          "20260132000000",
          "20260230000000",
          "20250229000000",
          "21000229000000",
          "20260431000000",
          "20260101240000",
          "20260101006000",
          "20260101000060",
          "2026010100000",
          "202601010000000",
          "2026-01-01 000",
          "2026010100000 ",
          " 2026010100000",
          "+2026010100000",
          "2026010100000a",
          "２０２６"})
        BOOST_TEST(!from_wechat_time(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(every_hour_of_years) {
    for (long long s = 1700000000; s < 1900000000; s += 3607 * 5) {
        sys_seconds const t{std::chrono::seconds(s)};
        auto const text = to_wechat_time(t);
        BOOST_TEST_REQUIRE(text.size() == 14U);
        BOOST_TEST_REQUIRE((from_wechat_time(text) == t));
    }
}

BOOST_AUTO_TEST_SUITE_END()
