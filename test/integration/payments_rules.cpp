// RELIABILITY.md 3.4: what a payment may be (B-15 to B-19), as a table of refused and a table of taken
// values.
#include "base/time.hpp"
#include "fixture.hpp"

#include <chrono>

using namespace wxgate::test;

namespace {

struct row {
    std::string param;
    std::string value;
};

std::string in(std::chrono::seconds s) {
    return wxgate::to_rfc3339(wxgate::now_ms() + s.count() * 1000);
}

} // namespace

BOOST_AUTO_TEST_SUITE(payments_rules)

BOOST_AUTO_TEST_CASE(refused_values) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    BOOST_TEST_REQUIRE(system.trouble_since(system.mark(), true) == "");
    auto const before = system.mark();
    std::vector<row> const rows = {
        // B-15
        {"out_trade_no", std::string(33, 'a')},
        {"out_trade_no", "abcde"},
        {"out_trade_no", "a b c d"},
        {"out_trade_no", "订单123456"},
        {"out_trade_no", "../x/../y"},
        {"out_trade_no", ""},
        {"out_trade_no", "abc&def"},
        {"out_trade_no", "abc%20def"},
        {"out_trade_no", "abc\ndef"},
        {"out_trade_no", "abc@def"},
        {"out_trade_no", "abc.def"},
        {"out_trade_no", "abc'def"},
        // B-16
        {"openid", std::string(129, 'o')},
        {"openid", ""},
        {"openid", "o\nx"},
        {"openid", "o x"},
        {"openid", "o<x>"},
        // B-17
        {"trade_type", "X"},
        {"trade_type", "jsapi"},
        {"trade_type", "MICROPAY"},
        // B-18
        {"time_expire", in(-1h)},
        {"time_expire", in(20s)},
        {"time_expire", in(std::chrono::hours(24 * 400))},
        {"time_expire", "tomorrow"},
        {"time_expire", "20270101000000"},
        {"time_expire", "2027-01-01T00:00:00"},
        {"time_expire", "2027-02-30T00:00:00Z"},
        {"time_expire", in(1h).substr(0, 19) + "+08:00"},
        {"time_expire", ""},
        // B-19
        {"spbill_create_ip", "999.1.1.1"},
        {"spbill_create_ip", "example.com"},
        {"spbill_create_ip", "1.2.3"},
        {"spbill_create_ip", "1.2.3.4 "},
        {"spbill_create_ip", "1.2.3.4:80"},
        {"spbill_create_ip", "01.2.3.4"},
        {"spbill_create_ip", "::g"},
        {"spbill_create_ip", ""},
        {"attach", "a&b"},
        {"attach", "&"},
    };
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.param << ": " << each.value) {
            json::object changes;
            changes[each.param] = each.value;
            check_problem(
                shop.post("/v1/payments", system.order(changes)), 400, "invalid_request", each.param
            );
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(system.leaks_since(before) == "");
}

BOOST_AUTO_TEST_CASE(taken_values) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    std::vector<row> const rows = {
        {"spbill_create_ip", "203.0.113.9"},
        {"spbill_create_ip", "2001:db8::1"},
        {"spbill_create_ip", "::1"},
        {"time_expire", in(10min)},
        {"time_expire", in(24h)},
        {"trade_type", "JSAPI"},
        {"openid", std::string(128, 'o')},
        {"attach", ""},
        {"out_trade_no", "|*-_" + random_hex(8)},
    };
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.param << ": " << each.value) {
            json::object changes;
            changes[each.param] = each.value;
            auto const r = shop.post("/v1/payments", system.order(changes));
            BOOST_TEST(r.status == 201U, r.describe());
        }
    }
    json::object const metadata = {{"k", ""}, {"喵", "值 & <b> \"'"}};
    BOOST_TEST(member(system.create({{"metadata", metadata}}), "metadata") == metadata);
    BOOST_TEST(member(system.create({{"metadata", json::object()}}), "metadata") == json::object());
}

// B-18: told in UTC, and WeChat gets Beijing's time.
BOOST_AUTO_TEST_CASE(time_expire_in_beijing) {
    auto& system = the_system();
    using namespace std::chrono;
    auto const at = floor<seconds>(system_clock::now()) + 30min;
    auto const beijing = wxgate::to_rfc3339(duration_cast<milliseconds>((at + 8h).time_since_epoch()).count()
    ); // 2026-11-23T04:05:06.000Z
    std::string digits;
    for (auto const c : beijing.substr(0, 19))
        if (c >= '0' && c <= '9')
            digits += c;
    auto const utc = wxgate::to_rfc3339(duration_cast<milliseconds>(at.time_since_epoch()).count());
    auto const created = system.create({{"time_expire", utc}});
    auto const expires = wxgate::from_rfc3339(text_of(created, "expires_at"));
    BOOST_TEST_REQUIRE(expires.has_value());
    BOOST_TEST(*expires / 1000 == at.time_since_epoch().count());
    BOOST_TEST(
        system.control().get("/control/requests?last=10").body.find(digits) != std::string::npos, digits
    );
}

BOOST_AUTO_TEST_SUITE_END()
