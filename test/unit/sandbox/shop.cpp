#include "shop.hpp"

#include "sandbox/certificates.hpp"
#include "wire/cipher.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

namespace wxgate::sandbox::test {

using namespace std::chrono_literals;

awaitable<net::http_reply> shop::handle(net::http_request const& request) {
    received r;
    if (!decode_xml(request.body, r.message)) {
        r.out_trade_no = r.message.get("out_trade_no");
        r.sign = r.message.get("sign");
        r.verifies = verify(r.message, sign_type::md5, key);
        if (auto const document = wire::decrypt_req_info(r.message.get("req_info"), key))
            r.verifies = !decode_xml(*document, r.inner, {}, "root");
    }
    r.path = request.path;
    for (auto const& h : request.headers)
        r.headers.emplace_back(h.name, h.value);
    all.push_back(std::move(r));
    net::http_reply reply;
    reply.content_type = "text/xml";
    reply.body = answer;
    co_return reply;
}

net::http_reply shop::refuse(unsigned status, std::string_view, std::string_view) {
    net::http_reply r;
    r.status = status;
    return r;
}

running::running(bool tls) {
    write_new_certificates(files.path(), "10000100");
    net::client_tls_options c;
    auto const system = net::make_client_tls(c);
    c.ca_file = (files.path() / "ca.pem").string();
    sender = std::make_shared<notifier>(
        context.get_executor(),
        w.clock,
        w.notifications,
        w.faults,
        [this] { return w.ripen(); },
        net::make_client_tls(c),
        system
    );
    w.something_is_due = [this] { sender->look_again(); };
    net::tls_context_ptr server_tls;
    if (tls) {
        net::server_tls_options o;
        o.certificate = (files.path() / "server_cert.pem").string();
        o.private_key = (files.path() / "server_key.pem").string();
        server_tls = net::make_server_tls(o);
    }
    server = std::make_unique<net::http_server>(context, server_limits(), listener, server_tls);
    auto const bound = server->listen({"127.0.0.1", 0}, false, true);
    url = std::string(tls ? "https" : "http") + "://127.0.0.1:" + std::to_string(bound.port) + "/notify/shop";
    sender->start();
}

running::~running() {
    sender->stop();
    server.reset();
    context.restart();
    context.run_for(100ms);
}

void running::pay(std::string_view number) {
    auto const prepay = place(order_request(number, {{"notify_url", url}}));
    BOOST_TEST(control("POST", "/control/request-payment", "", request_payment_json(prepay)).first == 200U);
}

void running::fault(std::string const& what, int ms, std::string const& on) {
    auto const body = R"({"rules":[{"on":")" + on + R"(","do":")" + what + R"(","ms":)" + std::to_string(ms) +
                      R"(,"times":1}]})";
    BOOST_TEST(control("PUT", "/control/faults", "", body).first == 200U);
}

bool running::tried_and_waiting() const {
    return w.notifications.all().back()->attempts != 0 && w.notifications.next_due().has_value();
}

bool running::all_acknowledged() const {
    auto const& all = w.notifications.all();
    return std::all_of(all.begin(), all.end(), [](auto const& n) { return n->acknowledged; });
}

} // namespace wxgate::sandbox::test
