// Webhooks and anomalies as operators see them (CONTRACT.md 4): lists, redelivery, settling.
#include "webhooks_common.hpp"

#include <set>

using namespace wxgate::test;

namespace {

constexpr char const* webhooks_path = "/admin/v1/webhooks";
constexpr char const* anomalies_path = "/admin/v1/anomalies";

// The ids on all pages, each once, newest first.
std::vector<std::string> all_ids(
    operator_client const& who,
    std::string const& path,
    std::string const& query,
    void (*check)(json::value const&)
) {
    std::vector<std::string> ids;
    std::set<std::string> seen;
    std::string cursor;
    std::string last;
    for (int pages = 0; pages < 1000; ++pages) {
        auto const r = who.get(path + "?" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
        for (auto const& each : data_of(r)) {
            check(each);
            BOOST_TEST((last.empty() || text_of(each, "created_at") <= last), "newest first");
            last = text_of(each, "created_at");
            ids.push_back(text_of(each, "id"));
            BOOST_TEST(seen.insert(ids.back()).second, "none on two pages");
        }
        if (member(r.parsed(), "next_cursor").is_null())
            return ids;
        cursor = text_of(r.parsed(), "next_cursor");
    }
    BOOST_TEST(false, "the pages have no end");
    return ids;
}

json::value item(operator_client const& who, std::string const& path, std::string const& id) {
    for (auto const& each : data_of(who.get(path + "?limit=100")))
        if (text_of(each, "id") == id)
            return each;
    return {};
}

std::string told(webhook_shops const& s, std::string const& key = "shop") {
    auto const number = text_of(s.system.paid({{"total_fee", 100}}, key), "out_trade_no");
    return outbox_id(s.system, number, "payment.succeeded");
}

std::string redelivery(std::string const& id) {
    return std::string(webhooks_path) + "/" + id + "/redeliver";
}

std::string settling(std::string const& id) {
    return std::string(anomalies_path) + "/" + id + "/settle";
}

// The id of an anomaly of its own.
std::string wrong_amount(webhook_shops const& s, std::string const& key = "shop") {
    auto const payment = s.system.create({}, key);
    tell_wrong_amount(s.system, payment, new_transaction_id());
    return s.system.store()
        .rows("SELECT id FROM anomalies WHERE out_trade_no = '" + text_of(payment, "out_trade_no") + "'")
        .at(0)
        .at(0);
}

// Nobody, without the token, and who may not.
void check_guarded(webhook_shops const& s, std::string const& target, json::value const& body) {
    check_problem(s.system.visitor().post(target, body), 401, "unauthorized");
    auto const vera = s.system.sign_in("vera");
    check_problem(vera.post(target, body), 403, "forbidden");
    auto alice = s.system.sign_in("alice");
    alice.pretend(alice.session(), "");
    check_problem(alice.post(target, body), 403, "forbidden");
    auto const wrong = vera.get(target);
    check_problem(wrong, 405, "method_not_allowed");
    BOOST_TEST(wrong.header("Allow") == "POST");
}

void check_bad_queries(operator_client const& who, std::string const& path, std::vector<std::string> bad) {
    for (auto const* each :
         {"limit=0", "limit=-1", "limit=x", "limit=1000001", "cursor=forged", "cursor=", "x=1"})
        bad.emplace_back(each);
    for (auto const* each : {"limit=1&limit=2", "merchant="})
        bad.emplace_back(each);
    for (auto const& each : bad)
        check_problem(who.get(path + "?" + each), 400, "invalid_request");
}

} // namespace

BOOST_AUTO_TEST_SUITE(webhooks_admin)

BOOST_AUTO_TEST_CASE(deliveries_are_listed) {
    webhook_shops s;
    auto const vera = s.system.sign_in("vera");
    s.shop.behave([](delivery const& d) { return with_status(d.type == "payment.closed" ? 410 : 204); });
    auto const delivered = told(s);
    auto const theirs = told(s, "plain");
    auto const number = text_of(s.system.create(), "out_trade_no");
    s.system.with_key("shop").post_text("/v1/payments/" + number + "/close");
    auto const failed = outbox_id(s.system, number, "payment.closed");
    BOOST_TEST(outbox_becomes(s.system, delivered, "delivered"));
    BOOST_TEST(outbox_becomes(s.system, theirs, "delivered"));
    BOOST_TEST(outbox_becomes(s.system, failed, "failed"));
    s.shop.go_away();
    auto const pending = told(s);
    BOOST_TEST(eventually(10s, [&] { return !outbox_cell(s.system, "last_error", pending).empty(); }));

    auto const one = item(vera, webhooks_path, delivered);
    check_webhook_shape(one);
    BOOST_TEST(text_of(one, "merchant") == "shop");
    BOOST_TEST(text_of(one, "type") == "payment.succeeded");
    BOOST_TEST(text_of(one, "state") == "delivered");
    BOOST_TEST(number_of(one, "attempts") == 1);
    BOOST_TEST(number_of(one, "last_status") == 204);
    BOOST_TEST(member(one, "last_error").is_null());
    BOOST_TEST(member(one, "out_refund_no").is_null());
    BOOST_TEST(!text_of(one, "created_at").empty());
    BOOST_TEST(text_of(one, "delivered_at") >= text_of(one, "created_at"));
    auto const two = item(vera, webhooks_path, failed);
    BOOST_TEST(text_of(two, "out_trade_no") == number);
    BOOST_TEST(text_of(two, "state") == "failed");
    BOOST_TEST(number_of(two, "last_status") == 410);
    BOOST_TEST(member(two, "delivered_at").is_null());
    auto const three = item(vera, webhooks_path, pending);
    BOOST_TEST(text_of(three, "state") == "pending");
    BOOST_TEST(number_of(three, "attempts") >= 1);
    BOOST_TEST(member(three, "last_status").is_null());
    BOOST_TEST(!text_of(three, "last_error").empty());
    BOOST_TEST(!text_of(three, "due_at").empty());

    using ids = std::vector<std::string>;
    auto const listed = [&](std::string const& query) {
        return all_ids(vera, webhooks_path, query, check_webhook_shape);
    };
    BOOST_TEST((listed("state=delivered&merchant=shop") == ids{delivered}));
    BOOST_TEST((listed("state=failed") == ids{failed}));
    BOOST_TEST((listed("state=pending") == ids{pending}));
    BOOST_TEST((listed("merchant=plain") == ids{theirs}));
    BOOST_TEST(listed("merchant=rival").empty());
    for (auto const* limit : {"limit=1", "limit=2", "limit=3", "limit=4", "limit=100"})
        BOOST_TEST(listed(limit).size() == 4U, limit);
    BOOST_TEST(listed("merchant=shop&limit=2").size() == 3U);
    check_bad_queries(vera, webhooks_path, {"state=gone", "state=", "state=PENDING", "settled=0"});
    check_problem(s.system.visitor().get(webhooks_path), 401, "unauthorized");
    check_problem(s.system.with_key("shop").get("/v1/webhooks"), 404, "not_found");
    // What is listed is about deliveries, not what was in them.
    auto const all = vera.get(webhooks_path).body;
    for (auto const* what : {"openid", "whsec_", "hook\"", "oUpF"})
        BOOST_TEST(all.find(what) == std::string::npos, what);
    s.shop.come_back();
}

BOOST_AUTO_TEST_CASE(redelivered_on_demand) {
    webhook_shops s;
    auto const id = told(s);
    BOOST_TEST(outbox_becomes(s.system, id, "delivered"));
    check_guarded(s, redelivery(id), json::object());
    auto const alice = s.system.sign_in("alice");
    auto const root = s.system.sign_in("root");
    BOOST_TEST(s.shop.deliveries(id).size() == 1U);

    // What was delivered: once more, the same.
    for (auto const* who : {&alice, &root}) {
        auto const before = s.shop.deliveries(id).size();
        auto const r = who->post_text(redelivery(id));
        BOOST_TEST_REQUIRE(r.status == 202U, r.describe());
        check_webhook_shape(r.parsed());
        BOOST_TEST(text_of(r.parsed(), "id") == id);
        BOOST_TEST(text_of(r.parsed(), "state") == "pending");
        BOOST_TEST(!text_of(r.parsed(), "due_at").empty());
        BOOST_TEST(eventually(10s, [&] { return s.shop.deliveries(id).size() == before + 1; }));
        BOOST_TEST(outbox_becomes(s.system, id, "delivered"));
    }
    auto const all = s.shop.deliveries(id);
    BOOST_TEST(all.back().repeated);
    BOOST_TEST((all.back().body == all.front().body));
    BOOST_TEST(s.shop.taken() == 1U, "taken in once");

    for (auto const* none : {"x", "00000000-0000-0000-0000-000000000000", "%27%20OR%201=1"})
        check_problem(alice.post_text(redelivery(none)), 404, "not_found");
    check_problem(alice.post(redelivery(id), {{"x", 1}}), 400, "invalid_request");
    check_all_told(s);
}

// One that waits for hours is tried at once.
BOOST_AUTO_TEST_CASE(a_pending_one_is_hurried) {
    webhook_shops s(1);
    s.shop.behave([](delivery const&) { return with_status(503, {{"Retry-After", "3000"}}); });
    auto const id = told(s);
    BOOST_TEST(eventually(10s, [&] { return outbox_cell(s.system, "last_status", id) == "503"; }));
    s.shop.behave_well();
    BOOST_TEST(s.system.sign_in("root").post_text(redelivery(id)).status == 202U);
    BOOST_TEST(outbox_becomes(s.system, id, "delivered"));
    BOOST_TEST(s.shop.deliveries(id).size() == 2U);
    check_all_told(s);
}

BOOST_AUTO_TEST_CASE(anomalies_are_listed) {
    webhook_shops s;
    auto const vera = s.system.sign_in("vera");
    auto const payment = s.system.create();
    auto const transaction = new_transaction_id();
    for (int i = 0; i < 3; ++i)
        tell_wrong_amount(s.system, payment, transaction);
    auto const theirs = wrong_amount(s, "plain");
    auto const nobodys = wrong_amount(s, "rival"); // without a webhook it is here all the same
    auto const mine = data_of(vera.get(std::string(anomalies_path) + "?merchant=shop"));
    BOOST_TEST_REQUIRE(mine.size() == 1U);
    auto const& one = mine[0];
    check_anomaly_shape(one);
    BOOST_TEST(text_of(one, "merchant") == "shop");
    BOOST_TEST(text_of(one, "out_trade_no") == text_of(payment, "out_trade_no"));
    BOOST_TEST(text_of(one, "kind") == "amount_mismatch");
    BOOST_TEST(text_of(member(one, "detail"), "transaction_id") == transaction);
    BOOST_TEST(number_of(one, "seen") == 3);
    BOOST_TEST(text_of(one, "last_seen_at") >= text_of(one, "created_at"));
    for (auto const* name : {"settled_at", "settled_by", "note"})
        BOOST_TEST(member(one, name).is_null(), name);
    auto const listed = [&](std::string const& query) {
        return all_ids(vera, anomalies_path, query, check_anomaly_shape);
    };
    for (auto const* limit : {"limit=1", "limit=2", "limit=100"})
        BOOST_TEST(listed(limit).size() == 3U, limit);
    BOOST_TEST((listed("merchant=plain") == std::vector<std::string>{theirs}));
    BOOST_TEST((listed("merchant=rival&settled=0") == std::vector<std::string>{nobodys}));
    BOOST_TEST(listed("settled=1").empty());
    check_bad_queries(vera, anomalies_path, {"settled=2", "settled=", "settled=yes", "state=pending"});
    check_problem(s.system.visitor().get(anomalies_path), 401, "unauthorized");
    check_all_told(s);
}

BOOST_AUTO_TEST_CASE(anomalies_are_settled) {
    webhook_shops s;
    auto const id = wrong_amount(s);
    auto const other = wrong_amount(s);
    json::object const body = {{"note", "已与顾客核对"}};
    check_guarded(s, settling(id), body);
    auto const alice = s.system.sign_in("alice");
    auto const root = s.system.sign_in("root");
    auto const long_note = std::string(500, 'n');
    for (json::object const& bad :
         {json::object(),
          json::object{{"note", ""}},
          json::object{{"note", nullptr}},
          json::object{{"note", 7}},
          json::object{{"note", long_note + "n"}}})
        check_problem(alice.post(settling(id), bad), 400, "invalid_request", "note");
    std::string signs; // 167 of three bytes each
    for (int i = 0; i < 167; ++i)
        signs += "核";
    check_problem(alice.post(settling(id), {{"note", signs}}), 400, "invalid_request", "note");
    check_problem(alice.post(settling(id), {{"note", "x"}, {"by", "bob"}}), 400, "invalid_request", "by");
    check_problem(alice.post_text(settling(id), "{"), 400, "invalid_json");
    check_problem(alice.post(settling("nobody"), body), 404, "not_found");
    auto const path = std::string(anomalies_path);
    BOOST_TEST(data_of(root.get(path + "?settled=0")).size() == 2U, "nothing was settled so far");

    auto const r = alice.post(settling(id), body);
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    auto const settled = r.parsed();
    check_anomaly_shape(settled);
    BOOST_TEST(text_of(settled, "id") == id);
    BOOST_TEST(text_of(settled, "settled_by") == "alice");
    BOOST_TEST(text_of(settled, "note") == "已与顾客核对");
    BOOST_TEST(text_of(settled, "settled_at") >= text_of(settled, "created_at"));
    BOOST_TEST((item(root, path, id) == settled));
    // What is settled stays as it was settled.
    check_problem(root.post(settling(id), {{"note", "again"}}), 409, "invalid_state");
    check_problem(alice.post(settling(id), body), 409, "invalid_state");
    BOOST_TEST((item(root, path, id) == settled));
    BOOST_TEST(root.post(settling(other), {{"note", long_note}}).status == 200U);
    BOOST_TEST(data_of(root.get(path + "?settled=0")).empty());
    BOOST_TEST(data_of(root.get(path + "?settled=1&merchant=shop")).size() == 2U);
    check_all_told(s); // one event an anomaly: settling is none
}

// Two at once: one of them has settled it.
BOOST_AUTO_TEST_CASE(settled_by_two) {
    webhook_shops s;
    auto const id = wrong_amount(s);
    auto const alice = s.system.sign_in("alice");
    auto const root = s.system.sign_in("root");
    std::vector<reply> replies(8);
    together(replies.size(), [&](std::size_t i) {
        json::object const body = {{"note", std::to_string(i)}};
        replies[i] = (i % 2 == 0 ? alice : root).post(settling(id), body);
    });
    std::string winner;
    for (auto const& r : replies) {
        BOOST_TEST(one_of(r.status, {200, 409}), r.describe());
        if (r.status == 200) {
            BOOST_TEST(winner == "", "settled twice");
            winner = text_of(r.parsed(), "note");
        }
    }
    BOOST_TEST(text_of(item(root, anomalies_path, id), "note") == winner);
    check_all_told(s);
}

BOOST_AUTO_TEST_SUITE_END()
