// When which day's bills are compared, of whom, and how often.
#include "base/metrics.hpp"
#include "gateway/reconcile/daily_reconcile.hpp"
#include "ledger/schema.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <set>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

namespace {

constexpr char const* creating =
    "<xml><return_code>FAIL</return_code><return_msg>Bill Creating</return_msg></xml>";
constexpr char const* no_bill = "<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg>"
                                "<error_code>20002</error_code></xml>";
constexpr char const* one_stranger =
    "交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,订单金额\r\n"
    "`2026-11-23 12:00:01,`wx2421b1c4370ec43b,`10000100,`4200001,`stranger-1,`SUCCESS,`12.99\r\n"
    "总交易单数\r\n`1\r\n";

// WeChat, whose bills are not ready the first two times that it is asked. 10000200 has none.
struct wechat_host {
    explicit wechat_host(asio::io_context& c)
        : acceptor(c, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          url("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port())) {
        asio::co_spawn(c, serve(*this), report("host"));
    }

    static awaitable<void> serve(wechat_host& h) {
        for (;;) {
            auto [ec, peer] = co_await h.acceptor.async_accept(use_tuple);
            if (ec)
                co_return;
            std::string text;
            auto buffer = asio::dynamic_buffer(text, 65536);
            auto [unread, n] = co_await asio::async_read_until(peer, buffer, "</xml>", use_tuple);
            static_cast<void>(n);
            if (unread)
                continue;
            auto const answer = h.answer_to(text);
            auto [unsent, sent] = co_await asio::async_write(peer, asio::buffer(answer), use_tuple);
            static_cast<void>(unsent);
            static_cast<void>(sent);
        }
    }

    std::string answer_to(std::string const& request) {
        fields asked;
        BOOST_TEST(!decode_xml(request.substr(request.find("\r\n\r\n") + 4), asked).failed());
        dates.insert(std::string(asked.get("bill_date")));
        std::string body = no_bill;
        if (asked.get("mch_id") == "10000100")
            body = ++times > 2 ? one_stranger : creating;
        else
            ++others;
        return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body;
    }

    tcp::acceptor acceptor;
    std::string url;
    std::set<std::string> dates;
    int times = 0;  // that 10000100 asked
    int others = 0; // that somebody else did
};

merchant merchant_of(std::string const& name, std::string const& mch_id) {
    merchant m;
    m.name = name;
    m.account = {"wx2421b1c4370ec43b", mch_id, std::string(32, 'k'), sign_type::hmac_sha256};
    return m;
}

// One gateway's daily run, on a clock on which it is always late enough.
struct daily_stage {
    explicit daily_stage(bool daily) {
        std::filesystem::create_directories(folder);
        shared.store = store::open({"sqlite:" + (folder / "d.db").string(), {}, ledger::migrations()});
        shared.reconcile_limits.ready = milliseconds(0);
        shared.reconcile_limits.first_retry = milliseconds(20);
        shared.reconcile_limits.last_retry = milliseconds(50);
        auto values = std::make_shared<settings>();
        values->reconcile_daily = daily;
        for (auto const& m :
             {merchant_of("shop", "10000100"),
              merchant_of("second", "10000100"),
              merchant_of("rival", "10000200")})
            values->merchants.emplace(m.name, m);
        config = std::make_shared<configuration const>(std::move(values));
        client_options options;
        options.url = wechat.url;
        options.backup_url = "";
        pay.emplace(context.get_executor(), options);
    }

    ~daily_stage() {
        pay->close();
        shared.store->close();
        std::filesystem::remove_all(folder);
    }

    daily_stage(daily_stage const&) = delete;
    daily_stage& operator=(daily_stage const&) = delete;

    template <class Happened>
    bool run_until(Happened happened, std::chrono::steady_clock::duration patience = 20s) {
        auto const end = std::chrono::steady_clock::now() + patience;
        while (!happened() && std::chrono::steady_clock::now() < end) {
            context.restart();
            context.run_one_for(20ms);
        }
        return happened();
    }

    std::int64_t number(std::string_view sql) {
        std::optional<std::int64_t> got;
        store::batch b;
        b.push_back({sql, {}});
        auto work = shared.store->read(std::move(b));
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr, result<store::results> r) {
            got = r.value().front().integer(0, 0);
        });
        BOOST_TEST_REQUIRE(run_until([&] { return got.has_value(); }));
        return *got;
    }

    std::int64_t done() { return number("SELECT COUNT(*) FROM daily_work WHERE done_at IS NOT NULL"); }

    static inline int count = 0;
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() /
        ("wxgate-daily-" + std::to_string(getpid()) + '-' + std::to_string(++count));
    asio::io_context context{1};
    wechat_host wechat{context};
    shared_state shared;
    std::shared_ptr<configuration const> config;
    std::optional<client> pay;
};

// A gateway, until it is drained.
struct gateway_of_day {
    explicit gateway_of_day(daily_stage& s)
        : stage(s), work(s.context.get_executor(), s.shared, *s.pay, [&s] { return s.config; }) {
        work.start();
    }

    ~gateway_of_day() {
        work.stop();
        bool over = false;
        asio::co_spawn(stage.context, wait(work, over), report("end"));
        stage.run_until([&] { return over; });
        stage.run_until([] { return false; }, 100ms); // the loop itself ends
    }

    gateway_of_day(gateway_of_day const&) = delete;
    gateway_of_day& operator=(gateway_of_day const&) = delete;

    static awaitable<void> wait(daily_reconcile& w, bool& over) {
        auto const patience = std::chrono::steady_clock::now() + 10s;
        co_await w.ended(patience);
        over = true;
    }

    daily_stage& stage;
    daily_reconcile work;
};

unix_ms at(char const* text) {
    return from_rfc3339(text).value();
}

std::string day_at(char const* text) {
    auto const day = day_to_reconcile(at(text), {});
    return day ? day->date : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(reconcile_test)

BOOST_AUTO_TEST_CASE(from_ten_in_the_morning_on) {
    BOOST_TEST(day_at("2026-11-24T00:00:00+08:00") == "");
    BOOST_TEST(day_at("2026-11-24T09:59:59.999+08:00") == "");
    BOOST_TEST(day_at("2026-11-24T10:00:00+08:00") == "20261123");
    BOOST_TEST(day_at("2026-11-24T23:59:59.999+08:00") == "20261123");
    BOOST_TEST(day_at("2026-11-25T00:00:00+08:00") == "");
    BOOST_TEST(day_at("2027-01-01T12:00:00+08:00") == "20261231");
}

BOOST_AUTO_TEST_CASE(the_next_one) {
    BOOST_TEST(next_day_to_reconcile(at("2026-11-24T09:59:59+08:00"), {}) == at("2026-11-24T10:00:00+08:00"));
    BOOST_TEST(next_day_to_reconcile(at("2026-11-24T10:00:00+08:00"), {}) == at("2026-11-25T10:00:00+08:00"));
    BOOST_TEST(next_day_to_reconcile(at("2026-11-24T23:59:59+08:00"), {}) == at("2026-11-25T10:00:00+08:00"));
}

BOOST_AUTO_TEST_CASE(one_bill_an_mch_id) {
    settings s;
    for (auto const& [name, mch_id] :
         {std::pair("second", "10000100"), std::pair("shop", "10000100"), std::pair("rival", "10000200")}) {
        merchant m;
        m.name = name;
        m.account.mch_id = mch_id;
        s.merchants.emplace(name, m);
    }
    auto const bills = by_mch_id(s);
    BOOST_TEST_REQUIRE(bills.size() == 2U);
    BOOST_TEST_REQUIRE(bills.at("10000100").size() == 2U);
    BOOST_TEST(bills.at("10000100").front()->name == "second");
    BOOST_TEST(bills.at("10000200").front()->name == "rival");
}

// Again while WeChat has no bill, and once when it has: by this gateway, and by any other of the store.
BOOST_AUTO_TEST_CASE(once_a_day) {
    daily_stage stage(true);
    auto const before = ledger::bill_day_at(now_ms());
    {
        gateway_of_day const first(stage);
        BOOST_TEST(stage.run_until([&] { return stage.done() == 2; }));
    }
    BOOST_TEST(stage.wechat.times == 3);
    BOOST_TEST(stage.wechat.others == 1);
    if (before == ledger::bill_day_at(now_ms()))
        BOOST_TEST((stage.wechat.dates == std::set<std::string>{day_before(before).date}));
    BOOST_TEST(stage.number("SELECT COUNT(*) FROM anomalies WHERE kind = 'bill_missing_here'") == 1);
    BOOST_TEST(stage.number("SELECT COUNT(*) FROM anomalies WHERE merchant = 'second'") == 1);
    BOOST_TEST(
        metrics::get_gauge(
            "wxgate_reconcile_last_success_seconds",
            "When all bills of a day had been compared, in seconds since 1970."
        )
            .value() > 1'700'000'000
    );
    auto const labels = R"(kind="bill_missing_here")";
    BOOST_TEST(
        metrics::get_counter(
            "wxgate_reconcile_differences_total",
            "Differences between WeChat's bills and the store, each time that they were found.",
            labels
        )
            .value() == 1U
    );
    {
        gateway_of_day const second(stage);
        stage.run_until([] { return false; }, 300ms);
    }
    BOOST_TEST(stage.wechat.times == 3);
    BOOST_TEST(stage.wechat.others == 1);
}

BOOST_AUTO_TEST_CASE(not_unless_it_is_told_to) {
    daily_stage stage(false);
    {
        gateway_of_day const only(stage);
        stage.run_until([] { return false; }, 300ms);
    }
    BOOST_TEST(stage.wechat.times == 0);
    BOOST_TEST(stage.done() == 0);
}

// Two at the same time: each bill is compared by one of them.
BOOST_AUTO_TEST_CASE(two_gateways_of_one_store) {
    daily_stage stage(true);
    stage.wechat.times = 2; // the bill is there
    {
        gateway_of_day const first(stage);
        gateway_of_day const second(stage);
        BOOST_TEST(stage.run_until([&] { return stage.done() == 2; }));
        stage.run_until([] { return false; }, 200ms);
    }
    BOOST_TEST(stage.wechat.times == 3);
    BOOST_TEST(stage.wechat.others == 1);
    BOOST_TEST(stage.number("SELECT COUNT(*) FROM anomalies") == 1);
    BOOST_TEST(stage.number("SELECT MAX(seen) FROM anomalies") == 1);
}

BOOST_AUTO_TEST_CASE(differences_are_counted) {
    reconcile_report r;
    BOOST_TEST(r.count() == 0U);
    r.differences[ledger::difference_kind::amount] = 2;
    r.differences[ledger::difference_kind::missing_there] = 3;
    BOOST_TEST(r.count() == 5U);
}

BOOST_AUTO_TEST_SUITE_END()
