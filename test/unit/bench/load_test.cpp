// The loops that offer load: the schedule, the numbers, and what is counted.
#include "load/load.hpp"

#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <set>

using namespace wxgate::bench;
using namespace std::chrono_literals;

namespace {

// Ends every unit at the next turn of the context, as it is told.
class prompt final : public workload {
public:
    prompt(asio::io_context& context, load_loop& loop) : context_(context), loop_(loop) {}

    void begin(unit& u) override {
        numbers.insert(u.number);
        if (how == ending::timed_out)
            return; // never
        asio::post(context_, [this, number = u.number] { loop_.end(number, how); });
    }

    ending how = ending::done;
    std::set<std::uint64_t> numbers;

private:
    asio::io_context& context_;
    load_loop& loop_;
};

load_options quick() {
    load_options o;
    o.connections = 3;
    o.warmup = 20ms;
    o.measured = 150ms;
    o.timeout = 100ms;
    return o;
}

std::uint64_t of(load_result const& r, ending e) {
    return r.ended[static_cast<std::size_t>(e)];
}

} // namespace

BOOST_AUTO_TEST_SUITE(load)

BOOST_AUTO_TEST_CASE(constant_arrivals_do_not_drift) {
    arrivals a(3, false);
    BOOST_TEST(a.next().count() == 0);
    for (int i = 1; i < 3'000'000; ++i)
        a.next();
    BOOST_TEST(std::abs(static_cast<double>(a.next().count()) - 1e15) < 2);
}

BOOST_AUTO_TEST_CASE(poisson_arrivals_have_the_rate_and_its_spread) {
    arrivals a(1000, true, 7);
    std::chrono::nanoseconds before{0};
    double sum = 0;
    double squares = 0;
    constexpr int n = 200'000;
    for (int i = 0; i < n; ++i) {
        auto const at = a.next();
        BOOST_REQUIRE(at >= before);
        auto const gap = std::chrono::duration<double>(at - before).count() * 1000;
        sum += gap;
        squares += gap * gap;
        before = at;
    }
    auto const mean = sum / n;
    BOOST_TEST(std::abs(mean - 1) < 0.02);
    BOOST_TEST(
        std::abs(squares / n - mean * mean - 1) < 0.05
    ); // an exponential's variance is its mean's square
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_arrivals) {
    arrivals a(50, true, 3);
    arrivals b(50, true, 3);
    arrivals c(50, true, 4);
    bool differ = false;
    for (int i = 0; i < 100; ++i) {
        auto const at = a.next();
        BOOST_TEST((at == b.next()));
        differ = differ || at != c.next();
    }
    BOOST_TEST(differ);
}

BOOST_AUTO_TEST_CASE(a_number_is_read_back) {
    auto const tag = make_run_tag('p');
    BOOST_TEST(tag.size() == 7U);
    for (std::uint64_t const n : {0ULL, 7ULL, 1234567890ULL, 9999999999ULL})
        BOOST_TEST((number_of(tag, numbered(tag, n)) == n));
    BOOST_TEST(numbered("pabcdef", 42) == "pabcdef0000000042");
    BOOST_TEST(!number_of(tag, "pabcdef0000000042x"));
    BOOST_TEST(!number_of("qabcdef", "pabcdef0000000042"));
    BOOST_TEST(!number_of("pabcdef", "pabcdef00000000x2"));
    BOOST_TEST(!number_of("pabcdef", ""));
}

BOOST_AUTO_TEST_CASE(a_closed_loop_keeps_its_customers_busy) {
    asio::io_context context{1};
    load_loop loop(context, quick());
    prompt work(context, loop);
    auto const r = loop.run(work, "test");
    BOOST_TEST(r.completed > 10U);
    BOOST_TEST(of(r, ending::done) == r.completed);
    BOOST_TEST(r.errors_in_all() == 0U);
    BOOST_TEST(r.latency.count() == r.completed);
    BOOST_TEST(r.offered == 0U);
    BOOST_TEST(r.seconds > 0.1);
    auto const last = *work.numbers.rbegin();
    BOOST_TEST(work.numbers.size() == last + 1); // each begun once
    loop.run(work, "test, again");
    BOOST_TEST(work.numbers.size() == *work.numbers.rbegin() + 1);
    BOOST_TEST(!loop.end(last, ending::done)); // has ended long ago
}

BOOST_AUTO_TEST_CASE(an_open_loop_offers_what_was_asked_for) {
    asio::io_context context{1};
    auto o = quick();
    o.rate = 1000;
    load_loop loop(context, o);
    prompt work(context, loop);
    auto const r = loop.run(work, "test");
    BOOST_TEST(r.offered > 100U);
    BOOST_TEST(r.offered < 200U);
    BOOST_TEST(of(r, ending::done) == r.offered);
    BOOST_TEST(r.latency.count() == r.offered);
}

BOOST_AUTO_TEST_CASE(what_never_ends_is_counted_with_the_timeout) {
    asio::io_context context{1};
    auto o = quick();
    o.rate = 1000;
    o.max_outstanding = 10;
    load_loop loop(context, o);
    prompt work(context, loop);
    work.how = ending::timed_out;
    auto const r = loop.run(work, "test");
    BOOST_TEST(of(r, ending::done) == 0U);
    BOOST_TEST(of(r, ending::shed) > 0U);
    BOOST_TEST(of(r, ending::shed) + of(r, ending::timed_out) == r.offered);
    BOOST_TEST(r.latency.count() == r.offered);
    BOOST_TEST((r.latency.percentile(1) >= 99ms));
    report shown;
    add_result(shown, "test", r, o);
    BOOST_TEST(shown.warnings.size() >= 2U);
    BOOST_TEST(shown.warnings.front().starts_with("overload"));
}

BOOST_AUTO_TEST_CASE(errors_are_counted) {
    asio::io_context context{1};
    load_loop loop(context, quick());
    prompt work(context, loop);
    work.how = ending::failed;
    auto const r = loop.run(work, "test");
    BOOST_TEST(r.completed == 0U);
    BOOST_TEST(of(r, ending::failed) > 0U);
    BOOST_TEST(of(r, ending::failed) < 200U); // a customer who failed pauses for a moment
}

BOOST_AUTO_TEST_SUITE_END()
