// Client certificates over real TLS: who reaches /secapi/, who is told off, whom TLS itself refuses.
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "sandbox/certificates.hpp"
#include "sandbox/wechat_handler.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace wxgate;
using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;
using namespace std::chrono_literals;

namespace {

struct listening : fixture {
    explicit listening(bool asks_for_certificates = true) : handler(context.get_executor(), w) {
        net::certificate_request r;
        r.common_name = "wxgate sandbox CA";
        r.authority = true;
        ca = net::issue_certificate(r);
        files.write("ca.pem", ca.certificate);
        r = {};
        r.common_name = "localhost";
        r.ip_addresses = {"127.0.0.1"};
        identity("server", r, ca);
        net::server_tls_options o;
        o.certificate = (files.path() / "server_cert.pem").string();
        o.private_key = (files.path() / "server_key.pem").string();
        if (asks_for_certificates)
            o.client_ca = (files.path() / "ca.pem").string();
        server =
            std::make_unique<net::http_server>(context, server_limits(), handler, net::make_server_tls(o));
        port = server->listen({"127.0.0.1", 0}, false, true).port;
        paid();
    }

    ~listening() {
        server.reset();
        context.restart();
        context.run_for(100ms);
    }

    listening(listening const&) = delete;
    listening& operator=(listening const&) = delete;

    void identity(
        std::string const& name, net::certificate_request const& r, net::issued_certificate const& issuer
    ) {
        auto const made = net::issue_certificate(r, &issuer);
        files.write(name + "_cert.pem", made.certificate);
        files.write(name + "_key.pem", made.private_key);
    }

    static awaitable<void>
    run(net::http_client& client, net::exchange_request request, std::optional<net::exchange_result>& into) {
        auto result = co_await client.exchange(std::move(request), std::chrono::steady_clock::now() + 5s);
        into.emplace(std::move(result));
    }

    // One call with the certificate of this identity ("": none), on a connection of its own.
    net::exchange_result ask(std::string const& who, std::string const& path, std::string const& body) {
        net::client_tls_options o;
        o.ca_file = (files.path() / "ca.pem").string();
        if (!who.empty()) {
            o.client.certificate = files.read(who + "_cert.pem");
            o.client.private_key = files.read(who + "_key.pem");
        }
        net::url const to{true, "127.0.0.1", port, ""};
        net::http_client client(context.get_executor(), to, net::make_client_tls(o), {});
        net::exchange_request request;
        request.target = path;
        request.content_type = "text/xml";
        request.body = body;
        std::optional<net::exchange_result> result;
        asio::co_spawn(context, run(client, std::move(request), result), report("test"));
        context.restart();
        while (!result && context.run_one_for(5s) != 0)
            ;
        BOOST_TEST_REQUIRE(result.has_value());
        return std::move(*result);
    }

    net::exchange_result refund(std::string const& who) {
        return ask(who, "/secapi/pay/refund", xml(signed_with(order_refund_request("r1", "1"))));
    }

    scratch files;
    net::issued_certificate ca;
    asio::io_context context;
    wechat_handler handler;
    std::unique_ptr<net::http_server> server;
    std::uint16_t port = 0;
};

net::certificate_request named(std::string name) {
    net::certificate_request r;
    r.common_name = std::move(name);
    return r;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mutual_tls)

BOOST_AUTO_TEST_CASE(none_the_right_one_and_anothers) {
    listening s;
    s.identity("shop", named("10000100"), s.ca);
    s.identity("other", named("10000200"), s.ca);

    auto reply = s.refund("");
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 400U);
    BOOST_TEST(reply->body.find("400 No required SSL certificate was sent") != std::string::npos);

    reply = s.refund("other");
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 200U);
    BOOST_TEST(reply->body.find("certificate not match") != std::string::npos);
    BOOST_TEST(s.status_of("r1") == "");

    reply = s.refund("shop");
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 200U);
    fields f;
    BOOST_TEST(!decode_xml(reply->body, f));
    BOOST_TEST(f.get("result_code") == "SUCCESS");
    BOOST_TEST(verify(f, sign_type::md5, key));
    BOOST_TEST(s.status_of("r1") == "PROCESSING");
}

BOOST_AUTO_TEST_CASE(a_foreign_one_and_an_expired_one_are_refused_by_tls) {
    listening s;
    net::certificate_request r = named("wxgate sandbox CA"); // of the same name, but another
    r.authority = true;
    auto const foreign = net::issue_certificate(r);
    s.identity("foreign", named("10000100"), foreign);
    r = named("10000100");
    r.life = std::chrono::days(-1);
    s.identity("expired", r, s.ca);
    for (char const* const who : {"foreign", "expired"}) {
        BOOST_TEST(!s.refund(who).has_value(), who);
        BOOST_TEST(s.status_of("r1") == "");
    }
}

BOOST_AUTO_TEST_CASE(the_other_calls_ask_for_none) {
    listening s;
    s.identity("other", named("10000200"), s.ca);
    auto const query = xml(signed_with(request({{"out_trade_no", "order0001"}})));
    for (char const* const who : {"", "other"})
        for (char const* const path : {"/pay/orderquery", "/pay/refundquery"}) {
            auto const reply = s.ask(who, path, query);
            BOOST_TEST_REQUIRE(reply.has_value());
            BOOST_TEST(reply->status == 200U);
            BOOST_TEST(reply->body.find("<return_code><![CDATA[SUCCESS]]>") != std::string::npos);
        }
}

BOOST_AUTO_TEST_CASE(a_listener_that_asks_for_none_refunds_nothing) {
    listening s(false);
    s.identity("shop", named("10000100"), s.ca);
    auto const reply = s.refund("shop");
    BOOST_TEST_REQUIRE(reply.has_value());
    BOOST_TEST(reply->status == 400U);
    BOOST_TEST(s.status_of("r1") == "");
}

BOOST_AUTO_TEST_CASE(two_folders_of_new_certificates_have_nothing_in_common) {
    scratch a;
    scratch b;
    write_new_certificates(a.path(), "10000100");
    write_new_certificates(b.path(), "10000200");
    for (char const* const file : {"ca.pem", "server_cert.pem", "apiclient_cert.pem", "apiclient_key.pem"})
        BOOST_TEST(a.read(file) != b.read(file));
}

BOOST_AUTO_TEST_SUITE_END()
