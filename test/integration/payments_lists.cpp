// GET /v1/payments: filters, pages, cursors; RELIABILITY.md 3.4, B-36 and B-37.
#include "fixture.hpp"

#include <set>

using namespace wxgate::test;

namespace {

std::vector<std::string> numbers_of(json::value const& page) {
    std::vector<std::string> all;
    auto const data = member(page, "data");
    BOOST_TEST_REQUIRE(data.is_array());
    for (auto const& each : data.as_array())
        all.push_back(text_of(each, "out_trade_no"));
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(payments_lists)

BOOST_AUTO_TEST_CASE(pages_cover_everything_once) {
    auto& system = the_system();
    auto const plain = system.with_key("plain", true); // this merchant's orders are few
    std::vector<std::string> made;
    for (int i = 0; i < 23; ++i)
        made.push_back(text_of(system.create({}, "plain"), "out_trade_no"));
    for (int const limit : {1, 7, 23, 100}) {
        BOOST_TEST_CONTEXT("limit " << limit) {
            std::vector<std::string> seen;
            std::string last;
            std::string cursor;
            for (int pages = 0; pages < 100; ++pages) {
                auto const r = plain.get(
                    "/v1/payments?limit=" + std::to_string(limit) +
                    (cursor.empty() ? "" : "&cursor=" + cursor)
                );
                BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
                auto const page = r.parsed();
                BOOST_TEST(page.as_object().size() == 2U);
                auto const some = numbers_of(page);
                BOOST_TEST(some.size() <= static_cast<std::size_t>(limit));
                auto const data = member(page, "data");
                for (auto const& each : data.as_array()) {
                    check_payment_shape(each);
                    BOOST_TEST((last.empty() || text_of(each, "created_at") <= last), "newest first");
                    last = text_of(each, "created_at");
                }
                seen.insert(seen.end(), some.begin(), some.end());
                if (member(page, "next_cursor").is_null())
                    break;
                cursor = text_of(page, "next_cursor");
                BOOST_TEST_REQUIRE(!cursor.empty());
                if (pages == 1) // an order that comes while pages are read disturbs none
                    system.create({}, "plain");
            }
            std::set<std::string> const distinct(seen.begin(), seen.end());
            BOOST_TEST(distinct.size() == seen.size(), "no order on two pages");
            for (auto const& number : made)
                BOOST_TEST(distinct.contains(number), number << " is on no page");
        }
    }
}

BOOST_AUTO_TEST_CASE(filters) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const open = system.create();
    auto const paid = system.create();
    check_accepted(system.notify(notification_of(paid, new_transaction_id())));
    auto const has = [&](std::string const& query, json::value const& payment) {
        auto const r = shop.get("/v1/payments?limit=100&" + query);
        BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
        return r.body.find(text_of(payment, "out_trade_no")) != std::string::npos;
    };
    BOOST_TEST(has("trade_state=SUCCESS", paid));
    BOOST_TEST(!has("trade_state=SUCCESS", open));
    BOOST_TEST(has("trade_state=NOTPAY", open));
    BOOST_TEST(!has("trade_state=NOTPAY", paid));
    BOOST_TEST(!has("trade_state=CLOSED", open));
    auto const at = text_of(open, "created_at");
    BOOST_TEST(has("created_from=" + at, paid));
    BOOST_TEST(has("created_from=" + at, open));
    BOOST_TEST(!has("created_to=2020-01-01T00:00:00Z", paid));
    BOOST_TEST(!has("created_from=2099-01-01T00:00:00Z", paid));
    BOOST_TEST(has(
        "created_from=2020-01-01T08:00:00%2B08:00&created_to=2099-01-01T00:00:00Z&trade_state=SUCCESS", paid
    ));
}

BOOST_AUTO_TEST_CASE(refused_queries) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    system.create();
    auto const cursor = text_of(shop.get("/v1/payments?limit=1").parsed(), "next_cursor");
    BOOST_TEST_REQUIRE(system.trouble_since(system.mark(), true) == "");
    auto const before = system.mark();

    struct row {
        std::string query;
        std::string param;
    };

    std::vector<row> rows = {
        {"limit=0", "limit"},
        {"limit=-1", "limit"},
        {"limit=1000001", "limit"},
        {"limit=", "limit"},
        {"limit=ten", "limit"},
        {"limit=1.5", "limit"},
        {"limit=%2010", "limit"},
        {"limit=99999999999999999999", "limit"},
        {"trade_state=PAID", "trade_state"},
        {"trade_state=success", "trade_state"},
        {"trade_state=%25", "trade_state"},
        {"trade_state=_", "trade_state"},
        {"trade_state=SUCCESS'%20OR%20'1'='1", "trade_state"},
        {"trade_state=';--", "trade_state"},
        {"created_from=yesterday", "created_from"},
        {"created_from=2026-13-01T00:00:00Z", "created_from"},
        {"created_from=2026-01-01", "created_from"},
        {"created_from=20260101000000", "created_from"},
        {"created_to=1;DROP%20TABLE%20orders", "created_to"},
        {"cursor=x", "cursor"},
        {"cursor=%00", "cursor"},
        {"cursor=AAAA", "cursor"},
        {"cursor=" + std::string(1500, 'A'), ""},
        {"unknown=1", "unknown"},
        {"limit=%zz", ""},
    };
    if (!cursor.empty()) {
        rows.push_back({"cursor=" + cursor.substr(1), "cursor"});
        rows.push_back({"cursor=" + cursor + "A", "cursor"});
    }
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.query) {
            check_problem(shop.get("/v1/payments?" + each.query), 400, "invalid_request", each.param);
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(shop.get("/v1/payments?limit=1&limit=2").status != 500U);
}

// B-37: a number is a bound parameter and nothing else.
BOOST_AUTO_TEST_CASE(numbers_that_are_none) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const before = system.mark();
    for (std::string const number :
         {"%25",
          "%25%25%25%25%25%25",
          "______",
          "'%20OR%20'1'%3D'1",
          "x';DROP%20TABLE%20orders;--",
          "%27%27%27%27%27%27",
          "a%20b%20c%20d",
          "%E8%AE%A2%E5%8D%95",
          "..%2F..%2Fetc",
          "%00%00%00%00%00%00",
          "T1234",
          "T12345678901234567890123456789012345"}) {
        BOOST_TEST_CONTEXT(number) {
            for (auto const& r :
                 {shop.get("/v1/payments/" + number),
                  shop.get("/v1/payments/" + number + "/events"),
                  shop.post_text("/v1/payments/" + number + "/close")}) {
                BOOST_TEST(one_of(r.status, {400, 404}), r.describe());
                check_problem(r, r.status);
            }
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    BOOST_TEST(shop.get("/v1/payments/" + std::string(10'000, 'a')).status >= 400U);
    // Characters that a number may hold come percent-encoded, too.
    auto const odd = "a|b*c-" + random_hex(10);
    system.create({{"out_trade_no", odd}});
    BOOST_TEST(shop.get("/v1/payments/a%7Cb%2Ac-" + odd.substr(6)).status == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
