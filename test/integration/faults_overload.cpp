// More than there is room for (RELIABILITY.md P16, T8): what waits is bounded, the rest is told so at once,
// and when there is room again all goes on.
#include "fixture.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <sstream>

using namespace wxgate::test;

namespace {

// This process may have as many files as it can get.
void take_all_files() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

// Processor time that the process has had.
milliseconds time_of(process const& p) {
    std::ifstream file("/proc/" + std::to_string(p.pid()) + "/stat");
    std::string line;
    std::getline(file, line);
    std::istringstream rest(line.substr(line.rfind(')') + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i) // from the third field on
        rest >> skipped;
    long user = 0;
    long system = 0;
    rest >> user >> system;
    return milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

request payment_request(system_under_test const& system) {
    auto const bearer = "Bearer " + system.with_key("shop").bearer();
    return {
        "POST",
        "/v1/payments",
        {{"Authorization", bearer}, {"Content-Type", "application/json"}},
        json::serialize(system.order())};
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults_overload)

// P16: WeChat hangs, and as many wait for it as may.
BOOST_AUTO_TEST_CASE(a_thousand_wait_for_wechat) {
    take_all_files();
    constexpr std::size_t most = 1024; // requests under way, of one thread
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [](gateway_config& c) {
        c.threads = 1;
        c.timeout = "5s";
        c.request_timeout = "8s";
    };
    system_under_test system(options);
    auto& wechat = system.upstream();
    auto const payment = system.create();
    auto const memory = system.gateway().rss_bytes();
    wechat.behave([](call const&) {
        answer a;
        a.how = manner::hang;
        return a;
    });
    auto const db = system.store();
    auto const recorded = [&] { return db.number("SELECT count(*) FROM orders"); };
    std::deque<connection> waiting;
    for (std::size_t i = 1; i <= most; ++i) {
        waiting.emplace_back(system.port());
        BOOST_TEST_REQUIRE(waiting.back().send(payment_request(system).to_string()));
        if (i % 64 == 0) // no faster than the store, which has a bound of its own
            BOOST_TEST_REQUIRE(eventually(10s, [&] { return recorded() == static_cast<std::int64_t>(i) + 1; })
            );
    }

    milliseconds slowest{0};
    for (int i = 0; i < 10; ++i) {
        auto const begin = steady::now();
        auto const r = exchange(system.port(), payment_request(system));
        slowest = std::max(slowest, std::chrono::duration_cast<milliseconds>(steady::now() - begin));
        check_problem(r, 503, "overloaded");
        BOOST_TEST(!r.header("Retry-After").empty());
    }
    BOOST_TEST(slowest < 1000ms);
    BOOST_TEST_MESSAGE("the slowest refusal took " << slowest.count() << " ms");
    // WeChat's word is the last to be turned away.
    check_accepted(system.notify(notification_of(payment, new_transaction_id())));
    BOOST_TEST(system.store().number("SELECT count(*) FROM orders WHERE trade_state = 'SUCCESS'") == 1);
    BOOST_TEST(recorded() == std::int64_t{most} + 1, "what is refused leaves nothing");
    BOOST_TEST(wechat.open_connections() <= 128U);
    BOOST_TEST((!memory_is_measured || system.gateway().rss_bytes() < memory + (std::size_t{128} << 20U)));

    wechat.behave([&wechat](call const& c) { return wechat.well_behaved(c); });
    std::size_t made = 0;
    for (auto& c : waiting) {
        auto const r = c.read(15s);
        BOOST_TEST(one_of(r.status, {200, 201, 503, 504}), r.describe());
        made += r.status < 300 ? 1U : 0U;
    }
    BOOST_TEST_MESSAGE(made << " of them got through");
    waiting.clear();
    BOOST_TEST(eventually(10s, [&] {
        return system.with_key("shop").post("/v1/payments", system.order()).status == 201;
    }));
}

// T8: more connections than the gateway may have files. It does not spin, it serves those that it has, and
// goes on when the others are gone.
BOOST_AUTO_TEST_CASE(more_connections_than_files) {
    take_all_files();
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [](gateway_config& c) { c.header_timeout = "2s"; };
    system_under_test system(options);
    auto const number = text_of(system.create(), "out_trade_no");
    auto const target = "/v1/payments/" + number;
    auto const kept = system.with_key("shop", true);
    BOOST_TEST(kept.get(target).status == 200U);
    auto const pid = system.gateway().pid();
    rlimit before{};
    BOOST_TEST_REQUIRE(::prlimit(pid, RLIMIT_NOFILE, nullptr, &before) == 0);
    rlimit few = before;
    auto const open = system.gateway().open_files();
    few.rlim_cur = open + 20;
    BOOST_TEST_REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &few, nullptr) == 0);

    std::deque<connection> crowd;
    for (int i = 0; i < 500; ++i)
        crowd.emplace_back(system.port());
    BOOST_TEST(eventually(5s, [&] { return system.gateway().open_files() >= open + 15; }));
    auto const begin = steady::now();
    auto const used = time_of(system.gateway());
    BOOST_TEST(kept.get(target).status == 200U, "the one that it has");
    BOOST_TEST(crowd.front().closed_within(10s), "who says nothing makes room");
    auto const took = std::chrono::duration_cast<milliseconds>(steady::now() - begin);
    auto const more = time_of(system.gateway()) - used;
    BOOST_TEST((more < took / 2 + 200ms), more.count() << " ms of work in " << took.count() << " ms");
    BOOST_TEST(system.gateway().open_files() <= open + 20);
    crowd.clear();
    BOOST_TEST(eventually(15s, [&] { return system.with_key("shop").get(target).status == 200; }));

    BOOST_TEST_REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &before, nullptr) == 0);
    BOOST_TEST(eventually(10s, [&] {
        return system.with_key("shop").post("/v1/payments", system.order()).status == 201;
    }));
}

BOOST_AUTO_TEST_SUITE_END()
