// What conf/openapi.yaml tells of webhooks, held to the running program: the messages, and the operators'
// calls about them and about findings.
#include "openapi_common.hpp"
#include "webhooks_common.hpp"

#include <map>

using namespace wxgate::test;

namespace {

constexpr char const* webhooks_path = "/admin/v1/webhooks";
constexpr char const* anomalies_path = "/admin/v1/anomalies";

std::set<std::string> const contracts_types = {
    "payment.succeeded",
    "payment.closed",
    "refund.requested",
    "refund.rejected",
    "refund.succeeded",
    "refund.failed",
    "anomaly.detected"};

std::string paid_number(webhook_shops const& s, std::string const& key) {
    return text_of(s.system.paid({{"total_fee", 100}}, key), "out_trade_no");
}

void close(webhook_shops const& s, std::string const& out_trade_no) {
    auto const r = s.system.with_key("shop").post_text("/v1/payments/" + out_trade_no + "/close");
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
}

// A refund of an order of its own; gives its number.
std::string asked_for(webhook_shops const& s, std::string const& key, json::object const& request) {
    auto const r = s.system.refund(paid_number(s, key), request, key);
    BOOST_TEST_REQUIRE(one_of(r.status, {201, 202}), r.describe());
    return text_of(request, "out_refund_no");
}

// The id of a finding of its own.
std::string wrong_amount(webhook_shops const& s) {
    auto const payment = s.system.create();
    tell_wrong_amount(s.system, payment, new_transaction_id());
    return s.system.store()
        .rows("SELECT id FROM anomalies WHERE out_trade_no = '" + text_of(payment, "out_trade_no") + "'")
        .at(0)
        .at(0);
}

// One change of every kind.
void make_all_changes(webhook_shops& s) {
    close(s, text_of(s.system.create(), "out_trade_no"));
    close(s, text_of(s.system.create({{"openid", nullptr}}), "out_trade_no"));
    auto const back = asked_for(s, "shop", s.system.refund_request(60, {{"reason", "尺码不合适"}}));
    BOOST_TEST_REQUIRE(s.system.refund_becomes(back, "SUCCESS"));
    auto const turned_back = s.system.refund_request(60);
    s.desk.settle(text_of(turned_back, "out_refund_no"), "REFUNDCLOSE");
    BOOST_TEST_REQUIRE(s.system.refund_becomes(asked_for(s, "shop", turned_back), "REFUNDCLOSE"));
    auto const refused = asked_for(s, "plain", s.system.refund_request(60));
    auto const alice = s.system.sign_in("alice");
    auto const r = alice.post("/admin/v1/refunds/" + refused + "/reject", {{"reason", "退货未到"}});
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    wrong_amount(s);
}

std::map<std::string, json::value> documented_webhooks() {
    std::map<std::string, json::value> all;
    for (auto const& each : document().root().at("webhooks").as_object())
        all[std::string(each.key())] = each.value().at("post");
    return all;
}

std::set<std::string> as_set(json::value const& list) {
    std::set<std::string> all;
    for (auto const& each : list.as_array())
        all.insert(std::string(each.as_string().c_str()));
    return all;
}

// Its headers and its body are what the document tells of this type.
void check_message(json::value const& webhook, delivery const& d) {
    BOOST_TEST_CONTEXT(d.type << " " << d.body) {
        std::size_t headers = 0;
        for (auto const& each : webhook.at("parameters").as_array()) {
            auto const& parameter = document().resolved(each);
            BOOST_TEST_REQUIRE(text_of(parameter, "in") == "header");
            ++headers;
            auto const name = text_of(parameter, "name");
            BOOST_TEST(d.count(name) == 1U, name);
            json::value const value(d.header(name));
            for (auto const& error : document().errors(parameter.at("schema"), value, name))
                BOOST_TEST(false, error);
        }
        BOOST_TEST(headers == 5U);
        auto const& schema = webhook.at("requestBody").at("content").at("application/json").at("schema");
        for (auto const& error : document().errors(schema, d.event))
            BOOST_TEST(false, error);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(openapi_webhooks)

BOOST_AUTO_TEST_CASE(the_seven_types) {
    auto const documented = documented_webhooks();
    std::set<std::string> types;
    std::set<std::string> ids;
    for (auto const& o : operations())
        ids.insert(text_of(o.what, "operationId"));
    for (auto const& [type, webhook] : documented) {
        types.insert(type);
        BOOST_TEST(ids.insert(text_of(webhook, "operationId")).second, type);
        BOOST_TEST(!text_of(webhook, "summary").empty(), type);
        BOOST_TEST(webhook.at("security").as_array().empty(), type); // the signature is its key
        for (unsigned const status : {410U, 429U, 503U, 500U})
            BOOST_TEST(!document().response(webhook, status).is_null(), type);
    }
    BOOST_TEST((types == contracts_types));
    auto const& schemas = document().root().at("components").at("schemas");
    BOOST_TEST((as_set(schemas.at("WebhookType").at("enum")) == contracts_types));
}

BOOST_AUTO_TEST_CASE(messages_are_as_documented) {
    auto const documented = documented_webhooks();
    webhook_shops s;
    make_all_changes(s);
    auto const all_came = [&] {
        std::set<std::string> types;
        for (auto const* receiver : {&s.shop, &s.plain})
            for (auto const& d : receiver->deliveries())
                types.insert(d.type);
        return types == contracts_types;
    };
    BOOST_TEST(eventually(20s, all_came));
    for (auto const* receiver : {&s.shop, &s.plain}) {
        for (auto const& d : receiver->deliveries()) {
            auto const found = documented.find(d.type);
            BOOST_TEST_REQUIRE((found != documented.end()), d.type);
            check_message(found->second, d);
        }
        BOOST_TEST(receiver->trouble() == "");
    }
}

// The two signatures while one secret replaces another.
BOOST_AUTO_TEST_CASE(two_signatures_are_as_documented) {
    auto const second = make_webhook_secret();
    webhook_shops s(600, [&](gateway_config& c) {
        merchant_of(c, "shop").webhook_secrets.push_back(second);
    });
    auto const number = paid_number(s, "shop");
    BOOST_TEST_REQUIRE(eventually(20s, [&] { return !s.shop.about(number).empty(); }));
    auto const d = s.shop.about(number).front();
    BOOST_TEST(d.signatures().size() == 2U);
    check_message(documented_webhooks().at("payment.succeeded"), d);
}

BOOST_AUTO_TEST_CASE(calls_about_messages_are_as_documented) {
    webhook_shops s;
    s.shop.behave([](delivery const& d) { return with_status(d.type == "payment.closed" ? 410 : 204); });
    make_all_changes(s);
    auto const number = paid_number(s, "shop");
    auto const id = outbox_id(s.system, number, "payment.succeeded");
    BOOST_TEST(outbox_becomes(s.system, id, "delivered"));
    auto const vera = s.system.sign_in("vera");
    auto const list = find_operation("get", webhooks_path);
    std::string const path = webhooks_path;
    BOOST_TEST(eventually(10s, [&] { // one of every state
        return data_of(vera.get(path + "?state=failed")).size() == 2U;
    }));
    s.shop.behave([](delivery const&) { return with_conduct(conduct::close); });
    auto const waiting = outbox_id(s.system, paid_number(s, "shop"), "payment.succeeded");
    BOOST_TEST(eventually(10s, [&] { return !outbox_cell(s.system, "last_error", waiting).empty(); }));
    for (auto const* query :
         {"", "?limit=1", "?limit=100", "?state=failed", "?state=delivered&merchant=shop", "?state=pending"})
        check_documented(list, vera.get(path + query), 200);
    BOOST_TEST(data_of(vera.get(path + "?state=pending")).size() >= 1U);
    for (auto const* query : {"?limit=0", "?state=gone", "?settled=0", "?cursor=x", "?merchant="})
        check_documented(list, vera.get(path + query), 400);
    check_documented(list, s.system.visitor().get(path), 401);

    auto const alice = s.system.sign_in("alice");
    auto const again = find_operation("post", "/admin/v1/webhooks/{id}/redeliver");
    auto const target = path + "/" + id + "/redeliver";
    check_documented(again, s.system.visitor().post_text(target), 401);
    check_documented(again, vera.post_text(target), 403);                                 // the role
    check_documented(again, s.system.admin().post_text(target, "", alice.cookie()), 403); // no token
    check_documented(again, alice.post(target, {{"x", 1}}), 400);
    check_documented(again, alice.post_text(target, "{"), 400);
    check_documented(again, alice.post_text(path + "/none/redeliver"), 404);
    check_documented(
        again, s.system.admin().send({"POST", target, {{"Content-Type", "text/plain"}}, "x"}), 415
    );
    check_documented(again, alice.get(target), 405);
    s.shop.behave_well();
    check_documented(again, alice.post_text(target), 202);
    check_documented(again, s.system.sign_in("root").post(target, json::object()), 202);
}

BOOST_AUTO_TEST_CASE(calls_about_findings_are_as_documented) {
    webhook_shops s;
    auto const id = wrong_amount(s);
    wrong_amount(s);
    auto const vera = s.system.sign_in("vera");
    auto const alice = s.system.sign_in("alice");
    std::string const path = anomalies_path;
    auto const settle = find_operation("post", "/admin/v1/anomalies/{id}/settle");
    auto const target = path + "/" + id + "/settle";
    json::object const body = {{"note", "已与顾客核对"}};
    check_documented(settle, s.system.visitor().post(target, body), 401);
    check_documented(settle, vera.post(target, body), 403);
    check_documented(settle, s.system.admin().post(target, body, alice.cookie()), 403); // no token
    check_documented(settle, alice.post_text(target), 400);
    check_documented(settle, alice.post(target, json::object()), 400);
    check_documented(settle, alice.post(target, with(body, {{"x", 1}})), 400);
    check_documented(settle, alice.post(target, {{"note", std::string(501, 'n')}}), 400);
    check_documented(settle, alice.post(path + "/none/settle", body), 404);
    check_documented(
        settle, s.system.admin().send({"POST", target, {{"Content-Type", "text/plain"}}, "x"}), 415
    );
    check_documented(settle, alice.get(target), 405);
    check_documented(settle, alice.post(target, body), 200);
    check_documented(settle, s.system.sign_in("root").post(target, body), 409);

    auto const list = find_operation("get", anomalies_path);
    for (auto const* query : {"", "?limit=1", "?settled=0", "?settled=1&merchant=shop", "?merchant=rival"})
        check_documented(list, vera.get(path + query), 200);
    BOOST_TEST(data_of(vera.get(path)).size() == 2U);
    for (auto const* query : {"?limit=101", "?settled=yes", "?state=failed", "?cursor=x", "?merchant="})
        check_documented(list, vera.get(path + query), 400);
    check_documented(list, s.system.visitor().get(path), 401);
}

BOOST_AUTO_TEST_SUITE_END()
