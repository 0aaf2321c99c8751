#include "stage.hpp"

namespace wxgate::embed_test {

sandbox::settings merchants() {
    auto s = sandbox::test::one_merchant();
    auto all = s.merchants.all();
    sandbox::merchant provider;
    provider.name = "provider";
    provider.appid = "wx00000000000000bb";
    provider.mch_id = provider_mch_id;
    provider.api_key = key;
    provider.shops.push_back({std::string(shop_mch_id), std::string(shop_appid)});
    all.push_back(std::move(provider));
    s.merchants = sandbox::merchant_table(std::move(all));
    return s;
}

account direct(sign_type type) {
    account a;
    a.appid = "wxd930ea5d5a258f4f";
    a.mch_id = "10000100";
    a.api_key = key;
    a.sign_type = type;
    return a;
}

account provider() {
    account a;
    a.appid = "wx00000000000000bb";
    a.mch_id = provider_mch_id;
    a.api_key = key;
    a.sub_mch_id = shop_mch_id;
    a.sub_appid = shop_appid;
    return a;
}

unified_order_request order(std::string number, std::string trade_type) {
    unified_order_request r;
    r.out_trade_no = std::move(number);
    r.total_fee = fen(1299);
    r.body = "shop-goods";
    r.notify_url = "http://127.0.0.1:8080/notify/shop/payment";
    r.spbill_create_ip = "127.0.0.1";
    r.trade_type = std::move(trade_type);
    if (r.trade_type == "JSAPI")
        r.openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
    if (r.trade_type == "NATIVE")
        r.product_id = "12235413214070356458058";
    if (r.trade_type == "MWEB")
        r.scene_info = R"({"h5_info":{"type":"Wap","wap_url":"https://shop.example.com","wap_name":"shop"}})";
    return r;
}

refund_request refund_of(std::string number, std::int64_t fee) {
    refund_request r;
    r.out_trade_no = "order0001";
    r.out_refund_no = std::move(number);
    r.total_fee = fen(1299);
    r.refund_fee = fen(fee);
    return r;
}

micropay_request scanned(std::string auth_code, std::string number) {
    micropay_request r;
    r.out_trade_no = std::move(number);
    r.total_fee = fen(1299);
    r.body = "shop-goods";
    r.auth_code = std::move(auth_code);
    r.spbill_create_ip = "127.0.0.1";
    return r;
}

void must_not_throw(std::exception_ptr const& failed) {
    if (failed)
        std::rethrow_exception(failed);
}

// ---- identities

identities::identities() {
    net::certificate_request r;
    r.common_name = "wxgate sandbox CA";
    r.authority = true;
    ca_ = net::issue_certificate(r);
    files_.write("ca.pem", ca_.certificate);
    r = {};
    r.common_name = "localhost";
    r.ip_addresses = {"127.0.0.1"};
    auto const made = net::issue_certificate(r, &ca_);
    files_.write("server_cert.pem", made.certificate);
    files_.write("server_key.pem", made.private_key);
}

net::tls_context_ptr identities::server_tls() const {
    net::server_tls_options o;
    o.certificate = (files_.path() / "server_cert.pem").string();
    o.private_key = (files_.path() / "server_key.pem").string();
    o.client_ca = ca_file();
    return net::make_server_tls(o);
}

client_certificate identities::merchant(std::string const& mch_id) const {
    net::certificate_request r;
    r.common_name = mch_id;
    auto const made = net::issue_certificate(r, &ca_);
    client_certificate pair;
    pair.certificate = made.certificate;
    pair.private_key = made.private_key;
    return pair;
}

// ---- the stage

stage::stage(client_options options)
    : w(merchants(), sandbox::sandbox_clock([this] { return now; }), sandbox::test::counting()),
      handler(context.get_executor(), w) {
    server = std::make_unique<net::http_server>(context, server_limits(), handler, who.server_tls());
    auto const bound = server->listen({"127.0.0.1", 0}, false, true);
    url = "https://127.0.0.1:" + std::to_string(bound.port);
    options.url = options.login_url = url;
    options.backup_url = "";
    options.ca_file = who.ca_file();
    owned.emplace(context.get_executor(), std::move(options));
    owned->use_certificate("10000100", who.merchant("10000100"));
    owned->use_certificate(std::string(provider_mch_id), who.merchant(std::string(provider_mch_id)));
}

stage::~stage() {
    handler.release();
    owned->close();
    server.reset();
    context.restart();
    context.run_for(20ms);
}

void stage::fault(std::string const& what, std::string const& on, int ms, int times) {
    auto const body = R"({"rules":[{"on":")" + on + R"(","do":")" + what + R"(","ms":)" + std::to_string(ms) +
                      R"(,"times":)" + std::to_string(times) + "}]}";
    BOOST_TEST(control("PUT", "/control/faults", body).status == 200U);
}

void stage::pay(std::string const& number) {
    auto const* const o = w.orders.find("10000100", number, now);
    BOOST_TEST_REQUIRE((o != nullptr));
    w.orders.pay(*o, now);
}

void stage::paid(std::string const& number) {
    account const shop = direct();
    auto const placed = run(wechat().unified_order(shop, order(number), soon()));
    BOOST_TEST_REQUIRE(placed.has_value());
    pay(number);
}

sandbox::control_reply stage::control(
    std::string_view method, std::string_view path, std::string const& body, std::string_view query
) {
    return sandbox::control(w, method, path, query, body);
}

} // namespace wxgate::embed_test
