// What operators may do, and from where; what every answer to them carries; what the log keeps of them; the
// payments they see (CONTRACT.md 4; RELIABILITY.md 5.3, A-23 to A-31).
#include "fixture.hpp"

#include <map>
#include <set>
#include <sstream>

using namespace wxgate::test;

namespace {

struct posted {
    std::string target;
    json::object body;
};

// Every call that changes something and needs a session, about what is not there: who gets through gets 404.
std::vector<posted> changing_calls() {
    return {
        {"/admin/v1/payments/T00000000000/refunds", {{"refund_fee", 1}}},
        {"/admin/v1/refunds/R00000000000/approve", {}},
        {"/admin/v1/refunds/R00000000000/reject", {{"reason", "no"}}}};
}

header_list joined(header_list a, header_list const& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

void check_secure(reply const& r) {
    static header_list const wanted = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
         "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cache-Control", "no-store"}};
    for (auto const& [name, value] : wanted) {
        BOOST_TEST(r.count(name) == 1U, name);
        BOOST_TEST(r.header(name) == value);
    }
    BOOST_TEST(r.count("X-Request-Id") == 1U);
    BOOST_TEST(r.count("Location") == 0U);
    BOOST_TEST(r.count("Access-Control-Allow-Origin") == 0U);
}

std::vector<json::value> data_of(reply const& r) {
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    auto const data = member(r.parsed(), "data");
    BOOST_TEST_REQUIRE(data.is_array());
    return {data.as_array().begin(), data.as_array().end()};
}

std::string masked(std::string const& openid) {
    return openid.substr(0, 4) + "…" + openid.substr(openid.size() - 4);
}

// What operators see of a payment that the merchant sees so.
json::value seen_by_operators(json::value const& payment) {
    return with(
        payment.as_object(),
        {{"client_secret", nullptr},
         {"request_payment", nullptr},
         {"openid", masked(text_of(payment, "openid"))}}
    );
}

void check_seen(json::value const& payment) {
    check_payment_shape(payment);
    BOOST_TEST(!payment.as_object().contains("client_secret"));
    BOOST_TEST(!payment.as_object().contains("request_payment"));
    BOOST_TEST(text_of(payment, "openid").size() <= 11U, text_of(payment, "openid"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(operators_access)

//
BOOST_AUTO_TEST_CASE(only_on_purpose) {
    auto& system = scripted_system();
    auto const alice = system.sign_in("alice");
    auto const second = system.sign_in("alice");
    auto const bob = system.sign_in("bob");
    auto const admin = system.admin();
    auto const token = alice.csrf_token();
    header_list const right = {{"X-CSRF-Token", token}};
    std::string upper = token;
    for (char& c : upper)
        c = c >= 'a' ? static_cast<char>(c - 32) : c;

    struct row {
        char const* what;
        header_list headers; // beside the cookie
    };

    std::vector<row> const forged = {
        {"no token", {}},
        {"an empty token", {{"X-CSRF-Token", ""}}},
        {"a random token", {{"X-CSRF-Token", random_hex(64)}}},
        {"a part of it", {{"X-CSRF-Token", token.substr(0, 63)}}},
        {"more than it", {{"X-CSRF-Token", token + "0"}}},
        {"in another case", {{"X-CSRF-Token", upper}}},
        {"of another operator's session", {{"X-CSRF-Token", bob.csrf_token()}}},
        {"of another session of the same", {{"X-CSRF-Token", second.csrf_token()}}},
        {"the session's own token", {{"X-CSRF-Token", alice.session()}}},
        {"under another name", {{"X-XSRF-Token", token}}},
        {"from another site", joined(right, {{"Sec-Fetch-Site", "cross-site"}})},
        {"from another host of the site", joined(right, {{"Sec-Fetch-Site", "same-site"}})},
        {"from nowhere it says", joined(right, {{"Sec-Fetch-Site", ""}})},
        {"from two places", joined(right, {{"Sec-Fetch-Site", "same-origin, cross-site"}})},
        {"from here and elsewhere",
         joined(right, {{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}})},
        {"of two origins",
         joined(right, {{"Origin", "http://127.0.0.1"}, {"Origin", "https://evil.example"}})},
        {"of another origin", joined(right, {{"Origin", "https://evil.example"}})},
        {"of no origin", joined(right, {{"Origin", "null"}})},
        {"of an empty origin", joined(right, {{"Origin", ""}})},
        {"of an origin like ours", joined(right, {{"Origin", "http://127.0.0.1.evil.example"}})},
        {"of an origin that ends like ours", joined(right, {{"Origin", "http://evil.example/127.0.0.1"}})},
        {"of an origin before ours", joined(right, {{"Origin", "http://evil.127.0.0.1"}})},
        {"of a bare host", joined(right, {{"Origin", "127.0.0.1"}})},
        {"our site, another origin",
         joined(right, {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://evil.example"}})},
        {"another site, our origin",
         joined(right, {{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://127.0.0.1"}})}};
    auto const before = system.mark();
    for (auto const& each : forged) {
        BOOST_TEST_CONTEXT(each.what) {
            auto const headers = joined(each.headers, alice.cookie());
            for (auto const& call : changing_calls())
                check_problem(admin.post(call.target, call.body, headers), 403, "forbidden");
            check_problem(admin.post_text("/admin/v1/logout", "", headers), 403, "forbidden");
        }
    }
    check_problem(
        admin.post_text("/admin/v1/logout?csrf_token=" + token, "", alice.cookie()), 403, "forbidden"
    );
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(alice.get("/admin/v1/session").status == 200U, "nobody was signed out");

    std::vector<row> const meant = {
        {"no browser", right},
        {"our page", joined(right, {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://127.0.0.1"}})},
        {"typed by hand", joined(right, {{"Sec-Fetch-Site", "none"}})},
        {"our page behind TLS", joined(right, {{"Origin", "https://127.0.0.1"}})}};
    for (auto const& each : meant) {
        BOOST_TEST_CONTEXT(each.what) {
            for (auto const& call : changing_calls())
                check_problem(
                    admin.post(call.target, call.body, joined(each.headers, alice.cookie())), 404, "not_found"
                );
        }
    }

    // Nobody is signed in as somebody by another site, either.
    auto const& person = system.person("alice");
    json::object const login = {{"name", person.name}, {"password", person.password}};
    auto const sessions = [&] { return system.store().number("SELECT count(*) FROM operator_sessions"); };
    auto const so_far = sessions();
    for (auto const& headers : std::vector<header_list>{
             {{"Sec-Fetch-Site", "cross-site"}}, {{"Sec-Fetch-Site", "same-site"}}, {{"Origin", "null"}}}) {
        auto const r = admin.post("/admin/v1/login", login, headers);
        check_problem(r, 403, "forbidden");
        BOOST_TEST(r.count("Set-Cookie") == 0U);
    }
    BOOST_TEST(sessions() == so_far);
    BOOST_TEST(admin.post("/admin/v1/login", login, {{"Sec-Fetch-Site", "same-origin"}}).status == 200U);
}

// looking changes nothing, and what changes something is not looked at.
BOOST_AUTO_TEST_CASE(get_changes_nothing) {
    auto& system = scripted_system();
    auto const number = text_of(system.create(), "out_trade_no");
    auto const alice = system.sign_in("alice");
    auto const before = system.mark();
    for (auto const& call : changing_calls()) {
        if (call.target.ends_with("/refunds")) // to be looked at, too: the refunds of a payment
            continue;
        auto const r = alice.get(call.target, {{"X-CSRF-Token", alice.csrf_token()}});
        check_problem(r, 405, "method_not_allowed");
        BOOST_TEST(r.header("Allow") == "POST");
    }
    BOOST_TEST(alice.get("/admin/v1/logout").status == 405U);
    for (std::string const target :
         {"/admin/v1/session",
          "/admin/v1/payments",
          "/admin/v1/payments?merchant=shop&trade_state=NOTPAY&limit=1",
          "/admin/v1/refunds"})
        BOOST_TEST(alice.get(target).status == 200U, target);
    BOOST_TEST(alice.get("/admin/v1/payments/" + number).status == 200U);
    BOOST_TEST(alice.get("/admin/v1/payments/" + number + "/events").status == 200U);
    for (std::string const method : {"PUT", "DELETE", "PATCH"})
        BOOST_TEST(
            system.admin().send({method, "/admin/v1/payments/" + number, alice.cookie(), {}}).status == 405U
        );
    BOOST_TEST(system.trouble_since(before) == "");
}

// which role may what. 404 is for who got through.
BOOST_AUTO_TEST_CASE(roles) {
    auto& system = scripted_system();
    auto const number = text_of(system.create(), "out_trade_no");
    std::map<std::string, operator_client> people;
    for (auto const& o : system.config().operators)
        people.emplace(o.name, system.sign_in(o.name));
    auto const before = system.mark();

    struct row {
        std::string target;
        json::object body;
        std::set<std::string> may;
    };

    auto const calls = changing_calls();
    std::vector<row> const rows = {
        {calls[0].target, calls[0].body, {"alice", "bob", "root"}},
        {calls[1].target, calls[1].body, {"alice", "bob"}},
        {calls[2].target, calls[2].body, {"alice", "bob"}}};
    for (auto const& each : rows) {
        for (auto const& person : people) {
            BOOST_TEST_CONTEXT(each.target << " by " << person.first) {
                auto const r = person.second.post(each.target, each.body);
                if (each.may.contains(person.first))
                    check_problem(r, 404, "not_found");
                else
                    check_problem(r, 403, "forbidden");
            }
        }
        auto const nobody = system.visitor().post(each.target, each.body);
        check_problem(nobody, 401, "unauthorized");
        // A key of the merchants' API is none here, whatever its scopes.
        header_list const key = {{"Authorization", "Bearer " + system.with_key("shop").bearer()}};
        check_problem(system.visitor().post(each.target, each.body, key), 401, "unauthorized");
        // Nor does the merchants' listener know any such call.
        auto const path = each.target.substr(std::string("/admin").size());
        if (path.find("/refunds/") != std::string::npos)
            check_problem(system.with_key("shop").post(path, each.body), 404, "not_found");
        check_problem(system.with_key("shop").post(each.target, each.body), 404, "not_found");
    }
    for (auto const& person : people) {
        BOOST_TEST_CONTEXT(person.first) {
            auto const& who = person.second;
            BOOST_TEST(who.get("/admin/v1/payments").status == 200U);
            BOOST_TEST(who.get("/admin/v1/payments/" + number).status == 200U);
            BOOST_TEST(who.get("/admin/v1/payments/" + number + "/events").status == 200U);
            BOOST_TEST(who.get("/admin/v1/refunds").status == 200U);
            check_problem(who.get("/admin/v1/refunds/R00000000000"), 404, "not_found");
        }
    }
    for (std::string const& target :
         {std::string("/admin/v1/payments"),
          "/admin/v1/payments/" + number,
          "/admin/v1/payments/" + number + "/events",
          std::string("/admin/v1/refunds"),
          std::string("/admin/v1/refunds/R00000000000")}) {
        auto const r = system.admin().get(target);
        check_problem(r, 401, "unauthorized");
        BOOST_TEST(r.body.find(number) == std::string::npos);
    }
    BOOST_TEST(system.trouble_since(before) == "");
}

// on every answer, whatever it is an answer to.
BOOST_AUTO_TEST_CASE(headers_of_every_answer) {
    auto& system = scripted_system();
    auto const admin = system.admin();
    auto const port = admin.port();
    auto const number = text_of(system.create(), "out_trade_no");
    auto alice = system.visitor();
    std::string const host = " HTTP/1.1\r\nHost: x\r\n";
    std::string const login = "/admin/v1/login?next=//evil.example";

    struct row {
        unsigned status;
        reply r;
    };

    std::vector<row> rows;
    rows.push_back({200, admin.get("/healthz")});
    rows.push_back({200, admin.get("/readyz")});
    rows.push_back({200, admin.get("/metrics")});
    rows.push_back({404, admin.get("/nowhere")});
    rows.push_back({404, admin.get("/admin/v1/login/")});
    rows.push_back({404, admin.get("//evil.example")});
    rows.push_back({405, admin.del("/healthz")});
    rows.push_back({401, admin.get("/admin/v1/session")});
    rows.push_back({401, admin.post(login, {{"name", "headers"}, {"password", "wrong"}})});
    rows.push_back({400, admin.post_text(login, "{")});
    rows.push_back({415, admin.send({"POST", login, {{"Content-Type", "text/plain"}}, "x"})});
    rows.push_back({403, admin.post_text(login, "", {{"Origin", "null"}})});
    auto const& person = system.person("alice");
    rows.push_back({200, alice.login(person.name, person.password)});
    rows.push_back({200, alice.get("/admin/v1/session")});
    rows.push_back({200, alice.get("/admin/v1/payments?limit=1")});
    rows.push_back({400, alice.get("/admin/v1/payments?limit=0")});
    rows.push_back({200, alice.get("/admin/v1/payments/" + number)});
    rows.push_back({404, alice.get("/admin/v1/payments/T00000000000")});
    rows.push_back({200, alice.get("/admin/v1/payments/" + number + "/events")});
    rows.push_back({200, alice.get("/admin/v1/refunds")});
    rows.push_back({409, alice.post("/admin/v1/payments/" + number + "/refunds", {{"refund_fee", 1}})});
    rows.push_back({403, admin.post_text("/admin/v1/logout", "", alice.cookie())});
    rows.push_back({400, alice.post("/admin/v1/logout", {{"x", 1}})});
    rows.push_back({204, alice.logout()});
    rows.push_back({400, exchange_raw(port, "GET / HTTP/1.1\r\n\r\n")});
    rows.push_back({400, exchange_raw(port, "GET /\x1b" + host + "\r\n")});
    rows.push_back({501, exchange_raw(port, "BREW /healthz" + host + "\r\n")});
    rows.push_back({505, exchange_raw(port, "GET / HTTP/2.0\r\nHost: x\r\n\r\n")});
    rows.push_back({411, exchange_raw(port, "POST " + login + host + "Transfer-Encoding: chunked\r\n\r\n")});
    rows.push_back({413, exchange_raw(port, "POST " + login + host + "Content-Length: 70000\r\n\r\n")});
    rows.push_back({414, exchange_raw(port, "GET /" + std::string(2100, 'a') + host + "\r\n")});
    rows.push_back(
        {431, exchange_raw(port, "GET /" + host + "X-Long: " + std::string(9000, 'a') + "\r\n\r\n")}
    );
    auto stranger = system.visitor();
    for (int i = 0; i < 10; ++i)
        stranger.login("stranger", "wrong");
    rows.push_back({429, stranger.login("stranger", "wrong")});
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT("should be " << each.status << ": " << each.r.describe()) {
            BOOST_TEST(each.r.status == each.status);
            check_secure(each.r);
        }
    }
}

// an event is a line, whatever the words in it.
BOOST_AUTO_TEST_CASE(one_line_an_event) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    std::string const name = "eve\r\n{\"level\":\"error\",\"msg\":\"forged\"}\n\x1b[31m\t\x7f";
    check_problem(system.visitor().login(name, "wrong"), 401, "unauthorized");
    check_problem(system.visitor().login(system.person("alice").password, "alice"), 401, "unauthorized");
    check_problem(system.visitor().login("alice", "wrong"), 401, "unauthorized");
    auto const admin = system.admin();
    for (std::string const target :
         {"/admin/v1/payments/%0d%0a%1b%5b31m", "/%0aforged", "/admin/v1/refunds?refund_status=%0aforged"})
        BOOST_TEST(admin.get(target).status >= 400U);
    BOOST_TEST(admin.get("/admin/v1/session", {{"User-Agent", "x\"}{\"msg\":\"forged\""}}).status == 401U);
    auto const odd = admin.get("/admin/v1/session", {{"X-Request-Id", "x\",\"msg\":\"forged"}});
    BOOST_TEST(odd.header("X-Request-Id").find("forged") == std::string::npos);

    auto const logs = system.logs_to_now();
    for (char const control : {'\r', '\x1b', '\t', '\x7f'})
        BOOST_TEST((logs.find(control) == std::string::npos), "byte " << static_cast<int>(control));
    std::istringstream in(logs);
    int refused = 0;
    int of_alice = 0;
    for (std::string line; std::getline(in, line);) {
        boost::system::error_code ec;
        auto const event = json::parse(line, ec);
        BOOST_TEST_REQUIRE((!ec && event.is_object()), line);
        BOOST_TEST(text_of(event, "msg") != "forged", line);
        bool const other = text_of(event, "msg") != "a login was refused";
        refused += other ? 0 : 1;
        of_alice += other || text_of(event, "name") != "alice" ? 0 : 1;
    }
    BOOST_TEST(refused == 3, "a line each");
    BOOST_TEST(of_alice == 1, "whose account it is");
    // What nobody's name is may be a password that was typed in the wrong field.
    BOOST_TEST(logs.find("forged") == std::string::npos);
    BOOST_TEST(system.leaked() == "");
}

// Over all merchants, and without what is the shop's or the customer's alone.
BOOST_AUTO_TEST_CASE(payments_of_all_merchants) {
    auto& system = scripted_system();
    auto const vera = system.sign_in("vera");
    std::map<std::string, std::string> made; // number, merchant
    for (std::string const key : {"shop", "rival", "plain", "shop", "rival", "plain"})
        made[text_of(system.create({}, key), "out_trade_no")] = key;

    for (int const limit : {1, 4, 100}) {
        std::set<std::string> seen;
        std::string cursor;
        std::string last;
        for (int pages = 0; pages < 500; ++pages) {
            auto const r = vera.get(
                "/admin/v1/payments?limit=" + std::to_string(limit) +
                (cursor.empty() ? "" : "&cursor=" + cursor)
            );
            auto const some = data_of(r);
            BOOST_TEST(some.size() <= static_cast<std::size_t>(limit));
            for (auto const& each : some) {
                check_seen(each);
                BOOST_TEST(
                    seen.insert(text_of(each, "merchant") + "/" + text_of(each, "out_trade_no")).second,
                    "no payment on two pages"
                );
                BOOST_TEST((last.empty() || text_of(each, "created_at") <= last), "newest first");
                last = text_of(each, "created_at");
            }
            if (member(r.parsed(), "next_cursor").is_null())
                break;
            cursor = text_of(r.parsed(), "next_cursor");
        }
        for (auto const& each : made)
            BOOST_TEST(seen.contains(each.second + "/" + each.first));
    }
    for (auto const& each : made) {
        auto const target = "/admin/v1/payments/" + each.first;
        auto const r = vera.get(target);
        BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
        check_seen(r.parsed());
        BOOST_TEST((r.parsed() == seen_by_operators(system.payment(each.first, each.second))), r.body);
        BOOST_TEST(vera.get(target + "?merchant=" + each.second).body == r.body);
        check_problem(
            vera.get(target + "?merchant=" + (each.second == "shop" ? "rival" : "shop")), 404, "not_found"
        );
        auto const events = vera.get(target + "/events");
        BOOST_TEST(events.status == 200U, events.describe());
        BOOST_TEST(
            events.body == system.with_key(each.second).get("/v1/payments/" + each.first + "/events").body
        );
        BOOST_TEST(system.upstream().count("/pay/orderquery", each.first) == 0U);
        auto const fresh = vera.get(target + "?sync=1");
        BOOST_TEST(fresh.status == 200U, fresh.describe());
        check_seen(fresh.parsed());
        BOOST_TEST(system.upstream().count("/pay/orderquery", each.first) == 1U, "WeChat was asked");
    }
    auto const rivals = data_of(vera.get("/admin/v1/payments?merchant=rival&trade_state=NOTPAY&limit=100"));
    BOOST_TEST(rivals.size() >= 2U);
    for (auto const& each : rivals) {
        BOOST_TEST(text_of(each, "merchant") == "rival");
        BOOST_TEST(text_of(each, "trade_state") == "NOTPAY");
    }
    BOOST_TEST(data_of(vera.get("/admin/v1/payments?merchant=nobody")).empty());
    BOOST_TEST(data_of(vera.get("/admin/v1/payments?trade_state=REVOKED")).empty());
    BOOST_TEST(data_of(vera.get("/admin/v1/payments?created_from=2100-01-01T00:00:00Z")).empty());
    BOOST_TEST(data_of(vera.get("/admin/v1/payments?created_to=2000-01-01T00:00:00Z")).empty());
    // B-36, B-37
    auto const before = system.mark();
    for (std::string const bad :
         {"limit=0",
          "limit=101",
          "limit=x",
          "cursor=forged",
          "trade_state=GONE",
          "refund_status=SUCCESS",
          "created_from=yesterday",
          "merchant=",
          "merchant=shop&merchant=rival",
          "sync=1",
          "x=1"})
        check_problem(vera.get("/admin/v1/payments?" + bad), 400, "invalid_request");
    for (std::string const odd : {"%25", "_", "'", "%27%3B--", "%27%20OR%20%271%27%3D%271"})
        BOOST_TEST(data_of(vera.get("/admin/v1/payments?merchant=" + odd)).empty(), odd);
    auto const one = "/admin/v1/payments/" + made.begin()->first;
    for (std::string const bad : {"?sync=2", "?merchant=", "?x=1", "/events?sync=1", "/events?limit=1"})
        check_problem(vera.get(one + bad), 400, "invalid_request");
    check_problem(vera.get("/admin/v1/payments/T00000000000"), 404, "not_found");
    check_problem(vera.get("/admin/v1/payments/T00000000000/events"), 404, "not_found");
    check_problem(vera.get("/admin/v1/payments/" + std::string(1000, 'T')), 404, "not_found");
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(system.leaked() == "");
}

// A number is one merchant's; another may have the same.
BOOST_AUTO_TEST_CASE(a_number_of_two_merchants) {
    auto& system = scripted_system();
    auto const vera = system.sign_in("vera");
    auto const number = text_of(system.create({{"total_fee", 1}}, "shop"), "out_trade_no");
    system.create({{"out_trade_no", number}, {"total_fee", 2}}, "rival");
    auto const target = "/admin/v1/payments/" + number;
    for (std::string const more : {"", "/events"}) {
        check_problem(vera.get(target + more), 400, "invalid_request", "merchant");
        check_problem(vera.get(target + more + "?merchant=plain"), 404, "not_found");
        check_problem(vera.get(target + more + "?merchant=nobody"), 404, "not_found");
    }
    BOOST_TEST(number_of(vera.get(target + "?merchant=shop").parsed(), "total_fee") == 1);
    BOOST_TEST(number_of(vera.get(target + "?merchant=rival").parsed(), "total_fee") == 2);
    for (std::string const key : {"shop", "rival"})
        BOOST_TEST(
            vera.get(target + "/events?merchant=" + key).body ==
            system.with_key(key).get("/v1/payments/" + number + "/events").body
        );
}

// kept as it came, and an answer that no browser takes for a page.
BOOST_AUTO_TEST_CASE(markup_is_text) {
    auto& system = scripted_system();
    auto const vera = system.sign_in("vera");
    for (std::string const text :
         {"<script>alert(1)</script>",
          "\"><img src=x onerror=alert(1)>",
          "javascript:alert(1)",
          "{{7*7}}",
          "'; DROP TABLE orders; --"}) {
        BOOST_TEST_CONTEXT(text) {
            json::object const metadata = {{"note", text}};
            auto const number = text_of(
                system.create({{"body", text}, {"attach", text}, {"metadata", metadata}}), "out_trade_no"
            );
            auto const r = vera.get("/admin/v1/payments/" + number);
            BOOST_TEST(r.status == 200U);
            BOOST_TEST(r.header("Content-Type").starts_with("application/json"));
            check_secure(r);
            BOOST_TEST(text_of(r.parsed(), "body") == text);
            BOOST_TEST(text_of(r.parsed(), "attach") == text);
            BOOST_TEST(text_of(member(r.parsed(), "metadata"), "note") == text);
            BOOST_TEST(
                system.store().rows("SELECT body FROM orders WHERE out_trade_no = '" + number + "'")[0][0] ==
                text
            );
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
