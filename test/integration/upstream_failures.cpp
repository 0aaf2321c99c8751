// How the gateway fails when the way to WeChat does: refused, cut, silent, slow, and the backup host.
// (RELIABILITY.md 2.3, P3 to P5, P11, P14.)
#include "fixture.hpp"

#include <cstdlib>

using namespace wxgate::test;

namespace {

bool exhaustive() {
    return std::getenv("WXGATE_EXHAUSTIVE") != nullptr;
}

} // namespace

BOOST_AUTO_TEST_SUITE(upstream_failures)

// I7: between two orders of one number of which the first's outcome is unknown, WeChat was asked, and the
// second is the first's very same parameters.
void check_asked_between(stand_in const& wechat, std::string const& number) {
    std::vector<message> orders;
    bool asked = true;
    for (auto const& c : wechat.calls()) {
        if (value_of(c.fields, "out_trade_no") != number)
            continue;
        if (c.path != "/pay/unifiedorder") {
            asked = true;
            continue;
        }
        BOOST_TEST(asked, "sent again without asking");
        asked = false;
        orders.push_back(c.fields);
        for (auto const* name : {"nonce_str", "sign"})
            remove(orders.back(), name);
        BOOST_TEST(naive_canonical(orders.back()) == naive_canonical(orders.front()));
    }
}

// P4: asked, not answered. The order is kept; the same request again is answered, with the same number.
BOOST_AUTO_TEST_CASE(no_answer) {
    scripted const s;
    auto const order = s.system.order();
    auto const number = text_of(order, "out_trade_no");
    auto const shop = s.system.with_key("shop");
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.how = c.path == "/pay/unifiedorder" ? manner::hang : manner::answer;
        return a;
    });
    auto const begin = steady::now();
    auto const r = shop.post("/v1/payments", order);
    check_problem(r, 504, "upstream_timeout");
    BOOST_TEST((steady::now() - begin < 7s), "bounded by request_timeout");
    BOOST_TEST(one_of(s.system.with_key("shop").get("/v1/payments/" + number).status, {200}));
    BOOST_TEST(member(s.system.payment(number), "prepay_id").is_null());
    s.wechat.behave([&](call const& c) { return s.wechat.well_behaved(c); });
    auto const again = shop.post("/v1/payments", order);
    BOOST_TEST(one_of(again.status, {200, 201}), again.describe());
    BOOST_TEST(text_of(again.parsed(), "trade_state") == "NOTPAY");
    BOOST_TEST(verifies(member(again.parsed(), "request_payment"), s.system.merchant("shop").key));

    BOOST_TEST(s.wechat.count("/pay/unifiedorder", number) >= 2U);
    check_asked_between(s.wechat, number);
}

// P5: cut at every byte of the answer.
BOOST_AUTO_TEST_CASE(cut_everywhere) {
    scripted const s;
    auto const shop = s.system.with_key("shop", true);
    std::size_t size = 1000;
    std::size_t step = exhaustive() ? 1 : 23;
    std::vector<std::string> numbers;
    for (std::size_t k = 0; k < size; k += step) {
        auto const order = s.system.order();
        s.wechat.behave([&, k](call const& c) { // the gateway asks about orders by itself, at any time
            auto a = s.wechat.well_behaved(c);
            size = a.body.size();
            a.how = manner::cut;
            a.cut_at = std::min(k, size - 1);
            return a;
        });
        auto const r = shop.post("/v1/payments", order);
        BOOST_TEST(one_of(r.status, {502, 504}), "cut at " << k << ": " << r.describe());
        numbers.push_back(text_of(order, "out_trade_no"));
    }
    s.wechat.behave([&](call const& c) { return s.wechat.well_behaved(c); });
    for (auto const& number : numbers) {
        auto const state = s.system.state(number);
        BOOST_TEST((state == "CREATED" || state == "NOTPAY"), state);
        BOOST_TEST(member(s.system.payment(number), "prepay_id").is_null());
        check_asked_between(s.wechat, number);
    }
}

// An answer without a length is ended by TLS's close_notify only: here it comes, so the answer is whole.
BOOST_AUTO_TEST_CASE(answer_without_a_length) {
    scripted const s;
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.length = false;
        return a;
    });
    auto const r = s.system.with_key("shop").post("/v1/payments", s.system.order());
    BOOST_TEST(one_of(r.status, {201, 502, 504}), r.describe());
}

// A kept connection that WeChat has closed meanwhile is not the customer's trouble.
BOOST_AUTO_TEST_CASE(kept_connection_is_dead) {
    scripted const s;
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.length = true;
        return a;
    });
    for (int i = 0; i < 4; ++i)
        BOOST_TEST(s.system.with_key("shop").post("/v1/payments", s.system.order()).status == 201U);
    // The stand-in closes after each answer, saying nothing beforehand.
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.how = manner::cut;
        a.cut_at = a.body.size();
        return a;
    });
    for (int i = 0; i < 8; ++i) {
        auto const r = s.system.with_key("shop").post("/v1/payments", s.system.order());
        BOOST_TEST(r.status == 201U, r.describe());
    }
}

// Slow, and still in time.
BOOST_AUTO_TEST_CASE(slow_answer) {
    scripted const s;
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.delay = 1200ms;
        return a;
    });
    BOOST_TEST(s.system.with_key("shop").post("/v1/payments", s.system.order()).status == 201U);
}

// P11: the shop hangs up. What was begun is finished and recorded.
BOOST_AUTO_TEST_CASE(caller_hangs_up) {
    scripted const s;
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        a.delay = 500ms;
        return a;
    });
    auto const order = s.system.order();
    auto const number = text_of(order, "out_trade_no");
    {
        connection c(s.system.port());
        auto const key = s.system.with_key("shop").bearer();
        request const r{
            "POST",
            "/v1/payments",
            {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}},
            json::serialize(order)};
        c.send(r.to_string());
        BOOST_TEST(eventually(5s, [&] { return s.wechat.count("/pay/unifiedorder", number) == 1; }));
        c.reset();
    }
    BOOST_TEST(eventually(10s, [&] { return s.system.state(number) == "NOTPAY"; }));
    auto const again = s.system.with_key("shop").post("/v1/payments", order);
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(s.wechat.count("/pay/unifiedorder", number) == 1U);
}

// P14, N11: WeChat notifies before we have read its answer to the order. The notification stays.
BOOST_AUTO_TEST_CASE(notified_before_answered) {
    scripted const s;
    auto const before = s.system.anomalies();
    auto const order = s.system.order();
    auto const number = text_of(order, "out_trade_no");
    reply told;
    s.wechat.behave([&](call const& c) {
        auto a = s.wechat.well_behaved(c);
        if (c.path == "/pay/unifiedorder") {
            json::object seen = {
                {"appid", value_of(c.fields, "appid")}, {"mch_id", value_of(c.fields, "mch_id")}};
            seen["total_fee"] = std::stoll(value_of(c.fields, "total_fee"));
            seen["openid"] = value_of(c.fields, "openid");
            seen["out_trade_no"] = number;
            told = s.system.notify(notification_of(seen, new_transaction_id()));
            a.delay = 300ms;
        }
        return a;
    });
    auto const r = s.system.with_key("shop").post("/v1/payments", order);
    check_accepted(told);
    BOOST_TEST(one_of(r.status, {200, 201, 409}), r.describe());
    BOOST_TEST(s.system.state(number) == "SUCCESS");
    BOOST_TEST(s.system.events(number, "SUCCESS") == 1);
    auto const now = s.system.payment(number);
    BOOST_TEST(!text_of(now, "transaction_id").empty());
    BOOST_TEST(member(now, "request_payment").is_null());
    BOOST_TEST(s.system.anomalies() == before);
}

// P3: nobody listens. Nothing was sent, and that is known.
BOOST_AUTO_TEST_CASE(nobody_listens) {
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [](gateway_config& c) { c.url = "https://127.0.0.1:" + std::to_string(free_port()); };
    system_under_test system(options);
    auto const order = system.order();
    auto const begin = steady::now();
    auto const r = system.with_key("shop").post("/v1/payments", order);
    BOOST_TEST(one_of(r.status, {502, 503, 504}), r.describe());
    check_problem(r, r.status);
    BOOST_TEST((steady::now() - begin < 7s));
    BOOST_TEST(system.state(text_of(order, "out_trade_no")) == "CREATED");
    BOOST_TEST(system.admin().get("/healthz").status == 200U);
}

// The main host is down: the backup takes what was certainly not sent, and what changes nothing.
BOOST_AUTO_TEST_CASE(backup_host) {
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [](gateway_config& c) {
        c.backup_url = c.url;
        c.url = "https://127.0.0.1:" + std::to_string(free_port());
    };
    system_under_test system(options);
    for (int i = 0; i < 5; ++i) {
        auto const created = system.create();
        BOOST_TEST(
            text_of(system.payment(text_of(created, "out_trade_no"), "shop", "?sync=1"), "trade_state") ==
            "NOTPAY"
        );
    }
    auto const closed = system.create();
    BOOST_TEST(
        system.with_key("shop")
            .post_text("/v1/payments/" + text_of(closed, "out_trade_no") + "/close")
            .status == 200U
    );
    BOOST_TEST(system.upstream().badly_signed() == 0U);
}

// A connection that is cut before anything was sent on it: the backup takes over.
BOOST_AUTO_TEST_CASE(main_host_resets) {
    scratch const dir;
    system_options options;
    options.upstream = against::stand_in;
    std::unique_ptr<stand_in> broken;
    options.adjust = [&](gateway_config& c) {
        broken = std::make_unique<stand_in>(make_certificates(dir, "broken"), c.merchants);
        broken->reset_connections(1'000'000);
        c.backup_url = c.url;
        c.url = broken->url();
    };
    system_under_test system(options);
    auto const r = system.with_key("shop").post("/v1/payments", system.order());
    BOOST_TEST(r.status == 201U, r.describe());
    BOOST_TEST(broken->calls().empty());
}

// RELIABILITY.md 0.13: a server whose certificate is not WeChat's gets nothing.
BOOST_AUTO_TEST_CASE(certificate_is_not_trusted) {
    scratch const dir;
    std::unique_ptr<stand_in> impostor;
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [&](gateway_config& c) {
        impostor = std::make_unique<stand_in>(make_certificates(dir, "impostor"), c.merchants);
        c.url = impostor->url();
        c.login_url = impostor->url();
    };
    system_under_test system(options);
    auto const order = system.order();
    auto const r = system.with_key("shop").post("/v1/payments", order);
    BOOST_TEST(one_of(r.status, {502, 503, 504}), r.describe());
    BOOST_TEST(impostor->calls().empty(), "the impostor was told something");
    auto const created = system.create({{"openid", nullptr}});
    auto const login = system.anonymous().post(
        "/v1/checkout/" + text_of(created, "out_trade_no"),
        {{"client_secret", text_of(created, "client_secret")}, {"code", "openid:oX1234567890"}}
    );
    BOOST_TEST(one_of(login.status, {502, 503, 504}), login.describe());
    BOOST_TEST(impostor->calls().empty(), "the impostor was told a code and the app secret");
}

BOOST_AUTO_TEST_SUITE_END()
