// Crowds of slow peers (RELIABILITY.md 3.1, H-46 to H-49): headers and bodies that come a byte at a time,
// readers that do not read, connections that say nothing. Others are served meanwhile, each of the crowd is
// gone at its deadline, and with it what it cost.
//
// WXGATE_SLOW_CONNECTIONS=2000 makes it so many of each kind (200). What they do to the time of a load beside
// them, `wxgate-bench slow` measures.
//     WXGATE_SLOW_CONNECTIONS=2000 .build/release/bin/test_front --run_test=front_slow --log_level=message
#include "front_common.hpp"
#include "support/tls_client.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <thread>

using namespace wxgate::test;

namespace {

constexpr auto deadline = 2s; // of every kind, in the configuration below

bool is_measured() {
    return std::getenv("WXGATE_SLOW_CONNECTIONS") != nullptr;
}

// When all must be gone; a machine that is busy with other tests may take longer.
steady::time_point end_of_crowd() {
    return steady::now() + deadline + (is_measured() ? 4s : 15s);
}

// How many of each kind there may be: as asked, as far as this process and the gateway may have files.
std::size_t how_many() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    auto const* asked = std::getenv("WXGATE_SLOW_CONNECTIONS");
    auto const wanted = asked != nullptr ? std::strtoul(asked, nullptr, 10) : 200UL;
    return std::min<std::size_t>(wanted, static_cast<std::size_t>(files.rlim_cur) / 8);
}

// Requests of others, one after the other, each over a connection of its own.
class others {
public:
    others(system_under_test& system, std::string const& out_trade_no, message said)
        : system_(system), target_("/v1/payments/" + out_trade_no), said_(std::move(said)) {}

    void ask(std::size_t n) {
        for (std::size_t i = 0; i < n; ++i)
            once();
    }

    void once() {
        auto const begin = steady::now();
        bool const notification = times_.size() % 4 == 3;
        auto const r = notification ? system_.notify(said_) : system_.with_key("shop").get(target_);
        times_.push_back(std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - begin));
        failed_ += r.status == 200 ? 0U : 1U;
    }

    std::size_t asked() const { return times_.size(); }

    std::size_t failed() const { return failed_; }

    // What so many of a hundred took at most.
    std::chrono::microseconds quantile(std::size_t percent) {
        std::sort(times_.begin(), times_.end());
        return times_[(times_.size() - 1) * percent / 100];
    }

private:
    system_under_test& system_;
    std::string target_;
    message said_;
    std::vector<std::chrono::microseconds> times_;
    std::size_t failed_ = 0;
};

// So many of each kind.
class slow_crowd {
public:
    slow_crowd(system_under_test& system, std::size_t n) : system_(system) {
        auto const key = "Authorization: Bearer " + system.with_key("shop").bearer() + "\r\n";
        std::string many;
        for (int i = 0; i < 100; ++i)
            many += "GET /v1/payments?limit=100 HTTP/1.1\r\nHost: x\r\n" + key + "\r\n";
        for (std::size_t i = 0; i < n; ++i) {
            open(fed_, "GET /v1/payments HTTP/1.1\r\nHost: x\r\nX-Slow: ");
            open(
                fed_,
                (i % 2 ? "POST /v1/payments" : "POST /notify/shop/payment") +
                    std::string(" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n") + key +
                    "Content-Length: 5000\r\n\r\n{\""
            );
            open(deaf_, many, 4096);
            // One that never says a thing, or one that has said all it had to say.
            open(silent_, i % 2 ? "" : "GET /v1/payments?limit=1 HTTP/1.1\r\nHost: x\r\n" + key + "\r\n");
        }
    }

    std::size_t size() const { return fed_.size() + deaf_.size() + silent_.size(); }

    // A byte more of each header and body.
    void feed() {
        for (auto& c : fed_)
            c.send("a");
    }

    // How many connections the server did not close.
    std::size_t left() {
        std::size_t n = 0;
        for (auto* all : {&fed_, &silent_, &deaf_})
            for (auto& c : *all)
                n += c.closed_within(200ms) ? 0U : 1U;
        return n;
    }

private:
    void open(std::deque<connection>& where, std::string const& bytes, int receive_buffer = 0) {
        where.emplace_back(system_.port(), receive_buffer);
        where.back().send(bytes);
    }

    system_under_test& system_;
    std::deque<connection> fed_;
    std::deque<connection> deaf_;
    std::deque<connection> silent_;
};

system_options impatient() {
    auto const text = std::to_string(std::chrono::seconds(deadline).count()) + "s";
    auto o = with_limits(
        {{"handshake_timeout", text},
         {"body_timeout", text},
         {"write_timeout", text},
         {"idle_timeout", text}},
        2
    );
    o.adjust = [limits = o.adjust, text](gateway_config& c) {
        limits(c);
        c.header_timeout = text;
        c.log_level = "warn"; // a line for each of so many requests would be measured, too
    };
    return o;
}

} // namespace

BOOST_AUTO_TEST_SUITE(front_slow)

BOOST_AUTO_TEST_CASE(a_crowd_of_each_kind) {
    auto const n = how_many();
    system_under_test system(impatient());
    for (int i = 0; i < 10; ++i)
        system.create({{"detail", std::string(3000, 'd')}});
    auto const payment = system.create();
    auto const number = text_of(payment, "out_trade_no");
    auto const said = notification_of(payment, new_transaction_id());
    others alone(system, number, said);
    alone.ask(100);
    BOOST_TEST(alone.failed() == 0U);
    auto before = system.mark();
    for (int round = 0; round < 2; ++round) {
        others beside(system, number, said);
        std::atomic<bool> enough{false};
        std::jthread asking;
        std::size_t largest = 0;
        {
            slow_crowd crowd(system, n);
            auto const until = end_of_crowd();
            asking = std::jthread([&] {
                while (!enough)
                    beside.once();
            });
            auto const in_use = [&] { return system.gateway().open_files() > before.open_files + 16; };
            BOOST_TEST(eventually(5s, in_use));
            while (in_use() && steady::now() < until) {
                crowd.feed();
                largest = std::max(largest, system.gateway().rss_bytes());
                std::this_thread::sleep_for(100ms);
            }
            BOOST_TEST(!in_use(), system.gateway().open_files() << " files are open after the deadline");
            enough = true;
            asking.join();
            BOOST_TEST(
                eventually(20s, [&] { return crowd.left() == 0U; }),
                crowd.left() << " of " << crowd.size() << " are still there"
            );
        }
        BOOST_TEST(beside.asked() > 10U);
        BOOST_TEST(beside.failed() == 0U);
        BOOST_TEST((!is_measured() || beside.quantile(100).count() < 5'000'000));
        // What a connection may cost while it lasts: its frames and buffers, and a reply or a body.
        BOOST_TEST(
            (!memory_is_measured || largest < before.rss_bytes + (std::size_t{64} << 20U) + n * 4 * 65536)
        );
        if (is_measured() && round == 0) // what malloc keeps of thousands; the second crowd must do with it
            before.rss_bytes = system.gateway().rss_bytes();
        BOOST_TEST(system.leaks_since(before) == "");
        BOOST_TEST_MESSAGE(
            n << " of each: p99 " << beside.quantile(99).count() << " µs beside them, "
              << alone.quantile(99).count() << " µs alone"
        );
    }
    BOOST_TEST(system.trouble_since(before, true) == "");
}

// Handshakes that begin and do not end, or do not begin.
BOOST_AUTO_TEST_CASE(slow_handshakes) {
    auto const n = how_many();
    scratch dir;
    auto const files = make_certificates(dir, "listener");
    auto o = impatient();
    o.adjust = [limits = o.adjust, &files](gateway_config& c) {
        limits(c);
        c.certificate = files.certificate;
        c.private_key = files.private_key;
    };
    system_under_test system(o);
    auto const ask = [&] {
        tls_exchange_options how;
        how.ca_file = files.ca;
        auto const request =
            "GET /v1/payments?limit=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: "
            "Bearer " +
            system.with_key("shop").bearer() + "\r\n\r\n";
        return exchange_tls(system.port(), request, how).answer.status;
    };
    BOOST_TEST(ask() == 200U);
    auto const files_before = system.gateway().open_files();
    std::deque<connection> crowd;
    for (std::size_t i = 0; i < n; ++i) {
        crowd.emplace_back(system.port());
        if (i % 2) // the head of a ClientHello of 512 bytes
            crowd.back().send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
    }
    auto const until = end_of_crowd();
    auto const in_use = [&] { return system.gateway().open_files() > files_before + 16; };
    BOOST_TEST(eventually(5s, in_use));
    int served = 0;
    while (in_use() && steady::now() < until) {
        for (std::size_t i = 1; i < crowd.size(); i += 2)
            crowd[i].send("x");
        auto const begin = steady::now();
        BOOST_TEST(ask() == 200U);
        BOOST_TEST(since(begin).count() < 3000);
        ++served;
    }
    BOOST_TEST(served > 0);
    BOOST_TEST(!in_use());
    std::size_t left = 0;
    for (auto& c : crowd)
        left += c.closed_within(200ms) ? 0U : 1U;
    BOOST_TEST(left == 0U);
    BOOST_TEST(ask() == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
