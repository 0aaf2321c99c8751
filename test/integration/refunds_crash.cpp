// kill -9 at each step of a refund (RELIABILITY.md R1, R3, R4; done-when 4), at random moments of a stream of
// refunds, and a store that was put back (R14). WXGATE_KILLS says how often (5).
#include "refunds_common.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <random>

using namespace wxgate::test;

namespace {

int kills() {
    auto const* text = std::getenv("WXGATE_KILLS");
    return text ? std::atoi(text) : 5;
}

// What the sandbox was asked about refunds, oldest first.
std::vector<json::value> asked_of_sandbox(system_under_test const& system) {
    std::vector<json::value> some;
    auto const all = system.control().get("/control/requests?last=100000").parsed();
    for (auto const& each : all.as_array())
        if (text_of(each, "operation") == "refund" || text_of(each, "operation") == "refundquery")
            some.push_back(each);
    std::reverse(some.begin(), some.end());
    return some;
}

// "" when between any two calls about a refund there is an answered query, or the first was refused for now.
std::string called_blindly(system_under_test const& system) {
    std::map<std::string, bool> doubt;
    for (auto const& each : asked_of_sandbox(system)) {
        auto const number = text_of(member(each, "request"), "out_refund_no");
        auto const said = text_of(each, "response_body");
        bool& in_doubt = doubt[number];
        if (text_of(each, "operation") == "refund") {
            if (in_doubt)
                return number + ": called again without a query";
            in_doubt = said.find("FREQUENCY_LIMITED") == std::string::npos;
        } else if (number_of(each, "status") == 200) {
            in_doubt = false;
        }
    }
    return {};
}

void set_fault(system_under_test const& system, char const* on, char const* what) {
    json::object const rule = {{"on", on}, {"do", what}, {"p", 1.0}, {"times", 1}};
    auto const r = system.control().put("/control/faults", {{"rules", json::array{rule}}});
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
}

// Asks on a thread of its own: the gateway dies over it.
class asking {
public:
    asking(system_under_test const& system, std::string const& number, json::object const& request)
        : thread_([&system, number, request, this] {
              try {
                  answer = system.refund(number, request);
              } catch (std::runtime_error const&) { // nobody listens
              }
          }) {}

    reply answer;

private:
    std::jthread thread_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_crash)

BOOST_AUTO_TEST_CASE(at_each_step) {
    system_under_test system(refund_options());
    std::vector<std::string> all;

    // R1: requested, and waiting for a person.
    auto const theirs = text_of(system.paid({{"total_fee", 100}}, "rival"), "out_trade_no");
    auto const waiting = system.refund_request(60);
    BOOST_TEST_REQUIRE(system.refund(theirs, waiting, "rival").status == 202U);
    system.kill_gateway();
    system.start_gateway();
    BOOST_TEST(system.refund_status(text_of(waiting, "out_refund_no"), "rival") == "REQUESTED");
    BOOST_TEST(system.refund(theirs, waiting, "rival").status == 200U);
    BOOST_TEST(order_number(system, "refund_reserved", theirs) == 60);
    check_problem(system.refund(theirs, system.refund_request(41), "rival"), 409, "refund_exceeds_payment");

    // R3: approved, and not sent: the order's minute is not over.
    {
        auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
        auto const first = system.refund_request(10);
        auto const second = system.refund_request(20);
        BOOST_TEST_REQUIRE(system.refund(number, first).status == 201U);
        BOOST_TEST_REQUIRE(system.refund(number, second).status == 202U);
        system.kill_gateway();
        auto const refund_no = text_of(second, "out_refund_no");
        BOOST_TEST(system.sandbox_calls("refund", refund_no).empty());
        BOOST_TEST(cell(system, "refund_status", refund_no) == "APPROVED");
        system.start_gateway();
        BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
        BOOST_TEST(system.sandbox_calls("refund", refund_no).size() == 1U);
        all.push_back(text_of(first, "out_refund_no"));
        all.push_back(refund_no);
    }

    // R4, R5: the call was made, and done or not, when the gateway died.
    for (auto const* fault : {"hang_before", "hang_after"}) {
        BOOST_TEST_CONTEXT(fault) {
            auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
            auto const asked = system.refund_request(60);
            auto const refund_no = text_of(asked, "out_refund_no");
            set_fault(system, "refund", fault);
            {
                asking const a(system, number, asked);
                BOOST_TEST(eventually(10s, [&] { return !system.sandbox_calls("refund", refund_no).empty(); })
                );
                system.kill_gateway();
            }
            BOOST_TEST(cell(system, "in_doubt", refund_no) == "1", "journaled before the call");
            system.start_gateway();
            BOOST_TEST(system.refund(number, asked).status == 200U);
            BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
            auto const calls = system.sandbox_calls("refund", refund_no).size();
            BOOST_TEST(calls == (std::string_view(fault) == "hang_before" ? 2U : 1U));
            BOOST_TEST(!system.sandbox_calls("refundquery", refund_no).empty());
            BOOST_TEST(sandbox_refunds(system, number).size() == 1U);
            all.push_back(refund_no);
        }
    }

    // Accepted; it ends while the gateway is away.
    {
        BOOST_TEST_REQUIRE(system.control().put("/control/refunds", {{"settle", "never"}}).status == 200U);
        auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
        auto const asked = system.refund_request(60);
        auto const refund_no = text_of(asked, "out_refund_no");
        BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
        system.kill_gateway();
        BOOST_TEST(
            system.control()
                .post("/control/settle-refund", {{"out_refund_no", refund_no}, {"refund_status", "SUCCESS"}})
                .status == 200U
        );
        system.start_gateway();
        BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
        BOOST_TEST(system.sandbox_calls("refund", refund_no).size() == 1U);
        all.push_back(refund_no);
    }

    // While WeChat is asked.
    {
        auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
        auto const asked = system.refund_request(60);
        auto const refund_no = text_of(asked, "out_refund_no");
        set_fault(system, "refundquery", "hang_before");
        BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
        BOOST_TEST(eventually(10s, [&] { return !system.sandbox_calls("refundquery", refund_no).empty(); }));
        system.kill_gateway();
        BOOST_TEST_REQUIRE(system.control().put("/control/refunds", {{"settle", "10ms"}}).status == 200U);
        BOOST_TEST(
            system.control()
                .post("/control/settle-refund", {{"out_refund_no", refund_no}, {"refund_status", "SUCCESS"}})
                .status == 200U
        );
        system.start_gateway();
        BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
        BOOST_TEST(system.sandbox_calls("refund", refund_no).size() == 1U);
        all.push_back(refund_no);
    }

    for (auto const& refund_no : all) {
        BOOST_TEST(system.refund_status(refund_no) == "SUCCESS");
        BOOST_TEST(refund_events(system, refund_no, "REFUND_SUCCESS") == 1);
    }
    BOOST_TEST(called_blindly(system) == "");
    BOOST_TEST(system.anomalies() == 0);
    check_store(system);
    check_both(system);
    BOOST_TEST(system.leaked() == "");
}

// With faults on the way, too.
BOOST_AUTO_TEST_CASE(killed_in_a_stream_of_refunds) {
    system_under_test system(refund_options());
    std::random_device seed;
    auto const seeded = seed();
    BOOST_TEST_MESSAGE("seed " << seeded);
    std::mt19937 random(seeded);
    std::uniform_int_distribution<int> moment(20, 400);
    auto const rule = [](char const* on, char const* what, double p) {
        return json::object{{"on", on}, {"do", what}, {"p", p}, {"ms", 100}};
    };
    auto const faults = system.control().put(
        "/control/faults",
        {{"seed", 7},
         {"rules",
          json::array{
              rule("refund", "reset_before", 0.1),
              rule("refund", "reset_after", 0.1),
              rule("refund", "delay", 0.2),
              rule("refundquery", "reset_after", 0.1),
              rule("refund_notify", "drop", 0.3)}}}
    );
    BOOST_TEST_REQUIRE(faults.status == 200U, faults.describe());
    std::mutex guard;
    std::vector<std::string> acknowledged;
    std::string strange;
    std::atomic<bool> stopping{false};
    std::atomic<int> done{0};
    auto const until_answered = [&](std::function<reply()> const& call) {
        for (;;) {
            try {
                auto const r = call();
                if (one_of(r.status, {200, 201, 202}))
                    return true;
                std::lock_guard const lock(guard);
                if (!one_of(r.status, {0, 409, 502, 503, 504}))
                    strange = r.describe();
            } catch (std::runtime_error const&) { // nobody listens
            }
            if (stopping)
                return false;
            std::this_thread::sleep_for(10ms);
        }
    };
    {
        std::vector<std::jthread> shops;
        for (int i = 0; i < 4; ++i)
            shops.emplace_back([&] {
                while (!stopping) {
                    auto const order = system.order({{"total_fee", 100}});
                    auto const number = text_of(order, "out_trade_no");
                    json::value made;
                    auto const place = [&] {
                        auto r = system.with_key("shop").post("/v1/payments", order);
                        made = r.parsed();
                        return r;
                    };
                    if (!until_answered(place) || system.pay(made).status != 200)
                        continue;
                    for (std::int64_t const fee : {30, 70}) {
                        auto const asked = system.refund_request(fee);
                        if (!until_answered([&] { return system.refund(number, asked); }))
                            break;
                        ++done;
                        std::lock_guard const lock(guard);
                        acknowledged.push_back(text_of(asked, "out_refund_no"));
                    }
                }
            });
        BOOST_TEST(eventually(20s, [&] { return done > 5; }));
        for (int i = 0; i < kills(); ++i) {
            std::this_thread::sleep_for(milliseconds(moment(random))); // the moment is what is random
            system.kill_gateway();
            auto const before = done.load();
            system.start_gateway();
            BOOST_TEST(eventually(20s, [&] { return done > before; }), "no refund after restart " << i);
        }
        stopping = true;
    }
    BOOST_TEST(strange == "");
    BOOST_TEST_MESSAGE(acknowledged.size() << " refunds, " << kills() << " kills");
    system.control().del("/control/faults");
    auto const left = [&] {
        return system.store().number("SELECT count(*) FROM refunds WHERE refund_status <> 'SUCCESS'");
    };
    BOOST_TEST(eventually(90s, [&] { return left() == 0; }), left() << " refunds are not SUCCESS");
    for (auto const& refund_no : acknowledged)
        BOOST_TEST(cell(system, "refund_status", refund_no) == "SUCCESS", refund_no);
    BOOST_TEST(called_blindly(system) == "");
    check_store(system);
    check_both(system);
    BOOST_TEST(system.anomalies() == 0);
    BOOST_TEST(system.leaked() == "");
}

// R14: the store is put back to a backup that knows nothing of a refund that WeChat has done.
BOOST_AUTO_TEST_CASE(restored_from_a_backup) {
    system_under_test system(refund_options());
    auto const file = system.dir().path("wxgate.db");
    auto const backup = system.dir().path("backup.db");
    auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
    BOOST_TEST_REQUIRE((system.stop_gateway().value_or(exit_status{}).code == 0));
    std::filesystem::copy_file(file, backup); // of a program that has ended
    system.start_gateway();
    auto const restore = [&] {
        BOOST_TEST_REQUIRE((system.stop_gateway().value_or(exit_status{}).code == 0));
        for (auto const* each : {"", "-wal", "-shm"})
            std::filesystem::remove(file + each);
        std::filesystem::copy_file(backup, file);
        system.start_gateway();
    };
    auto const asked = system.refund_request(60);
    auto const refund_no = text_of(asked, "out_refund_no");
    BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
    BOOST_TEST_REQUIRE(system.refund_becomes(refund_no, "SUCCESS"));

    restore();
    check_problem(system.with_key("shop").get("/v1/refunds/" + refund_no), 404, "not_found");
    BOOST_TEST(one_of(system.refund(number, asked).status, {201, 202}));
    BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"), "the same number is the same refund");
    BOOST_TEST(sandbox_refunds(system, number).size() == 1U);
    check_store(system);
    check_both(system);

    restore();
    auto const other = system.refund_request(60);
    BOOST_TEST(one_of(system.refund(number, other).status, {201, 202}));
    BOOST_TEST(system.refund_becomes(text_of(other, "out_refund_no"), "FAILED"), "WeChat keeps the sum");
    BOOST_TEST(sandbox_refunds(system, number).size() == 1U);
    BOOST_TEST(order_number(system, "refund_reserved", number) == 0);
    check_store(system);
}

BOOST_AUTO_TEST_SUITE_END()
