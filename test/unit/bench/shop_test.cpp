// The driver and the receiver against each other, and the money they come to.
#include "base/text.hpp"
#include "load/receiver.hpp"
#include "wire/digest.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::bench;
using namespace std::chrono_literals;

namespace {

std::string
message(receiver const& to, std::string const& secret, std::string const& id, std::string const& body) {
    auto const bytes = from_base64(std::string_view(secret).substr(6)).value();
    auto const digest = wire::hmac_sha256(bytes, {id, ".", "1700000000", ".", body});
    header_list const headers{
        {"webhook-id", id},
        {"webhook-timestamp", "1700000000"},
        {"webhook-signature", "v1," + to_base64(std::string(digest.begin(), digest.end()))}};
    return request_head("POST", "/hook", to.url().substr(7), headers).with(body);
}

std::string paid(std::string const& number, int fee) {
    return R"({"type":"payment.succeeded","timestamp":"t","data":{"out_trade_no":")" + number +
           R"(","total_fee":)" + std::to_string(fee) + "}}";
}

host_port address_of(receiver const& to) {
    auto const url = to.url();
    return parse_plain_url(url.substr(0, url.rfind('/'))).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(shop)

BOOST_AUTO_TEST_CASE(webhooks_are_counted_once) {
    asio::io_context context{1};
    receiver_options o;
    o.secret = make_webhook_secret();
    o.check_each = 1;
    receiver to(context, o);
    std::size_t told = 0;
    to.on_webhook([&](webhook const& w) { told += w.type == "payment.succeeded" ? 1U : 0U; });
    http_driver driver(context, address_of(to), {4, 2s});
    std::size_t answered = 0;
    constexpr std::size_t n = 100;
    auto const send = [&](std::string request) {
        driver.send(std::move(request), [&](http_answer const& a) {
            BOOST_TEST(a.ok());
            BOOST_TEST(a.status == 204U);
            if (++answered == n + 3)
                context.stop();
        });
    };
    for (std::size_t i = 0; i < n; ++i)
        send(message(to, o.secret, "id" + std::to_string(i), paid("order" + std::to_string(i), 7)));
    send(message(to, o.secret, "id5", paid("order5", 7)));
    send(message(
        to,
        o.secret,
        "refund",
        R"({"type":"refund.succeeded","timestamp":"t","data":{"out_refund_no":"r","out_trade_no":"order5",)"
        R"("refund_fee":3,"total_fee":7}})"
    ));
    send(message(to, make_webhook_secret(), "forged", paid("order1000", 1)));
    context.run();
    BOOST_TEST(told == n + 2);
    auto const& c = to.counted();
    BOOST_TEST(c.messages == n + 3);
    BOOST_TEST(c.again == 1U);
    BOOST_TEST(c.badly_signed == 1U);
    BOOST_TEST(c.malformed == 0U);
    BOOST_TEST(to.heard().payments == n + 1);
    BOOST_TEST(to.heard().paid == static_cast<std::int64_t>(7 * n + 1));
    BOOST_TEST(to.heard().refunds == 1U);
    BOOST_TEST(to.heard().refunded == 3);
    BOOST_TEST(to.paid_at("order5").has_value());
    BOOST_TEST(!to.paid_at("order-1").has_value());
    BOOST_TEST(driver.connections() <= 4U);
}

BOOST_AUTO_TEST_CASE(a_shop_that_is_away_counts_nothing) {
    asio::io_context context{1};
    receiver to(context, {});
    to.answer_with(503);
    http_driver driver(context, address_of(to), {1, 2s});
    driver.send(request_head("POST", "/hook", "shop", {}).with(paid("order1", 1)), [&](http_answer const& a) {
        BOOST_TEST(a.status == 503U);
        BOOST_TEST(!a.ok());
        context.stop();
    });
    context.run();
    BOOST_TEST(to.counted().messages == 0U);
}

BOOST_AUTO_TEST_CASE(nobody_there_is_a_failure) {
    asio::io_context context{1};
    asio::ip::tcp::acceptor taken(context, {asio::ip::make_address("127.0.0.1"), 0});
    host_port const where{"127.0.0.1", taken.local_endpoint().port()};
    taken.close();
    http_driver driver(context, where, {2, 2s});
    bool sent = false;
    driver.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [&](http_answer const& a) {
        BOOST_TEST(sent); // never inside send()
        BOOST_TEST((a.ended == http_answer::how::failed));
        BOOST_TEST(a.mistake.starts_with("cannot connect"));
        context.stop();
    });
    sent = true;
    context.run();
}

BOOST_AUTO_TEST_CASE(silence_is_a_timeout) {
    asio::io_context context{1};
    asio::ip::tcp::acceptor silent(context, {asio::ip::make_address("127.0.0.1"), 0});
    http_driver driver(context, {"127.0.0.1", silent.local_endpoint().port()}, {1, 100ms});
    int ended = 0;
    for (int i = 0; i < 2; ++i) // one waits for the other's connection
        driver.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n", [&](http_answer const& a) {
            BOOST_TEST((a.ended == http_answer::how::timed_out));
            if (++ended == 2)
                context.stop();
        });
    context.run();
}

BOOST_AUTO_TEST_CASE(only_plain_http_to_an_address_is_driven) {
    BOOST_TEST(parse_plain_url("http://127.0.0.1:8080").value().port == 8080);
    BOOST_TEST(parse_plain_url("127.0.0.1:80/").value().host == "127.0.0.1");
    for (std::string_view const text :
         {"https://127.0.0.1:1", "http://localhost:1", "http://127.0.0.1", "", "http://127.0.0.1:1/path"})
        BOOST_TEST(!parse_plain_url(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_ledger_is_summed_up) {
    constexpr std::string_view ledger = R"({"orders":[
        {"out_trade_no":"p1","total_fee":5,"trade_state":"SUCCESS","refunds":[]},
        {"out_trade_no":"p2","total_fee":7,"trade_state":"REFUND","refunds":[
            {"out_refund_no":"a","refund_id":"1","refund_fee":2,"refund_status":"SUCCESS"},
            {"out_refund_no":"b","refund_id":"2","refund_fee":1,"refund_status":"PROCESSING"}]},
        {"out_trade_no":"p3","total_fee":9,"trade_state":"NOTPAY","refunds":[]},
        {"out_trade_no":"f1","total_fee":11,"trade_state":"SUCCESS","refunds":[]}],"notifications":[]})";
    auto const m = money_in_ledger(ledger, "p");
    BOOST_TEST(m.payments == 2U);
    BOOST_TEST(m.paid == 12);
    BOOST_TEST(m.refunds == 1U);
    BOOST_TEST(m.refunded == 2);
    BOOST_TEST(money_in_ledger(ledger, "").paid == 23);
    BOOST_CHECK_THROW(money_in_ledger("[]", ""), std::runtime_error);
    BOOST_CHECK_THROW(money_in_ledger("{", ""), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(sums_that_differ_are_told) {
    money_check c;
    c.store = money{2, 12, 0, 0};
    c.sandbox = c.store;
    c.heard = c.store;
    BOOST_TEST(c.agree());
    report same;
    c.add_to(same);
    BOOST_TEST(same.warnings.empty());
    BOOST_REQUIRE(same.verdicts.size() == 1U);
    BOOST_TEST(same.verdicts.front().held());
    c.heard->paid = 11;
    BOOST_TEST(!c.agree());
    report other;
    c.add_to(other);
    BOOST_TEST(other.warnings.size() == 1U);
    BOOST_TEST(other.verdicts.front().value == 1.0);
    BOOST_TEST(!other.verdicts.front().held());
    c.heard.reset();
    BOOST_TEST(c.agree());
    c.sandbox->payments = 3;
    BOOST_TEST(!c.agree());
}

BOOST_AUTO_TEST_SUITE_END()
