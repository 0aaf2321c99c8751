// T1: the wall clock jumps. What waits is not cut and does not wait longer, payments and refunds go on, and
// nothing is kept from anybody. (What is scheduled for later is so by the wall clock: a clock that is set
// back by an hour puts it off by an hour.)
#include "refunds_common.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(faults_clock)

#ifdef WXGATE_SANITIZED

BOOST_AUTO_TEST_CASE(needs_a_build_without_sanitizer) {
    BOOST_TEST_MESSAGE("skipped: a sanitizer's runtime does not go with LD_PRELOAD");
    BOOST_TEST(true);
}

#else

namespace {

constexpr std::int64_t hour = 3600;      // seconds
constexpr std::int64_t back = 60 - hour; // the test's certificates are an hour old

std::int64_t true_seconds() {
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// A gateway whose wall clock is the test's to set; everybody else's is right.
struct with_clock {
    with_clock() : system(options()), desk(system.upstream()) { desk.open(); }

    static system_options options() {
        auto o = refund_options(against::stand_in);
        o.environment = [](scratch const& dir) {
            std::ofstream(dir.path("clock")) << std::string(sizeof(std::int64_t), '\0');
            return std::vector<std::pair<std::string, std::string>>{
                {"LD_PRELOAD", WXGATE_CLOCK_SHIFT_LIBRARY}, {"CLOCK_SHIFT_FILE", dir.path("clock")}};
        };
        return o;
    }

    // Wrong by so many seconds from now on.
    void shift(std::int64_t seconds) {
        auto const file = ::open(system.dir().path("clock").c_str(), O_WRONLY | O_CLOEXEC);
        BOOST_TEST_REQUIRE(::pwrite(file, &seconds, sizeof seconds, 0) == ssize_t{sizeof seconds});
        ::close(file);
    }

    std::int64_t created(std::string const& number) const {
        return system.store().number("SELECT created_at FROM orders WHERE out_trade_no = '" + number + "'") /
               1000;
    }

    system_under_test system;
    refund_desk desk;
};

} // namespace

BOOST_AUTO_TEST_CASE(an_hour_forth_and_back) {
    with_clock w;
    for (std::int64_t const wrong : {std::int64_t{0}, hour, back, std::int64_t{0}}) {
        BOOST_TEST_CONTEXT("off by " << wrong << " s") {
            w.shift(wrong);
            auto const number = text_of(w.system.paid({{"total_fee", 100}}), "out_trade_no");
            BOOST_TEST(std::abs(w.created(number) - true_seconds() - wrong) < 60, "the clock is wrong");
            auto const asked = w.system.refund_request(60);
            BOOST_TEST(one_of(w.system.refund(number, asked).status, {201, 202}));
            BOOST_TEST(w.system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
            BOOST_TEST(text_of(w.system.payment(number, "shop", "?sync=1"), "trade_state") == "REFUND");
            BOOST_TEST(
                eventually(
                    5s,
                    [&] {
                        return w.system.store().number("SELECT count(*) FROM refunds WHERE lease_until > 0"
                               ) == 0;
                    }
                ),
                "it is kept from others"
            );
        }
    }
    check_store(w.system);
    BOOST_TEST(w.system.anomalies() == 0);
}

// Waiting is by the monotonic clock.
BOOST_AUTO_TEST_CASE(jumps_while_somebody_waits) {
    for (std::int64_t const wrong : {hour, back}) {
        with_clock w;
        auto& wechat = w.system.upstream();
        wechat.behave([](call const&) {
            answer a;
            a.how = manner::hang;
            return a;
        });
        reply r;
        auto const begin = steady::now();
        {
            std::jthread const asking([&] {
                r = w.system.with_key("shop").post("/v1/payments", w.system.order());
            });
            BOOST_TEST(eventually(5s, [&] { return !wechat.calls("/pay/unifiedorder").empty(); }));
            w.shift(wrong);
        }
        auto const took = steady::now() - begin;
        check_problem(r, 504, "upstream_timeout");
        BOOST_TEST((took > 1300ms && took < 7s), "an order and a query, of 700 ms each");
    }
}

// Not even such a clock ends the program; when it is right again, all is well.
BOOST_AUTO_TEST_CASE(the_clock_of_another_century) {
    with_clock w;
    auto const number = text_of(w.system.create(), "out_trade_no");
    auto const shop = w.system.with_key("shop");
    for (std::int64_t const year : {-56, 74}) {
        w.shift(year * 365 * 24 * hour);
        auto const r = shop.post("/v1/payments", w.system.order());
        // WeChat's certificate is not valid then: no new connection comes about.
        BOOST_TEST(one_of(r.status, {201, 502, 503, 504}), r.describe());
        BOOST_TEST(shop.get("/v1/payments/" + number).status == 200U);
        BOOST_TEST(w.system.admin().get("/healthz").status == 200U);
    }
    w.shift(0);
    BOOST_TEST(eventually(20s, [&] { return shop.post("/v1/payments", w.system.order()).status == 201; }));
    check_accepted(w.system.notify(notification_of(w.system.payment(number), new_transaction_id())));
    BOOST_TEST(w.system.state(number) == "SUCCESS");
    auto const ended = w.system.stop_gateway();
    BOOST_TEST((ended && ended->code == 0));
    BOOST_TEST(w.system.store().integrity() == "ok");
}

// Whoever starts with it would sign for 1970 and believe no certificate: it is told at once.
BOOST_AUTO_TEST_CASE(no_start_before_the_programs_own_birth) {
    with_clock w;
    auto const ended = w.system.stop_gateway();
    BOOST_TEST((ended && ended->code == 0));
    w.shift(-56 * 365 * 24 * hour);
    std::string const library = WXGATE_CLOCK_SHIFT_LIBRARY;
    auto const r =
        run("/usr/bin/env",
            {"LD_PRELOAD=" + library,
             "CLOCK_SHIFT_FILE=" + w.system.dir().path("clock"),
             WXGATE_PROGRAM,
             "serve",
             "--config",
             w.system.config_file()});
    BOOST_TEST(r.ended);
    BOOST_TEST(r.status.code == 1);
    BOOST_TEST(r.err.find("before this program was built") != std::string::npos, r.err);
    w.shift(0);
    w.system.start_gateway();
    BOOST_TEST(w.system.state(text_of(w.system.create(), "out_trade_no")) == "NOTPAY");
}

#endif

BOOST_AUTO_TEST_SUITE_END()
