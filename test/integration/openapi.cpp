// conf/openapi.yaml held to the running program: what is documented is there, what is there is documented.
#include "fixture.hpp"
#include "openapi_document.hpp"

#include <set>

using namespace wxgate::test;

namespace {

openapi_document const& document() {
    static openapi_document const d(read_yaml(read_file(WXGATE_SOURCE_DIR "/conf/openapi.yaml")));
    return d;
}

std::set<std::string> const verbs = {"get", "post", "put", "patch", "delete"};

std::string upper(std::string text) {
    for (auto& c : text)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    return text;
}

struct operation {
    std::string path;   // as documented
    std::string method; // "get"
    json::value what;
    bool admin = false;
};

std::vector<operation> operations() {
    std::vector<operation> all;
    for (auto const& path : document().root().at("paths").as_object())
        for (auto const& method : path.value().as_object())
            if (verbs.contains(std::string(method.key())))
                all.push_back(
                    {std::string(path.key()),
                     std::string(method.key()),
                     method.value(),
                     path.value().as_object().contains("servers")}
                );
    return all;
}

std::string filled(std::string path, std::string const& number) {
    for (auto const& [name, value] :
         {std::pair<std::string, std::string>{"{out_trade_no}", number}, {"{merchant}", "shop"}})
        if (auto const at = path.find(name); at != std::string::npos)
            path.replace(at, name.size(), value);
    return path;
}

// The answer is one the document tells of: its status, its media type, its fields.
void check_documented(operation const& o, reply const& r) {
    BOOST_TEST_CONTEXT(o.method << " " << o.path << ": " << r.describe()) {
        auto const response = document().response(o.what, r.status);
        BOOST_TEST_REQUIRE(!response.is_null(), "the status is not documented");
        auto const content = member(response, "content");
        auto const type = r.header("Content-Type").substr(0, r.header("Content-Type").find(';'));
        auto const media = member(content, type);
        BOOST_TEST_REQUIRE(!media.is_null(), "the media type is not documented: " << type);
        if (type.ends_with("json"))
            for (auto const& error : document().errors(member(media, "schema"), r.parsed()))
                BOOST_TEST(false, error);
    }
}

operation find(std::string const& method, std::string const& path) {
    for (auto const& o : operations())
        if (o.method == method && o.path == path)
            return o;
    throw std::runtime_error("not documented: " + method + " " + path);
}

} // namespace

BOOST_AUTO_TEST_SUITE(openapi)

BOOST_AUTO_TEST_CASE(every_documented_operation_is_there) {
    auto& system = the_system();
    auto const number = text_of(system.create(), "out_trade_no");
    BOOST_TEST(operations().size() >= 9U);
    for (auto const& o : operations()) {
        BOOST_TEST_CONTEXT(o.method << " " << o.path) {
            auto const where = o.admin ? system.admin() : system.with_key("shop");
            auto const r = where.send({upper(o.method), filled(o.path, number), {}, {}});
            BOOST_TEST(r.status != 0U);
            BOOST_TEST(r.status != 404U, r.describe());
            BOOST_TEST(r.status != 405U, r.describe());
            check_documented(o, r);
        }
    }
}

BOOST_AUTO_TEST_CASE(no_other_method_is_there) {
    auto& system = the_system();
    auto const number = text_of(system.create(), "out_trade_no");
    for (auto const& path : document().root().at("paths").as_object()) {
        for (auto const& verb : verbs) {
            if (path.value().as_object().contains(verb))
                continue;
            BOOST_TEST_CONTEXT(verb << " " << path.key()) {
                auto const admin = path.value().as_object().contains("servers");
                auto const where = admin ? system.admin() : system.with_key("shop");
                auto const r = where.send({upper(verb), filled(std::string(path.key()), number), {}, {}});
                BOOST_TEST(r.status == 405U, r.describe());
            }
        }
    }
}

// Answers of every kind that a test can provoke.
BOOST_AUTO_TEST_CASE(answers_are_as_documented) {
    auto& system = the_system();
    auto const shop = system.with_key("shop");
    auto const create = find("post", "/v1/payments");
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
    auto const one = find("get", "/v1/payments/{out_trade_no}");
    check_documented(one, shop.get("/v1/payments/" + number));
    check_documented(one, shop.get("/v1/payments/" + number + "?sync=1"));
    check_documented(one, shop.get("/v1/payments/T" + random_hex(20))); // 404
    check_documented(
        find("get", "/v1/payments/{out_trade_no}/events"), shop.get("/v1/payments/" + number + "/events")
    );
    auto const list = find("get", "/v1/payments");
    check_documented(list, shop.get("/v1/payments?limit=1"));
    check_documented(list, shop.get("/v1/payments?limit=0")); // 400
    auto const limited = system.with_key("limited");
    reply over;
    for (int i = 0; i < 200 && over.status != 429; ++i)
        over = limited.get("/v1/payments");
    BOOST_TEST(over.status == 429U);
    check_documented(list, over);
    check_documented(
        find("post", "/v1/payments/{out_trade_no}/close"), shop.post_text("/v1/payments/" + number + "/close")
    );
    check_documented(one, shop.get("/v1/payments/" + number));

    auto const open = system.create({{"openid", nullptr}});
    auto const checkout = find("post", "/v1/checkout/{out_trade_no}");
    auto const target = "/v1/checkout/" + text_of(open, "out_trade_no");
    json::object const body = {
        {"client_secret", text_of(open, "client_secret")}, {"code", "openid:oUpFCANARY" + random_hex(18)}};
    check_documented(checkout, system.anonymous().post(target, with(body, {{"client_secret", "x"}})));
    check_documented(checkout, system.anonymous().post(target, with(body, {{"code", "blocked"}}))); // 422
    auto const paid = system.anonymous().post(target, body);
    check_documented(checkout, paid);
    auto const notified = find("post", "/notify/{merchant}/payment");
    check_documented(notified, system.notify_text("<xml>"));
    check_documented(notified, system.notify(notification_of(paid.parsed(), new_transaction_id())));
    check_documented(
        checkout, system.anonymous().post(target, with(body, {{"code", "openid:oUpFCANARYlate"}}))
    ); // 409
    check_documented(one, shop.get("/v1/payments/" + text_of(open, "out_trade_no")));
    check_documented(find("get", "/healthz"), system.admin().get("/healthz"));
    check_documented(find("get", "/readyz"), system.admin().get("/readyz"));
    check_documented(find("get", "/metrics"), system.admin().get("/metrics"));
}

BOOST_AUTO_TEST_CASE(upstream_answers_are_as_documented) {
    scripted const s;
    auto const create = find("post", "/v1/payments");
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

// The request's documented fields are the ones that are taken.
BOOST_AUTO_TEST_CASE(request_fields) {
    auto& system = the_system();
    auto const& schemas = document().root().at("components").at("schemas").as_object();
    auto const& properties = schemas.at("PaymentRequest").at("properties").as_object();
    std::set<std::string> documented;
    for (auto const& each : properties)
        documented.insert(std::string(each.key()));
    std::set<std::string> const contract = {
        "openid",
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
        "metadata"};
    BOOST_TEST((documented == contract));
    for (auto const& name : documented) { // a value of a wrong type: refused by name, and not as unknown
        json::object wrong;
        wrong[name] = json::array{};
        auto const r = system.with_key("shop").post("/v1/payments", system.order(wrong));
        check_problem(r, 400, "invalid_request", name);
        BOOST_TEST(text_of(r.parsed(), "detail").find("nknown") == std::string::npos, r.describe());
    }
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
