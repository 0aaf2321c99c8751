// conf/openapi.yaml held to the running program: what is documented is there, what is there is documented.
#include "openapi_common.hpp"

#include <functional>

using namespace wxgate::test;

namespace {

std::string upper(std::string text) {
    for (auto& c : text)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return text;
}

// What the paths' parameters stand for, beside the merchant: an order that waits, and a refund of another
// one.
struct path_values {
    std::string out_trade_no;
    std::string out_refund_no;
    std::string id = "none"; // of a message or a finding: it is looked for when somebody is signed in
};

path_values make_path_values(system_under_test const& system) {
    path_values n;
    n.out_trade_no = text_of(system.create(), "out_trade_no");
    auto const asked = system.refund_request(1);
    auto const r = system.refund(text_of(system.paid(), "out_trade_no"), asked);
    BOOST_TEST_REQUIRE(one_of(r.status, {201, 202}), r.describe());
    n.out_refund_no = text_of(asked, "out_refund_no");
    return n;
}

std::string filled(std::string path, path_values const& n) {
    for (auto const& [name, value] :
         {std::pair<std::string, std::string>{"{out_trade_no}", n.out_trade_no},
          {"{out_refund_no}", n.out_refund_no},
          {"{id}", n.id},
          {"{merchant}", "shop"}})
        if (auto const at = path.find(name); at != std::string::npos)
            path.replace(at, name.size(), value);
    return path;
}

// The documented fields of a request are the contract's, and each is taken: a value of a wrong type is
// refused by name, and not as unknown.
void check_request_fields(
    std::string const& schema,
    std::set<std::string> const& contract,
    std::function<reply(json::object const&)> const& send
) {
    auto const& schemas = document().root().at("components").at("schemas").as_object();
    std::set<std::string> documented;
    for (auto const& each : schemas.at(schema).at("properties").as_object())
        documented.insert(std::string(each.key()));
    BOOST_TEST((documented == contract), schema);
    for (auto const& name : documented) {
        json::object wrong;
        wrong[name] = json::array{};
        auto const r = send(wrong);
        check_problem(r, 400, "invalid_request", name);
        BOOST_TEST(text_of(r.parsed(), "detail").find("nknown") == std::string::npos, r.describe());
        BOOST_TEST(text_of(r.parsed(), "detail").find("is not a field") == std::string::npos, r.describe());
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(every_documented_operation_is_there) {
    auto& system = the_system();
    auto const values = make_path_values(system);
    BOOST_TEST(operations().size() >= 34U);
    for (auto const& o : operations()) {
        BOOST_TEST_CONTEXT(o.method << " " << o.path) {
            auto const where = o.admin ? system.admin() : system.with_key("shop");
            auto const r = where.send({upper(o.method), filled(o.path, values), {}, {}});
            BOOST_TEST(r.status != 0U);
            BOOST_TEST(r.status != 404U, r.describe());
            BOOST_TEST(r.status != 405U, r.describe());
            check_documented(o, r);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_other_method_is_there) {
    auto& system = the_system();
    auto const values = make_path_values(system);
    for (auto const& path : document().root().at("paths").as_object()) {
        for (auto const& verb : verbs()) {
            if (path.value().as_object().contains(verb))
                continue;
            BOOST_TEST_CONTEXT(verb << " " << path.key()) {
                auto const admin = path.value().as_object().contains("servers");
                auto const where = admin ? system.admin() : system.with_key("shop");
                auto const r = where.send({upper(verb), filled(std::string(path.key()), values), {}, {}});
                BOOST_TEST(r.status == 405U, r.describe());
            }
        }
    }
}

// Answers of every kind that a test can provoke.
BOOST_AUTO_TEST_CASE(answers_are_as_documented) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const create = find_operation("post", "/v1/payments");
    auto const order = system.order({{"metadata", {{"a", "b"}}}});
    auto const first = shop.post("/v1/payments", order);
    check_documented(create, first);
    BOOST_TEST(first.status == 201U);
    check_documented(create, shop.post("/v1/payments", order));                            // 200
    check_documented(create, shop.post("/v1/payments", with(order, {{"body", "other"}}))); // 409
    check_documented(create, shop.post_text("/v1/payments", "{"));                         // 400
    check_documented(create, shop.post("/v1/payments", with(order, {{"total_fee", "1"}})));
    check_documented(create, system.anonymous().post("/v1/payments", order));        // 401
    check_documented(create, system.with_key("reader").post("/v1/payments", order)); // 403
    check_documented(
        create, shop.send({"POST", "/v1/payments", {{"Content-Type", "text/plain"}}, "x"})
    ); // 415
    check_documented(
        create, exchange_raw(system.port(), "POST /v1/payments HTTP/1.1\r\nHost: x\r\n\r\n")
    ); // 411
    check_documented(
        create,
        exchange_raw(
            system.port(), "POST /v1/payments HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"
        )
    );                                                                                        // 413
    check_documented(create, shop.get("/v1/payments", {{"X-Long", std::string(9000, 'x')}})); // 431

    auto const number = text_of(order, "out_trade_no");
    auto const one = find_operation("get", "/v1/payments/{out_trade_no}");
    check_documented(one, shop.get("/v1/payments/" + number));
    check_documented(one, shop.get("/v1/payments/" + number + "?sync=1"));
    check_documented(one, shop.get("/v1/payments/T" + random_hex(20))); // 404
    check_documented(
        find_operation("get", "/v1/payments/{out_trade_no}/events"),
        shop.get("/v1/payments/" + number + "/events")
    );
    auto const list = find_operation("get", "/v1/payments");
    check_documented(list, shop.get("/v1/payments?limit=1"));
    check_documented(list, shop.get("/v1/payments?limit=0")); // 400
    auto const limited = system.with_key("limited");
    reply over;
    for (int i = 0; i < 200 && over.status != 429; ++i)
        over = limited.get("/v1/payments");
    BOOST_TEST(over.status == 429U);
    check_documented(list, over);
    check_documented(
        find_operation("post", "/v1/payments/{out_trade_no}/close"),
        shop.post_text("/v1/payments/" + number + "/close")
    );
    check_documented(one, shop.get("/v1/payments/" + number));

    auto const open = system.create({{"openid", nullptr}});
    auto const checkout = find_operation("post", "/v1/checkout/{out_trade_no}");
    auto const target = "/v1/checkout/" + text_of(open, "out_trade_no");
    json::object const body = {
        {"client_secret", text_of(open, "client_secret")}, {"code", "openid:oUpFCANARY" + random_hex(18)}};
    check_documented(checkout, system.anonymous().post(target, with(body, {{"client_secret", "x"}})));
    check_documented(checkout, system.anonymous().post(target, with(body, {{"code", "blocked"}}))); // 422
    auto const paid = system.anonymous().post(target, body);
    check_documented(checkout, paid);
    auto const notified = find_operation("post", "/notify/{merchant}/payment");
    check_documented(notified, system.notify_text("<xml>"));
    check_documented(notified, system.notify(notification_of(paid.parsed(), new_transaction_id())));
    check_documented(
        checkout, system.anonymous().post(target, with(body, {{"code", "openid:oUpFCANARYlate"}}))
    ); // 409
    check_documented(one, shop.get("/v1/payments/" + text_of(open, "out_trade_no")));
    check_documented(find_operation("get", "/healthz"), system.admin().get("/healthz"));
    check_documented(find_operation("get", "/readyz"), system.admin().get("/readyz"));
    check_documented(find_operation("get", "/metrics"), system.admin().get("/metrics"));
}

BOOST_AUTO_TEST_CASE(refund_answers_are_as_documented) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const rival = system.with_key("rival");
    auto const path_of = [](json::value const& payment) {
        return "/v1/payments/" + text_of(payment, "out_trade_no") + "/refunds";
    };
    auto const ask = find_operation("post", "/v1/payments/{out_trade_no}/refunds");
    auto const payment = system.paid();
    auto const target = path_of(payment);
    auto const asked = system.refund_request(100, {{"reason", "尺码不合适"}});
    auto const first = shop.post(target, asked);
    check_documented(ask, first);
    BOOST_TEST(one_of(first.status, {201, 202}), first.describe());
    check_documented(ask, shop.post(target, asked), 200);
    check_documented(ask, shop.post(target, with(asked, {{"refund_fee", 101}})), 409);
    check_documented(ask, shop.post_text(target, "{"), 400);
    check_documented(ask, shop.post(target, with(asked, {{"refund_fee", "1"}})), 400);
    check_documented(ask, shop.post(target, asked, {{"Idempotency-Key", ""}}), 400);
    check_documented(ask, system.anonymous().post(target, asked), 401);
    check_documented(ask, system.with_key("reader").post(target, asked), 403);
    check_documented(
        ask, shop.post("/v1/payments/T" + random_hex(20) + "/refunds", system.refund_request(1)), 404
    );
    check_documented(ask, shop.post(path_of(system.create()), system.refund_request(1)), 409); // not paid
    check_documented(ask, shop.send({"POST", target, {{"Content-Type", "text/plain"}}, "x"}), 415);
    auto const head = "POST " + target + " HTTP/1.1\r\nHost: x\r\n";
    check_documented(ask, exchange_raw(system.port(), head + "\r\n"), 411);
    check_documented(ask, exchange_raw(system.port(), head + "Content-Length: 99999999\r\n\r\n"), 413);
    auto const limited = system.with_key("limited");
    reply over;
    for (int i = 0; i < 200 && over.status != 429; ++i)
        over = limited.post(target, asked);
    check_documented(ask, over, 429);

    // Where people approve.
    auto const theirs = path_of(system.paid({}, "rival"));
    header_list const key = {{"Idempotency-Key", random_hex(16)}};
    check_documented(ask, rival.post(theirs, {{"refund_fee", 1}}, key), 202);
    check_documented(ask, rival.post(theirs, {{"refund_fee", 1}}, key), 200);
    check_documented(ask, rival.post(theirs, {{"refund_fee", 2}}, key), 409);             // mismatch
    check_documented(ask, rival.post(theirs, system.refund_request(1299)), 409);          // too much
    check_documented(ask, rival.post(theirs, system.refund_request(1, {{"x", 1}})), 400); // unknown

    auto const number = text_of(asked, "out_refund_no");
    auto const one = find_operation("get", "/v1/refunds/{out_refund_no}");
    check_documented(one, shop.get("/v1/refunds/" + number), 200);
    check_documented(one, rival.get("/v1/refunds/" + number), 404);
    check_documented(one, system.anonymous().get("/v1/refunds/" + number), 401);
    check_documented(one, system.with_key("payer").get("/v1/refunds/" + number), 403);
    auto const list = find_operation("get", "/v1/refunds");
    check_documented(list, shop.get("/v1/refunds?limit=1"), 200);
    check_documented(list, rival.get("/v1/refunds?refund_status=REQUESTED"), 200);
    check_documented(list, rival.get("/v1/refunds?created_to=2020-01-01T00:00:00Z"), 200); // none
    check_documented(list, shop.get("/v1/refunds?refund_status=PAID"), 400);
    check_documented(list, shop.get("/v1/refunds?merchant=rival"), 400);
    check_documented(list, system.anonymous().get("/v1/refunds"), 401);
    check_documented(list, system.with_key("payer").get("/v1/refunds"), 403);

    auto const told = find_operation("post", "/notify/{merchant}/refund");
    check_documented(told, system.notify_refund("<xml>"), 400);
    check_documented(told, system.notify_refund("<xml>", "nobody"), 404);
    BOOST_TEST_REQUIRE(system.refund_becomes(number, "SUCCESS"));
    auto const done = system.refund_of(number);
    auto const& m = system.merchant("shop");
    auto const again =
        refund_ciphertext(to_root(refund_told(done, text_of(done, "refund_id"), "SUCCESS")), m.key);
    check_documented(told, system.notify_refund(refund_notification(m.appid, m.mch_id, again)), 200);
    check_documented(one, shop.get("/v1/refunds/" + number), 200);
    auto const order = "/v1/payments/" + text_of(payment, "out_trade_no");
    check_documented(find_operation("get", "/v1/payments/{out_trade_no}"), shop.get(order), 200);
    check_documented(
        find_operation("get", "/v1/payments/{out_trade_no}/events"), shop.get(order + "/events"), 200
    );
}

// Of those who are not signed in.
BOOST_AUTO_TEST_CASE(strangers_answers_are_as_documented) {
    auto& system = the_system();
    auto const admin = system.admin();
    auto const login = find_operation("post", "/admin/v1/login");
    json::object const who = {{"name", "nobody"}, {"password", "none"}};
    check_documented(login, admin.post("/admin/v1/login", who), 401);
    check_documented(login, admin.post("/admin/v1/login", with(who, {{"password", nullptr}})), 400);
    check_documented(
        login, admin.post("/admin/v1/login", with(who, {{"password", std::string(1025, 'x')}})), 400
    );
    check_documented(login, admin.post("/admin/v1/login", who, {{"Sec-Fetch-Site", "cross-site"}}), 403);
    check_documented(
        login, admin.send({"POST", "/admin/v1/login", {{"Content-Type", "text/plain"}}, "x"}), 415
    );
    auto visitor = system.visitor();
    auto const guessed = "guessed-" + random_hex(12);
    reply shut;
    for (int i = 0; i < 20 && shut.status != 429; ++i)
        shut = visitor.login(guessed, "none");
    check_documented(login, shut, 429);
    BOOST_TEST(!shut.header("Retry-After").empty());
    auto const values = make_path_values(system);
    header_list const forged = {
        {"Cookie", "wxgate_session=" + random_hex(64)}, {"X-CSRF-Token", random_hex(64)}};
    for (auto const& o : operations())
        if (o.path.starts_with("/admin/") && o.path != login.path)
            check_documented(o, admin.send({upper(o.method), filled(o.path, values), forged, {}}), 401);
}

BOOST_AUTO_TEST_CASE(operators_answers_are_as_documented) {
    auto& system = the_system();
    auto alice = system.visitor();
    check_documented(
        find_operation("post", "/admin/v1/login"), alice.login("alice", system.person("alice").password), 200
    );
    auto const session = find_operation("get", "/admin/v1/session");
    check_documented(session, alice.get("/admin/v1/session"), 200);
    auto vera = system.sign_in("vera");

    auto const list = find_operation("get", "/admin/v1/payments");
    check_documented(list, alice.get("/admin/v1/payments?limit=1"), 200);
    check_documented(list, vera.get("/admin/v1/payments?merchant=rival&trade_state=NOTPAY"), 200);
    check_documented(list, alice.get("/admin/v1/payments?merchant="), 400);
    auto const number = text_of(system.paid({{"metadata", {{"a", "b"}}}}, "rival"), "out_trade_no");
    auto const order = "/admin/v1/payments/" + number;
    auto const one = find_operation("get", "/admin/v1/payments/{out_trade_no}");
    check_documented(one, vera.get(order), 200);
    check_documented(one, alice.get(order + "?merchant=rival&sync=1"), 200);
    check_documented(one, alice.get(order + "?merchant=shop"), 404);
    check_documented(one, alice.get(order + "?sync=2"), 400);
    auto const shared = text_of(system.create({}, "rival"), "out_trade_no");
    system.create({{"out_trade_no", shared}});
    check_documented(one, alice.get("/admin/v1/payments/" + shared), 400); // whose
    check_documented(one, alice.get("/admin/v1/payments/" + shared + "?merchant=shop"), 200);

    auto const ask = find_operation("post", "/admin/v1/payments/{out_trade_no}/refunds");
    auto const asked = system.refund_request(100, {{"reason", "尺码不合适"}});
    check_documented(ask, alice.post(order + "/refunds", asked), 202);
    check_documented(ask, alice.post(order + "/refunds", asked), 200);
    check_documented(ask, alice.post(order + "/refunds", with(asked, {{"refund_fee", 101}})), 409);
    check_documented(ask, alice.post(order + "/refunds", system.refund_request(1299)), 409);
    check_documented(ask, alice.post(order + "/refunds", system.refund_request(0)), 400);
    check_documented(ask, alice.post(order + "/refunds?merchant=shop", asked), 404);
    check_documented(ask, vera.post(order + "/refunds", asked), 403);
    check_documented(ask, system.admin().post(order + "/refunds", asked, alice.cookie()), 403); // no token

    auto const refund_no = text_of(asked, "out_refund_no");
    auto const refund = "/admin/v1/refunds/" + refund_no;
    auto const bob = system.sign_in("bob");
    auto const approve = find_operation("post", "/admin/v1/refunds/{out_refund_no}/approve");
    check_documented(approve, alice.post_text(refund + "/approve"), 403);                  // asked for it
    check_documented(approve, system.sign_in("root").post_text(refund + "/approve"), 403); // the role
    check_documented(approve, bob.post(refund + "/approve", {{"refund_fee", "100"}}), 400);
    check_documented(approve, bob.post(refund + "/approve", {{"refund_fee", 101}}), 409);
    check_documented(approve, bob.post(refund + "/approve", {{"refund_fee", 100}, {"reason", "seen"}}), 200);
    check_documented(approve, bob.post_text(refund + "/approve"), 409);
    check_documented(approve, bob.post_text("/admin/v1/refunds/R" + random_hex(20) + "/approve"), 404);
    auto const other = system.refund_request(1);
    BOOST_TEST_REQUIRE(system.refund(number, other, "rival").status == 202U);
    auto const rejected = "/admin/v1/refunds/" + text_of(other, "out_refund_no") + "/reject";
    auto const reject = find_operation("post", "/admin/v1/refunds/{out_refund_no}/reject");
    check_documented(reject, bob.post_text(rejected), 400);
    check_documented(reject, bob.post(rejected, {{"reason", ""}}), 400);
    check_documented(reject, vera.post(rejected, {{"reason", "no"}}), 403);
    check_documented(reject, alice.post(rejected, {{"reason", "no"}}), 200);
    check_documented(reject, bob.post(rejected, {{"reason", "no"}}), 409);

    auto const refunds = find_operation("get", "/admin/v1/refunds");
    check_documented(refunds, vera.get("/admin/v1/refunds?limit=2"), 200);
    check_documented(refunds, vera.get("/admin/v1/refunds?merchant=rival&refund_status=REJECTED"), 200);
    check_documented(refunds, vera.get("/admin/v1/refunds?refund_status=PAID"), 400);
    auto const shown = find_operation("get", "/admin/v1/refunds/{out_refund_no}");
    check_documented(shown, vera.get(refund), 200);
    check_documented(shown, vera.get(refund + "?merchant=shop"), 404);
    check_documented(shown, vera.get(refund + "?sync=1"), 200);
    check_documented(shown, vera.get(refund + "?sync=2"), 400);
    auto const events = find_operation("get", "/admin/v1/payments/{out_trade_no}/events");
    check_documented(events, vera.get(order + "/events"), 200);
    check_documented(events, vera.get(order + "/events?sync=1"), 400);
    check_documented(events, vera.get("/admin/v1/payments/T" + random_hex(20) + "/events"), 404);

    auto const logout = find_operation("post", "/admin/v1/logout");
    check_documented(logout, vera.post("/admin/v1/logout", {{"x", 1}}), 400);
    check_documented(logout, vera.logout(), 204);
    check_documented(session, vera.get("/admin/v1/session"), 401);
}

BOOST_AUTO_TEST_CASE(consoles_answers_are_as_documented) {
    auto& system = the_system();
    auto const vera = system.sign_in("vera");
    auto const payment = system.paid();
    auto const number = text_of(payment, "out_trade_no");
    auto const asked = system.refund(number, system.refund_request(100));
    BOOST_TEST_REQUIRE(one_of(asked.status, {201, 202}), asked.describe());
    auto const summary = find_operation("get", "/admin/v1/summary");
    check_documented(summary, vera.get("/admin/v1/summary"), 200);
    check_documented(summary, system.admin().get("/admin/v1/summary"), 401);

    auto const order = "/admin/v1/payments/" + number;
    for (std::string const what : {"refunds", "webhooks", "anomalies"}) {
        auto const of_order = find_operation("get", "/admin/v1/payments/{out_trade_no}/" + what);
        check_documented(of_order, vera.get(order + '/' + what), 200);
        check_documented(of_order, vera.get(order + '/' + what + "?merchant=shop"), 200);
        check_documented(of_order, vera.get(order + '/' + what + "?sync=1"), 400);
        check_documented(of_order, vera.get("/admin/v1/payments/T" + random_hex(20) + '/' + what), 404);
    }
    BOOST_TEST(vera.get(order + "/refunds").parsed().at("data").as_array().size() == 1U);

    auto const list = find_operation("get", "/admin/v1/payments");
    auto const found = [&](std::string const& query) {
        auto const r = vera.get("/admin/v1/payments?" + query);
        check_documented(list, r, 200);
        return r.parsed().at("data").as_array().size();
    };
    BOOST_TEST(found("out_trade_no=" + number) == 1U);
    BOOST_TEST(found("out_trade_no=" + number + "&trade_state=CLOSED") == 0U);
    BOOST_TEST(found("transaction_id=" + text_of(payment, "transaction_id")) == 1U);
    BOOST_TEST(
        found(
            "openid=" + text_of(payment, "openid") +
            "&total_fee=" + std::to_string(payment.at("total_fee").as_int64())
        ) >= 1U
    );
    BOOST_TEST(found("openid=oNobody") == 0U);
    check_documented(list, vera.get("/admin/v1/payments?total_fee=0"), 400);
    check_documented(list, vera.get("/admin/v1/payments?openid=a%20b"), 400);

    auto const days = find_operation("get", "/admin/v1/reconciliations");
    check_documented(days, vera.get("/admin/v1/reconciliations?limit=1"), 200);
    check_documented(days, vera.get("/admin/v1/reconciliations?created_from=2020-01-01T00:00:00Z"), 400);
    check_documented(days, system.admin().get("/admin/v1/reconciliations"), 401);
    auto const findings = find_operation("get", "/admin/v1/anomalies");
    check_documented(findings, vera.get("/admin/v1/anomalies?bill_date=20261123&mch_id=10000100"), 200);
    check_documented(findings, vera.get("/admin/v1/anomalies?bill_date=20261131"), 400);
}

BOOST_AUTO_TEST_CASE(upstream_answers_are_as_documented) {
    scripted const s;
    auto const create = find_operation("post", "/v1/payments");
    auto const answered = [&](answer a) {
        s.wechat.behave([a](call const&) { return a; });
        return s.system.with_key("shop").post("/v1/payments", s.system.order());
    };
    answer a;
    a.body = "<html>";
    check_documented(create, answered(a)); // 502
    a.how = manner::reset_after;
    check_documented(create, answered(a)); // 504
    s.wechat.behave([&](call const& c) {
        answer refusal;
        refusal.body = s.wechat.refused(c, "NOAUTH", "no");
        return refusal;
    });
    check_documented(create, s.system.with_key("shop").post("/v1/payments", s.system.order())); // 422
}

BOOST_AUTO_TEST_CASE(request_fields) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    check_request_fields(
        "PaymentRequest",
        {"openid",
         "total_fee",
         "body",
         "out_trade_no",
         "attach",
         "detail",
         "goods_tag",
         "limit_pay",
         "time_expire",
         "spbill_create_ip",
         "trade_type",
         "metadata"},
        [&](json::object const& wrong) { return shop.post("/v1/payments", system.order(wrong)); }
    );
    auto const number = text_of(system.create(), "out_trade_no");
    check_request_fields(
        "RefundRequest",
        {"refund_fee", "out_refund_no", "reason"},
        [&](json::object const& wrong) { return system.refund(number, system.refund_request(1, wrong)); }
    );
    check_request_fields("LoginRequest", {"name", "password"}, [&](json::object const& wrong) {
        return system.admin().post(
            "/admin/v1/login", with({{"name", "nobody"}, {"password", "none"}}, wrong)
        );
    });
    auto const alice = system.sign_in("alice");
    check_request_fields("Approval", {"reason", "refund_fee"}, [&](json::object const& wrong) {
        return alice.post("/admin/v1/refunds/R1/approve", wrong);
    });
    check_request_fields("Rejection", {"reason"}, [&](json::object const& wrong) {
        return alice.post("/admin/v1/refunds/R1/reject", wrong);
    });
    check_request_fields("Settlement", {"note"}, [&](json::object const& wrong) {
        return alice.post("/admin/v1/anomalies/none/settle", wrong);
    });
}

// Every code of the contract is in the document's list.
BOOST_AUTO_TEST_CASE(codes) {
    auto const& list = document().root().at("components").at("schemas").at("ErrorCode").at("enum").as_array();
    for (unsigned status = 400; status < 600; ++status)
        for (auto const code : codes_of(status))
            BOOST_TEST(
                (std::find(list.begin(), list.end(), json::value(json::string(code.data(), code.size()))) !=
                 list.end()),
                code
            );
}

BOOST_AUTO_TEST_SUITE_END()
