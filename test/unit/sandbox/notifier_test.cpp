// Notifications over real sockets, plain and TLS: headers, acknowledgement, retries by the moved clock,
// faults.
#include "net/http_server.hpp"
#include "sandbox/certificates.hpp"
#include "sandbox/control.hpp"
#include "sandbox/notifier.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
using namespace std::chrono_literals;

namespace {

struct received {
    std::string out_trade_no;
    std::string sign;
    std::string path;
    std::vector<std::pair<std::string, std::string>> headers;
    bool verifies = false;
};

// A shop that hears notifications.
struct shop final : net::http_handler {
    awaitable<net::http_reply> handle(net::http_request const& request) override {
        received r;
        fields f;
        if (!decode_xml(request.body, f)) {
            r.out_trade_no = f.get("out_trade_no");
            r.sign = f.get("sign");
            r.verifies = verify(f, sign_type::md5, key);
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

    net::http_reply refuse(unsigned status, std::string_view, std::string_view) override {
        net::http_reply r;
        r.status = status;
        return r;
    }

    std::vector<received> all;
    std::string answer = "<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>";
};

struct running : fixture {
    explicit running(bool tls = false) {
        write_new_certificates(files.path(), "10000100");
        net::client_tls_options c;
        auto const system = net::make_client_tls(c);
        c.ca_file = (files.path() / "ca.pem").string();
        sender = std::make_shared<notifier>(
            context.get_executor(), w.clock, w.notifications, w.faults, net::make_client_tls(c), system
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
        url = std::string(tls ? "https" : "http") + "://127.0.0.1:" + std::to_string(bound.port) +
              "/notify/shop";
        sender->start();
    }

    ~running() {
        sender->stop();
        server.reset();
        context.restart();
        context.run_for(100ms);
    }

    running(running const&) = delete;
    running& operator=(running const&) = delete;

    void pay(std::string_view number) {
        auto const prepay = place(order_request(number, {{"notify_url", url}}));
        BOOST_TEST(
            control("POST", "/control/request-payment", "", request_payment_json(prepay)).first == 200U
        );
    }

    void fault(std::string const& what, int ms = 100) {
        auto const body = R"({"rules":[{"on":"notify","do":")" + what + R"(","ms":)" + std::to_string(ms) +
                          R"(,"times":1}]})";
        BOOST_TEST(control("PUT", "/control/faults", "", body).first == 200U);
    }

    // Runs until `done`, at most five seconds.
    template <class Done>
    bool until(Done done) {
        auto const end = std::chrono::steady_clock::now() + 5s;
        context.restart();
        while (!done() && std::chrono::steady_clock::now() < end)
            context.run_one_for(20ms);
        return done();
    }

    // The newest was sent (or lost) and waits for its next time.
    bool tried_and_waiting() {
        return w.notifications.all().back()->attempts != 0 && w.notifications.next_due().has_value();
    }

    bool all_acknowledged() {
        for (auto const& n : w.notifications.all())
            if (!n->acknowledged)
                return false;
        return true;
    }

    scratch files;
    asio::io_context context;
    shop listener;
    std::shared_ptr<notifier> sender;
    std::unique_ptr<net::http_server> server;
    std::string url;
};

} // namespace

BOOST_AUTO_TEST_SUITE(sending)

BOOST_AUTO_TEST_CASE(a_payment_is_told_at_once_and_once) {
    running s;
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST_REQUIRE(s.listener.all.size() == 1U);
    auto const& r = s.listener.all.front();
    BOOST_TEST(r.out_trade_no == "order0001");
    BOOST_TEST(r.verifies);
    BOOST_TEST(r.path == "/notify/shop");
    std::vector<std::string> names;
    for (auto const& [name, value] : r.headers) {
        names.push_back(name);
        if (name == "User-Agent")
            BOOST_TEST(value == "Mozilla/4.0");
        if (name == "Accept")
            BOOST_TEST(value == "*/*");
        if (name == "Pragma")
            BOOST_TEST(value == "no-cache");
        if (name == "Content-Type")
            BOOST_TEST(value == "text/xml");
    }
    std::vector<std::string> const expected = {
        "Host", "User-Agent", "Accept", "Pragma", "Content-Type", "Content-Length"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    s.w.clock.advance(24h);
    s.w.something_is_due();
    s.context.run_for(50ms);
    BOOST_TEST(s.listener.all.size() == 1U);
}

BOOST_AUTO_TEST_CASE(over_tls_with_the_sandboxs_own_authority) {
    running s(true);
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST(s.listener.all.size() == 1U);
}

BOOST_AUTO_TEST_CASE(it_comes_again_when_the_clock_is_moved_and_sixteen_times_in_all) {
    running s;
    s.listener.answer = "<xml><return_code><![CDATA[FAIL]]></return_code></xml>";
    s.pay("order0001");
    for (std::size_t n = 1; n <= 16; ++n) {
        BOOST_TEST(s.until([&] {
            return s.listener.all.size() == n && (n == 16 || s.w.notifications.next_due());
        }));
        s.control("POST", "/control/clock", "", R"({"advance":"6h"})");
    }
    s.context.restart();
    s.context.run_for(50ms);
    BOOST_TEST(s.listener.all.size() == 16U);
    auto const ledger = s.control("GET", "/control/ledger").second;
    BOOST_TEST(
        boost::json::serialize(ledger.at("notifications")) ==
        R"([{"out_trade_no":"order0001","kind":"payment","attempts":16,"acknowledged":false}])"
    );
}

BOOST_AUTO_TEST_CASE(nobody_there_is_a_try_like_another) {
    running s;
    s.url = "http://127.0.0.1:1/notify";
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.tried_and_waiting(); }));
    BOOST_TEST(s.w.notifications.all().front()->attempts == 1U);
}

BOOST_AUTO_TEST_CASE(twice_at_once) {
    running s;
    s.fault("duplicate");
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.listener.all.size() == 2; }));
    BOOST_TEST(s.listener.all[0].sign == s.listener.all[1].sign);
    BOOST_TEST(s.w.notifications.all().front()->attempts == 2U);
}

BOOST_AUTO_TEST_CASE(lost_on_the_way) {
    running s;
    s.fault("drop");
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.tried_and_waiting(); }));
    BOOST_TEST(s.listener.all.empty());
    s.control("POST", "/control/clock", "", R"({"advance":"15s"})");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST(s.w.notifications.all().front()->attempts == 2U);
}

BOOST_AUTO_TEST_CASE(in_another_order) {
    running s;
    s.fault("reorder", 4000);
    s.pay("order0001");
    s.pay("order0002");
    BOOST_TEST(s.until([&] { return s.listener.all.size() == 2; }));
    BOOST_TEST(s.listener.all[0].out_trade_no == "order0002");
    BOOST_TEST(s.listener.all[1].out_trade_no == "order0001");
}

BOOST_AUTO_TEST_CASE(held_back_alone_it_goes_after_all) {
    running s;
    s.fault("reorder", 50);
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
}

BOOST_AUTO_TEST_CASE(wrong_signatures_are_tried_on_the_shop) {
    running s;
    s.fault("sign_probe");
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.all_acknowledged(); }));
    BOOST_TEST_REQUIRE(s.listener.all.size() == 2U);
    BOOST_TEST(s.listener.all[0].sign.starts_with("WECHATPAY/SIGNTEST/"));
    BOOST_TEST(!s.listener.all[0].verifies);
    BOOST_TEST(s.listener.all[1].verifies);
    s.fault("bad_sign");
    s.pay("order0002"); // the shop above takes anything: that counts for nothing
    BOOST_TEST(s.until([&] { return s.tried_and_waiting(); }));
    BOOST_TEST(!s.w.notifications.all().back()->acknowledged);
    BOOST_TEST(!s.listener.all[2].verifies);
}

BOOST_AUTO_TEST_CASE(forgetting_while_one_is_under_way) {
    running s;
    s.fault("delay", 50);
    s.pay("order0001");
    s.context.restart();
    s.context.run_for(10ms);
    s.control("DELETE", "/control/state");
    s.context.restart();
    s.context.run_for(100ms);
    BOOST_TEST(s.listener.all.empty());
    s.pay("order0001");
    BOOST_TEST(s.until([&] { return s.listener.all.size() == 1; }));
}

BOOST_AUTO_TEST_SUITE_END()
