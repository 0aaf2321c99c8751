// Endpoints that misbehave (RELIABILITY.md W4 to W7, S-07, S-10): the event waits, the gateway stays small,
// and nobody else waits for them.
#include "webhooks_common.hpp"

#include <algorithm>
#include <array>
#include <ctime>

using namespace wxgate::test;

namespace {

// An order of `shop` that is paid; the receiver behaves so about it.
struct told_order {
    std::string number;
    std::string id; // of the outbox's row
};

told_order told_about(webhook_shops& s, std::optional<webhook_answer> const& how = {}) {
    told_order o;
    o.number = fresh_number();
    if (how)
        s.shop.behave_about(o.number, *how);
    s.system.paid({{"out_trade_no", o.number}, {"total_fee", 100}});
    o.id = outbox_id(s.system, o.number, "payment.succeeded");
    BOOST_TEST_REQUIRE(!o.id.empty());
    return o;
}

std::int64_t attempts(webhook_shops const& s, std::string const& id) {
    return s.system.store().number("SELECT attempts FROM outbox WHERE id = '" + id + "'");
}

std::int64_t due_at(webhook_shops const& s, std::string const& id) {
    return s.system.store().number("SELECT due_at FROM outbox WHERE id = '" + id + "'");
}

// The outcome of a try is written down.
bool has_outcome(webhook_shops const& s, std::string const& id) {
    return s.system.store().number(
               "SELECT count(*) FROM outbox WHERE id = '" + id +
               "' AND attempts > 0 AND (last_status IS NOT NULL OR last_error <> '')"
           ) == 1;
}

std::string http_date(std::chrono::seconds from_now) {
    auto const t = std::time(nullptr) + from_now.count();
    std::tm parts{};
    ::gmtime_r(&t, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return text.data();
}

// But for line ends.
bool has_control_characters(std::string const& text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c < ' ' && c != '\n'; });
}

// A payment of `plain` is heard of within the bound.
void check_served(webhook_shops const& s, milliseconds bound) {
    auto const number = text_of(s.system.paid({}, "plain"), "out_trade_no");
    BOOST_TEST(eventually(bound, [&] { return !s.plain.about(number).empty(); }), "the healthy one waits");
}

reply redeliver(operator_client const& who, std::string const& id) {
    return who.post_text("/admin/v1/webhooks/" + id + "/redeliver");
}

} // namespace

BOOST_AUTO_TEST_SUITE(webhooks_hostile)

// W4, S-07.
BOOST_AUTO_TEST_CASE(every_kind_of_failure) {
    webhook_receiver const elsewhere; // where redirections lead
    webhook_shops s;

    struct row {
        char const* what;
        webhook_answer how;
        told_order order;
    };

    std::vector<row> rows;
    for (unsigned const status : {300U, 301U, 302U, 303U, 307U, 308U})
        rows.push_back({"redirection", with_status(status, {{"Location", elsewhere.url()}}), {}});
    rows.push_back(
        {"redirection to metadata", with_status(302, {{"Location", "http://169.254.169.254/latest/"}}), {}}
    );
    rows.push_back({"redirection to nothing", with_status(302), {}});
    for (unsigned const status : {304U, 400U, 401U, 403U, 404U, 405U, 409U, 418U, 422U, 451U, 499U})
        rows.push_back({"4xx", with_status(status, {}, "no"), {}});
    for (unsigned const status : {500U, 501U, 502U, 504U, 511U, 599U})
        rows.push_back({"5xx", with_status(status, {}, "<html>oops</html>"), {}});
    rows.push_back({"hang", with_conduct(conduct::hang), {}});
    rows.push_back({"trickle", with_conduct(conduct::trickle), {}});
    rows.push_back({"reset", with_conduct(conduct::reset), {}});
    rows.push_back({"close", with_conduct(conduct::close), {}});
    rows.push_back({"cut", with_conduct(conduct::cut), {}});
    rows.push_back({"garbage", with_conduct(conduct::garbage), {}});
    rows.push_back({"10 MiB", with_conduct(conduct::huge), {}});
    rows.push_back({"endless body", with_conduct(conduct::endless), {}});
    rows.push_back({"endless head", with_conduct(conduct::endless_head), {}});
    rows.push_back({"endless 100 Continue", with_conduct(conduct::interim), {}});
    rows.push_back({"trailer of 100 KB", with_conduct(conduct::trailer), {}});
    rows.push_back({"over 64 KiB", with_status(200, {}, std::string(70'000, 'b')), {}});

    check_served(s, 10s); // so that what is measured has been used
    auto const before = s.system.mark();
    for (auto& each : rows)
        each.order = told_about(s, each.how);
    for (int i = 0; i < 5; ++i)
        check_served(s, 2s);
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what << " " << each.how.status) {
            auto const& id = each.order.id;
            BOOST_TEST(eventually(60s, [&] { return has_outcome(s, id); }));
            BOOST_TEST(outbox_cell(s.system, "state", id) == "pending");
            BOOST_TEST(outbox_cell(s.system, "delivered_at", id) == "");
            BOOST_TEST(attempts(s, id) >= 1);
            BOOST_TEST(due_at(s, id) > 0);
            if (each.how.how == conduct::answer && each.how.status != 200)
                BOOST_TEST(outbox_cell(s.system, "last_status", id) == std::to_string(each.how.status));
            else if (each.how.how != conduct::interim) // whose status is as good as a word
                BOOST_TEST(outbox_cell(s.system, "last_error", id) != "");
        }
    }
    BOOST_TEST(elsewhere.connections() == 0U, "redirections are not followed");
    BOOST_TEST(s.shop.most_connections() <= 8U, "four of each worker");
    BOOST_TEST(s.shop.longest_answer() < longest_possible_answer, "an endless answer was read on");
    BOOST_TEST(metric(s.system, "wxgate_webhooks_total{result=\"retried\"}") >= 1);
    check_served(s, 2s);
    BOOST_TEST(s.system.trouble_since(before, true) == "");

    // They come to their senses: every one is delivered, the same bytes at every try.
    s.shop.behave_well();
    s.shop.cut_connections();
    check_all_told(s, 120s);
    for (auto const& each : rows) {
        BOOST_TEST(s.shop.about(each.order.number).size() == 1U);
        BOOST_TEST(s.shop.deliveries(each.order.id).size() > 1U);
    }
    BOOST_TEST(s.system.leaks_since(before) == "");
}

// Any 2xx is good, whatever it carries.
BOOST_AUTO_TEST_CASE(every_kind_of_success) {
    webhook_shops s;
    std::vector<told_order> all;
    for (unsigned const status : {200U, 201U, 202U, 203U, 204U, 206U, 299U})
        all.push_back(told_about(s, with_status(status)));
    all.push_back(told_about(s, with_status(200, {}, "\xff\xfe not UTF-8")));
    all.push_back(told_about(s, with_status(200, {}, std::string(60'000, 'b'))));
    all.push_back(told_about(s, with_status(200, {{"Connection", "close"}}, "{}")));
    auto late = with_status(200);
    late.delay = 3s;
    all.push_back(told_about(s, late));
    for (auto const& each : all)
        BOOST_TEST(outbox_becomes(s.system, each.id, "delivered"));
    check_all_told(s);
    for (auto const& each : all)
        BOOST_TEST(s.shop.deliveries(each.id).size() == 1U);
}

// W6: more hang than may be asked at once.
BOOST_AUTO_TEST_CASE(one_endpoint_hangs) {
    webhook_shops s;
    s.shop.behave([](delivery const&) { return with_conduct(conduct::hang); });
    std::vector<told_order> all;
    for (int i = 0; i < 12; ++i)
        all.push_back(told_about(s));
    BOOST_TEST(eventually(10s, [&] { return s.shop.under_way() >= 4; }));
    BOOST_TEST(eventually(5s, [&] { return metric(s.system, "wxgate_webhooks_under_way") >= 4; }));
    for (int i = 0; i < 5; ++i)
        check_served(s, 2s);
    BOOST_TEST(s.shop.most_connections() <= 8U, "four of each worker");
    BOOST_TEST(s.shop.deliveries().size() <= 8U);
    // A call of the merchant's does not wait for it either.
    auto const begin = steady::now();
    s.system.paid();
    BOOST_TEST((steady::now() - begin < 2s));
    s.shop.behave_well();
    s.shop.cut_connections();
    check_all_told(s);
    BOOST_TEST(s.shop.most_connections() <= 8U, "four of each worker");
    BOOST_TEST(eventually(5s, [&] { return metric(s.system, "wxgate_webhooks_under_way") == 0; }));
}

// An answer has fifteen seconds.
BOOST_AUTO_TEST_CASE(a_try_ends) {
    webhook_shops s;
    auto const o = told_about(s, with_conduct(conduct::hang));
    BOOST_TEST(eventually(30s, [&] { return s.shop.deliveries(o.id).size() >= 2; }));
    auto const tries = s.shop.deliveries(o.id);
    BOOST_TEST_REQUIRE(tries.size() >= 2U);
    BOOST_TEST((tries[1].at - tries[0].at > 12s && tries[1].at - tries[0].at < 20s));
    s.shop.behave_well();
    s.shop.cut_connections();
    check_all_told(s);
}

// W5: gone is gone, until somebody asks for it.
BOOST_AUTO_TEST_CASE(gone) {
    webhook_shops s;
    auto const o = told_about(s, with_status(410));
    BOOST_TEST(outbox_becomes(s.system, o.id, "failed"));
    BOOST_TEST(attempts(s, o.id) == 1);
    BOOST_TEST(outbox_cell(s.system, "last_status", o.id) == "410");
    BOOST_TEST(metric(s.system, "wxgate_webhooks_total{result=\"failed\"}") == 1);
    auto const next = told_about(s); // others are tried all the same
    BOOST_TEST(outbox_becomes(s.system, next.id, "delivered"));
    BOOST_TEST(s.shop.deliveries(o.id).size() == 1U);
    s.shop.behave_well();
    BOOST_TEST(redeliver(s.system.sign_in("alice"), o.id).status == 202U);
    BOOST_TEST(outbox_becomes(s.system, o.id, "delivered"));
    check_all_told(s);
}

// W5: Retry-After. Nothing is shortened here: the second try would come after five seconds by itself.
BOOST_AUTO_TEST_CASE(retry_after) {
    webhook_shops s(1);
    constexpr std::int64_t second = 1000;
    constexpr std::int64_t hour = 3'600'000;

    struct row {
        char const* what;
        unsigned status;
        std::string value; // "": no header
        std::int64_t least;
        std::int64_t most;
        told_order order;
    };

    // Jitter may stretch what is waited for; what the server asked for is the least.
    std::vector<row> rows = {
        {"none", 503, "", 2 * second, 11 * second, {}},
        {"none", 500, "", 2 * second, 11 * second, {}},
        {"less than the schedule", 503, "0", 2 * second, 11 * second, {}},
        {"seconds", 429, "8", 8 * second, 17 * second, {}},
        {"seconds", 503, "8", 8 * second, 17 * second, {}},
        {"a date", 503, http_date(14s), 7 * second, 25 * second, {}},
        {"a date that is over", 429, http_date(-3600s), 2 * second, 11 * second, {}},
        {"a day", 429, "86400", hour - 5 * second, hour * 11 / 10, {}},
        {"a date of tomorrow", 503, http_date(86400s), hour - 5 * second, hour * 11 / 10, {}},
        {"more than a number holds", 503, "99999999999999999999", 2 * second, hour * 11 / 10, {}},
        {"garbage", 429, "soon", 2 * second, 11 * second, {}},
        {"a negative number", 503, "-5", 2 * second, 11 * second, {}},
        {"half a date", 503, "Mon, 23 Nov", 2 * second, 11 * second, {}}};
    for (auto& each : rows) {
        auto how = with_status(each.status);
        if (!each.value.empty())
            how.headers = {{"Retry-After", each.value}};
        each.order = told_about(s, how);
    }
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what << " " << each.status << " " << each.value) {
            BOOST_TEST_REQUIRE(eventually(10s, [&] { return has_outcome(s, each.order.id); }));
            auto const first = s.shop.deliveries(each.order.id).at(0);
            auto const wait = due_at(s, each.order.id) - first.at_ms;
            if (attempts(s, each.order.id) == 1) { // else it was looked at too late
                BOOST_TEST(wait >= each.least);
                BOOST_TEST(wait <= each.most);
            }
        }
    }
    // And so it was done.
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what << " " << each.status << " " << each.value) {
            if (each.least > 10 * second || each.most > hour)
                continue;
            BOOST_TEST(eventually(40s, [&] { return s.shop.deliveries(each.order.id).size() > 1; }));
            auto const tries = s.shop.deliveries(each.order.id);
            BOOST_TEST_REQUIRE(tries.size() > 1U);
            BOOST_TEST((tries[1].at - tries[0].at >= milliseconds(each.least - 100)));
        }
    }
    for (auto const& each : rows) // the longest are still waited for
        if (each.least > 10 * second)
            BOOST_TEST(s.shop.deliveries(each.order.id).size() == 1U);
    BOOST_TEST(s.shop.trouble() == "");
    check_outbox(s.system);
}

// W7: three days of failures in ten seconds, then it is a person's business.
BOOST_AUTO_TEST_CASE(the_schedule_ends) {
    webhook_shops s(36'000); // an hour is 100 ms
    auto const o = told_about(s, with_status(500, {}, "still down"));
    BOOST_TEST(outbox_becomes(s.system, o.id, "failed", 60s));
    BOOST_TEST(attempts(s, o.id) == 10);
    BOOST_TEST(outbox_cell(s.system, "last_status", o.id) == "500");
    auto const tries = s.shop.deliveries(o.id);
    BOOST_TEST_REQUIRE(tries.size() == 10U);
    constexpr std::array<int, 9> scheduled_ms = {0, 8, 50, 200, 500, 1000, 1400, 2000, 2400};
    for (std::size_t i = 1; i < tries.size(); ++i) {
        auto const wait = std::chrono::duration_cast<milliseconds>(tries[i].at - tries[i - 1].at).count();
        BOOST_TEST(wait >= scheduled_ms[i - 1] / 2, "try " << i + 1);
        BOOST_TEST(wait <= scheduled_ms[i - 1] * 2 + 1500, "try " << i + 1);
    }
    BOOST_TEST(metric(s.system, "wxgate_webhooks_total{result=\"failed\"}") == 1);
    BOOST_TEST(metric(s.system, "wxgate_webhooks_total{result=\"retried\"}") == 9);
    BOOST_TEST(s.system.logs().find(o.id) != std::string::npos, "it is told in the log");
    auto const root = s.system.sign_in("root");
    auto const failed = data_of(root.get("/admin/v1/webhooks?state=failed"));
    BOOST_TEST_REQUIRE(failed.size() == 1U);
    check_webhook_shape(failed[0]);
    BOOST_TEST(text_of(failed[0], "id") == o.id);

    s.shop.behave_well();
    auto const r = redeliver(root, o.id);
    BOOST_TEST_REQUIRE(r.status == 202U, r.describe());
    check_webhook_shape(r.parsed());
    BOOST_TEST(text_of(r.parsed(), "id") == o.id);
    BOOST_TEST(text_of(r.parsed(), "state") == "pending");
    BOOST_TEST(outbox_becomes(s.system, o.id, "delivered"));
    BOOST_TEST(s.shop.about(o.number).size() == 1U);
    check_all_told(s);
}

// A failed one that is redelivered and fails again has its schedule again.
BOOST_AUTO_TEST_CASE(redelivered_in_vain) {
    webhook_shops s(600);
    auto const o = told_about(s, with_status(410));
    BOOST_TEST(outbox_becomes(s.system, o.id, "failed"));
    s.shop.behave_about(o.number, with_status(500));
    BOOST_TEST(redeliver(s.system.sign_in("alice"), o.id).status == 202U);
    BOOST_TEST(eventually(20s, [&] { return s.shop.deliveries(o.id).size() > 2; }));
    BOOST_TEST(outbox_cell(s.system, "state", o.id) == "pending");
    s.shop.behave_well();
    check_all_told(s);
}

// S-10: what an endpoint says is its own business.
BOOST_AUTO_TEST_CASE(what_an_endpoint_says) {
    webhook_shops s;
    auto const head = std::string("FIRST-WORDS ");
    auto const long_words = head + std::string(244, 'a') + "LAST-WORDS" + std::string(20'000, 'z');
    constexpr char odd_words[] = "ODD-WORDS \xff\xfe\x01\x1b[31m\r\n\0<script>alert(1)</script>\"}";
    std::string const odd(odd_words, sizeof odd_words - 1);
    auto const first = told_about(s, with_status(500, {}, long_words));
    auto const second = told_about(s, with_status(400, {{"X-Words", "HEADER-WORDS"}}, odd));
    for (auto const& each : {first, second}) {
        BOOST_TEST(eventually(20s, [&] { return has_outcome(s, each.id); }));
        BOOST_TEST(outbox_cell(s.system, "last_error", each.id).size() <= 1024U, "256 bytes, escaped");
    }
    auto const vera = s.system.sign_in("vera");
    auto const all = vera.get("/admin/v1/webhooks?merchant=shop");
    BOOST_TEST(data_of(all).size() >= 2U, "whatever was said, it is JSON");
    BOOST_TEST(!has_control_characters(all.body));
    check_served(s, 10s);
    BOOST_TEST(vera.get("/admin/v1/webhooks?merchant=plain").body.find("WORDS") == std::string::npos);
    for (auto const* key : {"plain", "rival", "shop"})
        BOOST_TEST(s.system.with_key(key).get("/v1/payments").body.find("WORDS") == std::string::npos);
    auto const stored = s.system.store().dump();
    BOOST_TEST(stored.find("LAST-WORDS") == std::string::npos);
    BOOST_TEST(stored.find("HEADER-WORDS") == std::string::npos);
    auto const logs = s.system.logs_to_now();
    BOOST_TEST(logs.find("LAST-WORDS") == std::string::npos);
    BOOST_TEST(!has_control_characters(logs), "in the log");
    s.shop.behave_well();
    check_all_told(s);
}

BOOST_AUTO_TEST_SUITE_END()
