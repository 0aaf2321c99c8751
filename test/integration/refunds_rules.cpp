// What a request for a refund may be: RELIABILITY.md 3.4, B-22 to B-28.
#include "refunds_common.hpp"

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(refunds_rules)

// B-22, B-24
BOOST_AUTO_TEST_CASE(fields) {
    auto& system = refund_system();
    auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const before = system.mark();

    struct row {
        json::object change;
        unsigned status;
        std::string_view code;
        std::string_view param;
    };

    std::string const eighty_one = "尺码不合适尺码不合适尺码不合适尺码不合适尺码不合适尺码";
    BOOST_TEST(eighty_one.size() == 81U);
    std::vector<row> const rows = {
        {{{"refund_fee", 0}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", -1}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", 1.5}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", 1.0}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", "10"}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", true}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", json::array{1}}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", 10'000'000'001}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", nullptr}}, 400, "invalid_request", "refund_fee"},
        {{{"refund_fee", 101}}, 409, "refund_exceeds_payment", "refund_fee"},
        {{{"refund_fee", 10'000'000'000}}, 409, "refund_exceeds_payment", "refund_fee"},
        {{{"reason", eighty_one}}, 400, "invalid_request", "reason"},
        {{{"reason", 5}}, 400, "invalid_request", "reason"},
        {{{"reason", "a\nb"}}, 400, "invalid_request", "reason"},
        {{{"reason", std::string("a\0b", 3)}}, 400, "", ""},
        {{{"out_refund_no", ""}}, 400, "invalid_request", "out_refund_no"},
        {{{"out_refund_no", std::string(65, 'r')}}, 400, "invalid_request", "out_refund_no"},
        {{{"out_refund_no", "a b"}}, 400, "invalid_request", "out_refund_no"},
        {{{"out_refund_no", "a/b"}}, 400, "invalid_request", "out_refund_no"},
        {{{"out_refund_no", "退款"}}, 400, "invalid_request", "out_refund_no"},
        {{{"out_refund_no", 12345}}, 400, "invalid_request", "out_refund_no"},
        {{{"total_fee", 100}}, 400, "invalid_request", "total_fee"},
        {{{"refund_status", "SUCCESS"}}, 400, "invalid_request", "refund_status"},
        {{{"requested_by", "me"}}, 400, "invalid_request", "requested_by"},
        {{{"notify_url", "https://evil.example"}}, 400, "invalid_request", "notify_url"}};
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(json::serialize(each.change)) {
            check_problem(
                system.refund(number, system.refund_request(10, each.change)),
                each.status,
                each.code,
                each.param
            );
            BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
        }
    }
    auto const shop = system.with_key("shop");
    auto const path = "/v1/payments/" + number + "/refunds";
    for (auto const* text :
         {"{", "[]", "null", "{\"refund_fee\":1,\"refund_fee\":100}", "{\"refund_fee\":1e1}"})
        BOOST_TEST(shop.post_text(path, text).status == 400U, text);
    BOOST_TEST_REQUIRE(system.trouble_since(before) == "");
    BOOST_TEST(order_number(system, "refund_reserved", number) == 0);
    // The edges that are in.
    std::string const all_signs = "aZ09_-|*@" + random_hex(55);
    BOOST_TEST(all_signs.size() == 64U);
    auto const r = system.refund(
        number,
        {{"refund_fee", 100}, {"out_refund_no", all_signs}, {"reason", eighty_one.substr(0, 78) + "xy"}}
    );
    BOOST_TEST(r.status == 201U, r.describe());
    BOOST_TEST(eventually(10s, [&] { return cell(system, "refund_status", all_signs) == "SUCCESS"; }));
}

BOOST_AUTO_TEST_CASE(one_of_ours_has_a_number_too) {
    auto& system = refund_system();
    auto const number = text_of(system.paid(), "out_trade_no");
    auto const r = system.refund(number, {{"refund_fee", 1}});
    BOOST_TEST_REQUIRE(r.status == 201U, r.describe());
    BOOST_TEST(system.refund_becomes(text_of(r.parsed(), "out_refund_no"), "SUCCESS"));
}

// B-23
BOOST_AUTO_TEST_CASE(only_what_was_paid) {
    auto& system = refund_system();
    auto const unpaid = text_of(system.create(), "out_trade_no");
    auto const closed = text_of(system.create(), "out_trade_no");
    auto const shut = system.with_key("shop").post_text("/v1/payments/" + closed + "/close");
    BOOST_TEST_REQUIRE(shut.status == 200U, shut.describe());
    auto const before = system.mark();
    check_problem(system.refund(unpaid, system.refund_request(1)), 409, "invalid_state");
    check_problem(system.refund(closed, system.refund_request(1)), 409, "invalid_state");
    check_problem(system.refund("T000000000000", system.refund_request(1)), 404, "not_found");
    BOOST_TEST(system.trouble_since(before) == "");
}

// B-25
BOOST_AUTO_TEST_CASE(fifty_an_order) {
    auto& system = refund_system();
    auto const number = text_of(system.paid({}, "rival"), "out_trade_no");
    for (int i = 0; i < 50; ++i)
        BOOST_TEST_REQUIRE(system.refund(number, system.refund_request(1), "rival").status == 202U);
    auto const before = system.mark();
    check_problem(system.refund(number, system.refund_request(1), "rival"), 409, "invalid_state");
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(order_number(system, "refund_reserved", number) == 50);
}

// B-26
BOOST_AUTO_TEST_CASE(within_a_year) {
    auto& system = refund_system();
    auto const old = text_of(system.paid({}, "rival"), "out_trade_no");
    auto const young = text_of(system.paid({}, "rival"), "out_trade_no");
    BOOST_TEST_REQUIRE((system.stop_gateway().value_or(exit_status{}).code == 0));
    auto const days_ago = [](int days) { return std::to_string(std::int64_t{days} * 86'400'000); };
    auto const file = system.dir().path("wxgate.db");
    change_offline(
        file, "UPDATE orders SET paid_at = paid_at - " + days_ago(366) + " WHERE out_trade_no = '" + old + "'"
    );
    change_offline(
        file,
        "UPDATE orders SET paid_at = paid_at - " + days_ago(364) + " WHERE out_trade_no = '" + young + "'"
    );
    system.start_gateway();
    auto const before = system.mark();
    check_problem(system.refund(old, system.refund_request(1), "rival"), 409, "invalid_state");
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(system.refund(young, system.refund_request(1), "rival").status == 202U);
}

// B-27: not refused, and not sent before WeChat would take it.
BOOST_AUTO_TEST_CASE(second_within_a_minute_is_queued) {
    auto& system = refund_system();
    auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
    std::vector<std::string> all;
    for (int i = 0; i < 3; ++i) {
        auto const asked = system.refund_request(10);
        auto const begin = steady::now();
        auto const r = system.refund(number, asked);
        BOOST_TEST(r.status == (i == 0 ? 201U : 202U), r.describe());
        BOOST_TEST((steady::now() - begin < short_minute), "nobody waits for the minute");
        if (i > 0)
            BOOST_TEST(text_of(r.parsed(), "refund_status") == "APPROVED");
        all.push_back(text_of(asked, "out_refund_no"));
    }
    for (auto const& refund_no : all) {
        BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
        BOOST_TEST(system.sandbox_calls("refund", refund_no).size() == 1U, "WeChat refused none");
    }
    std::vector<std::string> begun;
    for (auto const& row : system.store().rows(
             "SELECT created_at FROM events WHERE type = 'REFUND_ATTEMPT' AND out_trade_no = '" + number +
             "' ORDER BY version"
         ))
        begun.push_back(row[0]);
    BOOST_TEST_REQUIRE(begun.size() == 3U);
    for (std::size_t i = 1; i < begun.size(); ++i)
        BOOST_TEST(std::stoll(begun[i]) - std::stoll(begun[i - 1]) >= short_minute.count());
}

// B-28: what is not known counts.
BOOST_AUTO_TEST_CASE(a_refund_in_doubt_keeps_its_amount) {
    scripted_refunds s;
    auto const number = text_of(s.system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const asked = s.system.refund_request(60);
    auto const refund_no = text_of(asked, "out_refund_no");
    auto const silent = [](call const&, int) {
        answer a;
        a.how = manner::hang;
        return std::optional(a);
    };
    s.desk.on_refund(refund_no, silent);
    s.desk.on_query(refund_no, silent);
    auto const r = s.system.refund(number, asked);
    BOOST_TEST(r.status == 202U, r.describe());
    check_problem(s.system.refund(number, s.system.refund_request(41)), 409, "refund_exceeds_payment");
    s.desk.on_refund(refund_no, {});
    s.desk.on_query(refund_no, {});
    BOOST_TEST(s.system.refund_becomes(refund_no, "SUCCESS"));
    BOOST_TEST(s.desk.trouble(refund_no) == "");
}

BOOST_AUTO_TEST_SUITE_END()
