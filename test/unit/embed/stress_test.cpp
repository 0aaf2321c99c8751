// Four io_contexts on four threads, a client each, 10,000 calls each with random deadlines and cancellations;
// some are made from a neighbour's thread. Under a sanitizer this is the test of lifetimes and threads.
#include "stage.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

using namespace wxgate;
using namespace wxgate::embed_test;

namespace {

constexpr int under_way = 32; // calls at a time, of each worker

int calls_each() {
    char const* const text = std::getenv("WXGATE_STRESS_CALLS");
    int const n = text != nullptr ? std::atoi(text) : 0;
    return n > 0 ? n : 10'000;
}

// What became of a worker's calls; written on its own thread.
struct tally {
    int accepted = 0;
    int refused = 0;
    int unsent = 0;    // unknown, and no byte had gone out
    int cut = 0;       // unknown, by deadline or cancellation, after one had
    int otherwise = 0; // unknown for another reason
    int thrown = 0;

    int all() const { return accepted + refused + unsent + cut + otherwise + thrown; }
};

bool is_cut(error_code const& e) {
    return e == make_error_code(errc::timed_out) || e == make_error_code(errc::cancelled);
}

class worker {
public:
    worker(stage const& s, unsigned seed) : random_(seed), shop_(direct()) {
        client_options o;
        o.url = o.login_url = s.url;
        o.backup_url = "";
        o.ca_file = s.who.ca_file();
        o.limits.max_connections = 8;
        pay_.emplace(context_.get_executor(), std::move(o));
    }

    // On its own thread, until all calls have ended.
    void run(int calls, worker& neighbour) {
        left_ = calls;
        neighbour_ = &neighbour;
        for (int i = 0; i < under_way; ++i)
            asio::post(context_, [this] { next(); });
        context_.run();
    }

    void release() { open_.reset(); }

    // Only when no thread runs.
    void close() {
        pay_->close();
        context_.restart();
        context_.run_for(2s);
    }

    tally const& ended() const { return ended_; }

    connection_counts connections() const { return pay_->connections(); }

    std::atomic<bool> done{false};

private:
    // A call with what cuts it short. It keeps itself until it has ended.
    struct one_call {
        explicit one_call(asio::any_io_executor const& e) : timer(e) {}

        asio::cancellation_signal signal;
        asio::steady_timer timer;
        bool over = false;
    };

    int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

    // A quarter are cut, from a fifth of a millisecond on; the others last, or no connection would come
    // about.
    std::chrono::microseconds patience() {
        auto const briefly = std::chrono::microseconds(200) * (1 << pick(11));
        return pick(4) == 0 ? briefly : std::chrono::microseconds(5s);
    }

    void next() {
        if (left_ == 0)
            return;
        --left_;
        auto const until = std::chrono::steady_clock::now() + patience();
        if (pick(8) == 0)
            return ask_neighbour(until);
        auto const one = std::make_shared<one_call>(context_.get_executor());
        auto const heard = [this, one](std::exception_ptr failed, outcome<order_status> status) {
            one->over = true;
            one->timer.cancel();
            asio::post(context_, [one] {}); // the signal outlives the operation, which ends behind this
            count(failed, status);
            next();
        };
        order_query_request q;
        q.out_trade_no = pick(2) == 0 ? "order0001" : "order0002";
        asio::co_spawn(
            context_,
            pay_->order_query(shop_, std::move(q), until),
            asio::bind_cancellation_slot(one->signal.slot(), heard)
        );
        if (pick(4) != 0)
            return;
        one->timer.expires_after(std::chrono::microseconds(1 << pick(18)));
        one->timer.async_wait([one](boost::system::error_code ec) {
            if (!ec && !one->over)
                one->signal.emit(asio::cancellation_type::terminal);
        });
    }

    // By the neighbour's client, on its thread; heard of here.
    void ask_neighbour(steady_point until) {
        order_query_request q;
        q.out_trade_no = "order0001";
        auto const heard = [this](std::exception_ptr failed, outcome<order_status> status) {
            count(failed, status);
            next();
        };
        asio::co_spawn(
            neighbour_->pay_->get_executor(),
            neighbour_->pay_->order_query(neighbour_->shop_, std::move(q), until),
            asio::bind_executor(context_.get_executor(), heard)
        );
    }

    void count(std::exception_ptr const& failed, outcome<order_status> const& status) {
        if (failed)
            ++ended_.thrown;
        else if (status)
            ++ended_.accepted;
        else if (status.error().is_refused())
            ++ended_.refused;
        else if (auto const u = status.error().as_unknown(); !u->sent)
            ++ended_.unsent;
        else
            ++(is_cut(u->code) ? ended_.cut : ended_.otherwise);
        if (left_ == 0 && ended_.all() == total_)
            done = true;
    }

    std::mt19937 random_;
    account shop_;
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> open_ = asio::make_work_guard(context_);
    std::optional<client> pay_;
    worker* neighbour_ = nullptr;
    int left_ = 0;
    int total_ = calls_each();
    tally ended_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(stress)

BOOST_AUTO_TEST_CASE(four_threads) {
    int const calls = calls_each();
    stage s;
    s.paid();
    // Some answers are late, so that deadlines and cancellations strike at every step.
    s.control(
        "PUT",
        "/control/faults",
        R"({"seed":7,"rules":[{"on":"orderquery","do":"delay","p":0.3,"ms":15},)"
        R"({"on":"orderquery","do":"hang_after","p":0.02,"ms":60}]})"
    );
    std::array<std::unique_ptr<worker>, 4> workers;
    for (unsigned i = 0; i < workers.size(); ++i)
        workers[i] = std::make_unique<worker>(s, 100 + i);

    auto work = asio::make_work_guard(s.context);
    s.context.restart();
    std::thread server([&] { s.context.run(); });
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers.size(); ++i)
        threads.emplace_back([&, i] { workers[i]->run(calls, *workers[(i + 1) % workers.size()]); });
    auto const all_done = [&] {
        return std::all_of(workers.begin(), workers.end(), [](auto const& w) { return w->done.load(); });
    };
    auto const end = std::chrono::steady_clock::now() + std::chrono::minutes(25);
    while (!all_done() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(50ms);
    BOOST_TEST(all_done());
    for (auto const& w : workers) // nobody asks a neighbour any more
        w->release();
    for (auto& t : threads)
        t.join();

    for (auto const& w : workers) {
        auto const& t = w->ended();
        BOOST_TEST_MESSAGE(
            "accepted " << t.accepted << ", refused " << t.refused << ", unsent " << t.unsent << ", cut "
                        << t.cut << ", otherwise " << t.otherwise << ", thrown " << t.thrown
        );
        BOOST_TEST(t.all() == calls);
        BOOST_TEST(t.thrown == 0);
        BOOST_TEST(t.accepted > 0);
        BOOST_TEST(t.refused > 0);
        BOOST_TEST(t.cut > 0);
        w->close();
        BOOST_TEST(w->connections().open == 0U);
    }
    work.reset();
    s.context.stop();
    server.join();
}

BOOST_AUTO_TEST_SUITE_END()
