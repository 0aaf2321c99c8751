// What cancellation and deadlines mean for the outcome, the hooks, and what an idle client costs.
#include "stage.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

using namespace wxgate;
using namespace wxgate::embed_test;

namespace {

// Makes the call and cancels it after a while. An exception that leaves the call fails the test.
template <class T>
outcome<T> cancelled_after(stage& s, std::chrono::milliseconds after, awaitable<outcome<T>> work) {
    std::optional<outcome<T>> got;
    asio::cancellation_signal signal;
    auto const done = [&](std::exception_ptr failed, outcome<T> value) {
        must_not_throw(failed);
        got.emplace(std::move(value));
    };
    asio::co_spawn(s.context, std::move(work), asio::bind_cancellation_slot(signal.slot(), done));
    asio::steady_timer timer(s.context, after);
    timer.async_wait([&](boost::system::error_code) { signal.emit(asio::cancellation_type::terminal); });
    auto const began = std::chrono::steady_clock::now();
    s.context.restart();
    while (!got && s.context.run_one_for(20s) != 0) {
    }
    BOOST_TEST_REQUIRE(got.has_value());
    BOOST_TEST((std::chrono::steady_clock::now() - began < 5s)); // at once, not at the deadline
    return std::move(*got);
}

} // namespace

BOOST_AUTO_TEST_SUITE(cut_calls)

BOOST_AUTO_TEST_CASE(cancelled_after_it_was_sent) {
    stage s;
    account const shop = direct();
    s.fault("hang_after", "unifiedorder", 60'000);
    auto const cut = cancelled_after(s, 200ms, s.wechat().unified_order(shop, order(), soon(60s)));
    BOOST_TEST(how(cut) == unknown_as(errc::cancelled, true));
    BOOST_TEST((s.w.orders.find("10000100", "order0001", s.now) != nullptr)); // it was done
    BOOST_TEST(s.wechat().connections().open == 0U);                          // and its connection is gone
    BOOST_TEST(how(s.run(s.wechat().unified_order(shop, order(), soon()))) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_query_is_not_sent_again_when_it_was_cancelled) {
    stage s;
    account const shop = direct();
    s.paid();
    order_query_request q;
    q.out_trade_no = "order0001";
    s.fault("hang_before", "orderquery", 60'000); // once: another try would be answered
    BOOST_TEST(
        how(cancelled_after(s, 200ms, s.wechat().order_query(shop, q, soon(60s)))) ==
        unknown_as(errc::cancelled, true)
    );
}

BOOST_AUTO_TEST_CASE(cancelled_while_it_waited_for_a_connection) {
    client_options options;
    options.limits.max_connections = 1;
    stage s(std::move(options));
    account const shop = direct();
    s.fault("hang_after", "unifiedorder", 400);
    std::optional<outcome<unified_order>> first;
    auto keep = [&](std::exception_ptr failed, outcome<unified_order> value) {
        must_not_throw(failed);
        first.emplace(std::move(value));
    };
    asio::co_spawn(s.context, s.wechat().unified_order(shop, order(), soon(60s)), keep);
    auto const cut = cancelled_after(s, 100ms, s.wechat().unified_order(shop, order("order0002"), soon(60s)));
    BOOST_TEST(how(cut) == unknown_as(errc::cancelled, false));
    while (!first && s.context.run_one_for(20s) != 0) {
    }
    BOOST_TEST((s.w.orders.find("10000100", "order0002", s.now) == nullptr));
    BOOST_TEST(how(s.run(s.wechat().unified_order(shop, order("order0003"), soon()))) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_payment_by_code_is_cancelled_between_two_questions) {
    stage s;
    account const shop = direct();
    pay_by_code_pacing pacing;
    pacing.poll = 60s;
    auto const cut = cancelled_after(
        s, 200ms, s.wechat().pay_by_code(shop, scanned("134512345678901291"), soon(300s), pacing)
    );
    BOOST_TEST(how(cut) == unknown_as(errc::cancelled, true));
}

BOOST_AUTO_TEST_CASE(deadlines) {
    stage s;
    account const shop = direct();
    s.fault("hang_after", "unifiedorder", 60'000);
    BOOST_TEST(
        how(s.run(s.wechat().unified_order(shop, order(), soon(200ms)))) == unknown_as(errc::timed_out, true)
    );
    auto const over = s.run(s.wechat().unified_order(shop, order("order0002"), soon(-1s)));
    BOOST_TEST(!over.has_value()); // whatever became of it, it is unknown
    BOOST_TEST(!over.error().is_refused());
}

BOOST_AUTO_TEST_CASE(hooks) {
    std::vector<std::string> told;
    client_options options;
    options.observe = [&](std::string_view call, std::string_view result, std::chrono::nanoseconds took) {
        BOOST_TEST(took.count() > 0);
        told.push_back(std::string(call) + " " + std::string(result));
    };
    options.log = [&](log_level level, std::string_view line) {
        told.push_back((level == log_level::warning ? "warning: " : "info: ") + std::string(line));
    };
    stage s(std::move(options));
    account const shop = direct();
    s.run(s.wechat().unified_order(shop, order(), soon()));
    s.fault("reset_after", "unifiedorder");
    s.run(s.wechat().unified_order(shop, order(), soon()));
    BOOST_TEST_REQUIRE(told.size() == 3U);
    BOOST_TEST(told[0] == "unifiedorder accepted");
    BOOST_TEST(told[1] == "unifiedorder unknown");
    BOOST_TEST(told[2].starts_with("warning: unifiedorder: unknown: the connection was lost"));
}

BOOST_AUTO_TEST_CASE(five_hundred_calls_make_one_handshake) {
    stage s;
    account const shop = direct();
    s.paid();
    order_query_request q;
    q.out_trade_no = "order0001";
    for (int i = 0; i < 500; ++i)
        BOOST_TEST_REQUIRE(s.run(s.wechat().order_query(shop, q, soon())).has_value());
    auto const c = s.wechat().connections();
    BOOST_TEST(c.opened == 1U);
    BOOST_TEST(c.idle == 1U);
}

// The pool's own timer, which closes what is idle too long, and no other: when it has run, there is nothing
// left to wake up for.
BOOST_AUTO_TEST_CASE(an_idle_client_sleeps) {
    asio::io_context context{1};
    stage s;
    client_options options;
    options.url = options.login_url = s.url;
    options.backup_url = "";
    options.ca_file = s.who.ca_file();
    options.limits.idle_timeout = 300ms;
    client idle(context.get_executor(), options);
    BOOST_TEST(context.run_for(50ms) == 0U); // before its first call

    account const shop = direct();
    order_query_request q;
    q.out_trade_no = "order0001";
    bool ended = false;
    asio::co_spawn(
        context,
        idle.order_query(shop, q, soon()),
        [&](std::exception_ptr failed, outcome<order_status> const&) {
            must_not_throw(failed);
            ended = true;
        }
    );
    context.restart();
    s.context.restart();
    while (!ended) {
        context.run_for(5ms);
        s.context.run_for(5ms);
        context.restart();
        s.context.restart();
    }
    context.run_for(20ms); // the end of the call itself
    context.restart();
    std::size_t const wakes = context.run_for(2s);
    BOOST_TEST(wakes <= 3U); // the watchdog of the connection, the pool's timer, the end of the connection
    BOOST_TEST(idle.connections().open == 0U);
    context.restart();
    BOOST_TEST(context.run_for(100ms) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
