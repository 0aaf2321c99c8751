// The program dies, or throws, at each of its named places (RELIABILITY.md 2.3: P1, P2, P9, P10, N2, N3, N17,
// R1, R3, R4, W2, C1). Afterwards nothing is lost and nothing is doubled.
#include "refunds_common.hpp"
#include "support/webhook_receiver.hpp"

#include <mutex>

using namespace wxgate::test;

namespace {

// A system whose gateway meets one failpoint until told otherwise.
struct struck {
    explicit struck(std::string what, std::function<void(gateway_config&)> more = {})
        : what_(std::move(what)), more_(std::move(more)), system(options()) {}

    system_options options() {
        auto o = refund_options();
        auto const adjust = o.adjust;
        o.adjust = [this, adjust](gateway_config& c) {
            adjust(c);
            c.background = {{"time_scale", "60"}};
            if (more_)
                more_(c);
        };
        o.environment = [this](scratch const&) {
            std::vector<std::pair<std::string, std::string>> env;
            if (!what_.empty())
                env.emplace_back("WXGATE_FAILPOINT", what_);
            return env;
        };
        return o;
    }

    // The next start is one of a program that nothing happens to.
    void calm_down() { what_.clear(); }

    // The next start is one of a program that meets this.
    void strike(std::string what) { what_ = std::move(what); }

    bool has_died() { return system.gateway().wait(10s).has_value(); }

    void start_again() {
        calm_down();
        system.start_gateway();
    }

private:
    std::string what_;
    std::function<void(gateway_config&)> more_;

public:
    system_under_test system;
};

void drop_notifications(system_under_test const& system) {
    auto const drop = json::object{{"on", "notify"}, {"do", "drop"}, {"p", 1.0}};
    BOOST_TEST_REQUIRE(
        system.control().put("/control/faults", {{"seed", 1}, {"rules", json::array{drop}}}).status == 200U
    );
}

reply try_post(api const& to, std::string const& path, json::object const& body) {
    try {
        return to.post(path, body);
    } catch (std::runtime_error const&) { // the program died over it
        return {};
    }
}

void has_webhook(gateway_config& c, webhook_receiver const& shop) {
    auto& m = c.merchants.front();
    m.webhook_url = shop.url();
    m.webhook_secrets = shop.secrets();
    m.webhook_allow_private = true;
}

void check_delivered(struck& s, webhook_receiver const& shop, std::string const& number, std::size_t tries) {
    BOOST_TEST(eventually(20s, [&] {
        return s.system.store().number("SELECT count(*) FROM outbox WHERE state = 'delivered'") == 1;
    }));
    auto const all = shop.deliveries();
    BOOST_TEST_REQUIRE(all.size() == tries);
    BOOST_TEST(all.front().body == all.back().body);
    BOOST_TEST(all.front().id == all.back().id);
    BOOST_TEST(shop.about(number).size() == 1U, "it is taken in once");
    BOOST_TEST(shop.trouble() == "");
    check_store(s.system);
}

} // namespace

BOOST_AUTO_TEST_SUITE(failpoints)

BOOST_AUTO_TEST_CASE(payments) {
    for (auto const* point :
         {"pay.before_insert", "pay.after_insert", "pay.before_commit2", "pay.before_reply"}) {
        BOOST_TEST_CONTEXT(point) {
            struck s(std::string(point) + "=kill*once");
            auto const order = s.system.order();
            auto const number = text_of(order, "out_trade_no");
            auto const r = try_post(s.system.with_key("shop"), "/v1/payments", order);
            BOOST_TEST(r.status == 0U, r.describe());
            BOOST_TEST_REQUIRE(s.has_died());
            s.start_again();
            auto const again = s.system.with_key("shop").post("/v1/payments", order);
            BOOST_TEST(one_of(again.status, {200, 201}), again.describe());
            BOOST_TEST(s.system.pay(again.parsed()).status == 200U);
            BOOST_TEST(eventually(10s, [&] { return s.system.state(number) == "SUCCESS"; }));
            BOOST_TEST(s.system.events(number, "SUCCESS") == 1);
            auto const calls = s.system.sandbox_received("unifiedorder", number);
            BOOST_TEST(calls <= 2U);
            if (calls == 2)
                BOOST_TEST(s.system.sandbox_received("orderquery", number) >= 1U, "I7");
            check_store(s.system);
            BOOST_TEST(s.system.anomalies() == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(notifications) {
    for (auto const* point : {"notify.parsed", "notify.verified", "notify.after_commit"}) {
        BOOST_TEST_CONTEXT(point) {
            struck s(std::string(point) + "=kill*once");
            auto const made = s.system.create();
            auto const number = text_of(made, "out_trade_no");
            BOOST_TEST(s.system.pay(made).status == 200U);
            BOOST_TEST_REQUIRE(s.has_died());
            s.start_again();
            BOOST_TEST(eventually(20s, [&] { return s.system.state(number) == "SUCCESS"; }));
            BOOST_TEST(s.system.events(number, "SUCCESS") == 1);
            BOOST_TEST(eventually(20s, [&] {
                auto const told = member(s.system.control().get("/control/ledger").parsed(), "notifications");
                for (auto const& n : told.as_array())
                    if (text_of(n, "out_trade_no") == number)
                        return member(n, "acknowledged") == json::value(true);
                return false;
            }));
            check_store(s.system);
        }
    }
}

// N17: what is thrown ends that request alone.
BOOST_AUTO_TEST_CASE(a_throw_ends_one_request) {
    for (auto const* point :
         {"notify.parsed", "notify.verified", "notify.after_commit", "pay.after_insert"}) {
        BOOST_TEST_CONTEXT(point) {
            struck s(std::string(point) + "=throw*once");
            auto const order = s.system.order();
            auto const number = text_of(order, "out_trade_no");
            auto const first = try_post(s.system.with_key("shop"), "/v1/payments", order);
            auto const made =
                first.status == 201 ? first : s.system.with_key("shop").post("/v1/payments", order);
            BOOST_TEST(one_of(made.status, {200, 201}), made.describe());
            BOOST_TEST(s.system.pay(made.parsed()).status == 200U);
            BOOST_TEST(eventually(20s, [&] { return s.system.state(number) == "SUCCESS"; }));
            BOOST_TEST(s.system.events(number, "SUCCESS") == 1);
            BOOST_TEST(s.system.logs().find("failpoint") != std::string::npos, "it did strike");
            check_store(s.system);
        }
    }
}

BOOST_AUTO_TEST_CASE(refunds) {
    for (auto const* point :
         {"refund.after_request",
          "refund.after_approve",
          "refund.before_call",
          "refund.after_call",
          "refund.after_commit"}) {
        BOOST_TEST_CONTEXT(point) {
            struck s(std::string(point) + "=kill*once");
            auto const number = text_of(s.system.paid({{"total_fee", 100}}, "rival"), "out_trade_no");
            auto alice = s.system.sign_in("alice");
            auto const asked = s.system.refund_request(60);
            auto const refund_no = text_of(asked, "out_refund_no");
            auto const path = "/v1/payments/" + number + "/refunds";
            try_post(s.system.with_key("rival"), path, asked);
            if (std::string_view(point) == "refund.after_request") {
                BOOST_TEST_REQUIRE(s.has_died());
                s.start_again();
                BOOST_TEST(s.system.refund_status(refund_no, "rival") == "REQUESTED");
            }
            try {
                alice.post_text("/admin/v1/refunds/" + refund_no + "/approve");
            } catch (std::runtime_error const&) { // the program died over it
            }
            if (std::string_view(point) != "refund.after_request") {
                BOOST_TEST_REQUIRE(s.has_died());
                BOOST_TEST(cell(s.system, "decided_by", refund_no) == "alice");
                s.start_again();
            }
            BOOST_TEST(s.system.refund_becomes(refund_no, "SUCCESS", "rival"));
            BOOST_TEST(refund_events(s.system, refund_no, "REFUND_SUCCESS") == 1);
            BOOST_TEST(sandbox_refunds(s.system, number).size() == 1U);
            if (s.system.sandbox_calls("refund", refund_no).size() > 1)
                BOOST_TEST(!s.system.sandbox_calls("refundquery", refund_no).empty(), "I7");
            check_store(s.system);
            check_both(s.system);
        }
    }
}

// N16: killed between WeChat's word of an order and its record, whenever that is.
BOOST_AUTO_TEST_CASE(queries) {
    struck s("resolver.after_query=kill*once");
    drop_notifications(s.system);
    auto const order = s.system.order();
    auto const number = text_of(order, "out_trade_no");
    auto const first = try_post(s.system.with_key("shop"), "/v1/payments", order);
    if (first.status == 201)
        BOOST_TEST(s.system.pay(first.parsed()).status == 200U);
    BOOST_TEST_REQUIRE(s.has_died());
    s.start_again();
    if (first.status != 201) {
        auto const again = s.system.with_key("shop").post("/v1/payments", order);
        BOOST_TEST(one_of(again.status, {200, 201}), again.describe());
        BOOST_TEST(s.system.pay(again.parsed()).status == 200U);
    }
    BOOST_TEST(eventually(20s, [&] { return s.system.state(number) == "SUCCESS"; }));
    BOOST_TEST(s.system.events(number, "SUCCESS") == 1);
    check_store(s.system);
}

// W2: killed with the lease on a message, before it is sent.
BOOST_AUTO_TEST_CASE(webhook_taken) {
    webhook_receiver shop;
    struck s("", [&shop](gateway_config& c) { has_webhook(c, shop); });
    shop.go_away();
    auto const number = text_of(s.system.paid(), "out_trade_no");
    BOOST_TEST_REQUIRE(eventually(10s, [&] {
        return s.system.store().number("SELECT attempts FROM outbox") >= 1;
    }));
    s.system.kill_gateway();
    change_offline(s.system.dir().path("wxgate.db"), "UPDATE outbox SET due_at = 1 WHERE state = 'pending'");
    shop.come_back();
    s.strike("webhook.after_claim=kill*once");
    try {
        s.system.start_gateway();
    } catch (std::runtime_error const&) { // it died before it was ready
    }
    BOOST_TEST_REQUIRE(s.has_died());
    BOOST_TEST(shop.deliveries().empty());
    s.start_again();
    check_delivered(s, shop, number, 1);
}

// W2, W3: killed when the shop has answered.
BOOST_AUTO_TEST_CASE(webhook_answered) {
    webhook_receiver const shop;
    struck s("webhook.after_send=kill*once", [&shop](gateway_config& c) { has_webhook(c, shop); });
    auto const made = s.system.create();
    BOOST_TEST(s.system.pay(made).status == 200U);
    BOOST_TEST_REQUIRE(s.has_died());
    BOOST_TEST(shop.deliveries().size() == 1U);
    s.start_again();
    check_delivered(s, shop, text_of(made, "out_trade_no"), 2);
}

// C1: a loop that throws every other round goes on.
BOOST_AUTO_TEST_CASE(loops_that_throw) {
    struck s("loop.refunds=throw%0.5,loop.resolver=throw%0.5,loop.webhooks=throw%0.5");
    auto const number = text_of(s.system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const asked = s.system.refund_request(60);
    BOOST_TEST(one_of(s.system.refund(number, asked).status, {201, 202}));
    BOOST_TEST(s.system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
    drop_notifications(s.system);
    auto const made = s.system.create();
    BOOST_TEST(s.system.pay(made).status == 200U);
    BOOST_TEST(eventually(20s, [&] { return s.system.state(text_of(made, "out_trade_no")) == "SUCCESS"; }));
    BOOST_TEST(s.system.logs().find("loop.") != std::string::npos);
    check_store(s.system);
}

BOOST_AUTO_TEST_SUITE_END()
