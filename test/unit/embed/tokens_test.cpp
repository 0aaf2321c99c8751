// One call under every completion token that the documentation names, from the client's own executor and from
// another.
#include "stage.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <thread>

using namespace wxgate;
using namespace wxgate::embed_test;

namespace {

order_query_request question() {
    order_query_request q;
    q.out_trade_no = "order0001";
    return q;
}

awaitable<void> in_a_coroutine(client& pay, account const& shop, std::string& heard) {
    auto q = question();
    auto const status = co_await pay.order_query(shop, std::move(q), soon());
    heard = status->transaction_id;
}

awaitable<void> with_as_tuple(client& pay, account const& shop, std::string& heard) {
    auto work = pay.order_query(shop, question(), soon());
    auto [failed, status] =
        co_await asio::co_spawn(pay.get_executor(), std::move(work), asio::as_tuple(asio::use_awaitable));
    if (!failed)
        heard = status->transaction_id;
}

void run_until(stage& s, std::string const& heard) {
    auto const end = std::chrono::steady_clock::now() + 10s;
    s.context.restart();
    while (heard.empty() && std::chrono::steady_clock::now() < end)
        s.context.run_one_for(100ms);
    BOOST_TEST(heard.size() == 28U);
}

struct with_an_order : stage {
    with_an_order() { paid(); }

    account const shop = direct();
    std::string heard;
};

} // namespace

BOOST_AUTO_TEST_SUITE(completion_tokens)

BOOST_AUTO_TEST_CASE(use_awaitable) {
    with_an_order s;
    asio::co_spawn(s.context, in_a_coroutine(s.wechat(), s.shop, s.heard), must_not_throw);
    run_until(s, s.heard);
}

BOOST_AUTO_TEST_CASE(callback) {
    with_an_order s;
    asio::co_spawn(
        s.wechat().get_executor(),
        s.wechat().order_query(s.shop, question(), soon()),
        [&](std::exception_ptr failed, outcome<order_status> status) {
            if (!failed && status)
                s.heard = status->transaction_id;
        }
    );
    run_until(s, s.heard);
}

BOOST_AUTO_TEST_CASE(use_future) {
    with_an_order s;
    auto future = asio::co_spawn(
        s.wechat().get_executor(), s.wechat().order_query(s.shop, question(), soon()), asio::use_future
    );
    s.context.restart();
    while (future.wait_for(0s) != std::future_status::ready && s.context.run_one_for(5s) != 0) {
    }
    outcome<order_status> const status = future.get();
    BOOST_TEST_REQUIRE(status.has_value());
    BOOST_TEST(status->transaction_id.size() == 28U);
}

BOOST_AUTO_TEST_CASE(as_tuple) {
    with_an_order s;
    asio::co_spawn(s.context, with_as_tuple(s.wechat(), s.shop, s.heard), must_not_throw);
    run_until(s, s.heard);
}

BOOST_AUTO_TEST_CASE(deferred) {
    with_an_order s;
    auto later = asio::co_spawn(
        s.wechat().get_executor(), s.wechat().order_query(s.shop, question(), soon()), asio::deferred
    );
    BOOST_TEST(s.context.poll() == 0U); // nothing is under way yet
    std::move(later)([&](std::exception_ptr failed, outcome<order_status> status) {
        if (!failed && status)
            s.heard = status->transaction_id;
    });
    run_until(s, s.heard);
}

// A coroutine of another io_context, on another thread: it goes on there.
BOOST_AUTO_TEST_CASE(from_another_thread) {
    with_an_order s;
    asio::io_context elsewhere{1};
    std::thread::id where;
    std::string heard;
    auto const there = [&](std::exception_ptr failed) {
        must_not_throw(failed);
        where = std::this_thread::get_id();
    };
    asio::co_spawn(elsewhere, with_as_tuple(s.wechat(), s.shop, heard), there);
    std::thread thread([&] { elsewhere.run(); });
    auto const id = thread.get_id();
    auto work = asio::make_work_guard(s.context);
    s.context.restart();
    std::thread pays([&] { s.context.run(); });
    thread.join();
    work.reset();
    s.context.stop();
    pays.join();
    BOOST_TEST((where == id));
    BOOST_TEST(heard.size() == 28U);
}

BOOST_AUTO_TEST_SUITE_END()
