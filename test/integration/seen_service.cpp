// What systemd is told (Type=notify, WatchdogSec=), and that no secret is seen anywhere.
#include "webhooks_common.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <thread>

using namespace wxgate::test;

namespace {

// systemd's end of NOTIFY_SOCKET.
class manager {
public:
    explicit manager(std::string path)
        : path_(std::move(path)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        BOOST_TEST_REQUIRE(path_.size() < sizeof where.sun_path);
        std::memcpy(where.sun_path, path_.data(), path_.size());
        BOOST_TEST_REQUIRE(::bind(socket_, reinterpret_cast<sockaddr const*>(&where), sizeof where) == 0);
    }

    ~manager() {
        ::close(socket_);
        ::unlink(path_.c_str());
    }

    manager(manager const&) = delete;
    manager& operator=(manager const&) = delete;

    // The next message within the bound; "" when none comes.
    std::string next(milliseconds bound) const {
        timeval const wait{bound.count() / 1000, (bound.count() % 1000) * 1000};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        std::array<char, 512> text{};
        auto const n = ::recv(socket_, text.data(), text.size(), 0);
        return n < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(n));
    }

    // Waits for this message, past others.
    bool hears(std::string const& wanted, milliseconds bound) const {
        return eventually(bound, [&] { return next(200ms) == wanted; });
    }

private:
    std::string path_;
    int socket_;
};

struct served {
    explicit served(std::vector<std::pair<std::string, std::string>> more = {})
        : more_(std::move(more)), system(options()) {}

    system_options options() {
        system_options o;
        o.upstream = against::stand_in;
        o.environment = [this](scratch const& dir) {
            if (!systemd)
                systemd.emplace(dir.path("notify"));
            std::vector<std::pair<std::string, std::string>> env = {
                {"NOTIFY_SOCKET", dir.path("notify")}, {"WATCHDOG_USEC", "400000"}};
            env.insert(env.end(), more_.begin(), more_.end());
            return env;
        };
        return o;
    }

private:
    std::vector<std::pair<std::string, std::string>> more_;

public:
    std::optional<manager> systemd;
    system_under_test system;
};

} // namespace

BOOST_AUTO_TEST_SUITE(seen_service)

BOOST_AUTO_TEST_CASE(ready_alive_stopping) {
    served s;
    BOOST_TEST(s.systemd->next(5s).starts_with("READY=1\nSTATUS=serving on 127.0.0.1:"));
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(s.systemd->next(5s) == "WATCHDOG=1");
    s.system.gateway().signal(SIGTERM);
    BOOST_TEST(s.systemd->hears("STOPPING=1", 5s));
    auto const ended = s.system.gateway().wait(10s);
    BOOST_TEST_REQUIRE(ended.has_value());
    BOOST_TEST(ended->code == 0);
}

#ifdef WXGATE_FAILPOINTS
// A worker that hangs is not alive, whatever the others do.
BOOST_AUTO_TEST_CASE(a_worker_that_hangs) {
    std::vector<std::pair<std::string, std::string>> const hang = {
        {"WXGATE_FAILPOINT", "notify.parsed=sleep:5000*once"}};
    served s(hang);
    BOOST_TEST(s.systemd->hears("WATCHDOG=1", 5s));
    auto const payment = s.system.create();
    {
        std::jthread const stuck([&] { s.system.notify(notification_of(payment, new_transaction_id())); });
        BOOST_TEST(eventually(10s, [&] {
            return s.system.logs().find("a worker does not answer") != std::string::npos;
        }));
        while (!s.systemd->next(10ms).empty()) // of before
            continue;
        BOOST_TEST(s.systemd->next(1000ms) == "", "it is called alive all the same");
    }
    BOOST_TEST(s.systemd->hears("WATCHDOG=1", 5s), "and it is again when the worker is");
    BOOST_TEST(s.system.create().is_object());
}
#endif

// What was logged is there when the program has ended, however few the lines.
BOOST_AUTO_TEST_CASE(the_last_lines_of_the_log) {
    served s;
    BOOST_TEST_REQUIRE(s.system.stop_gateway().has_value());
    auto const logs = s.system.logs();
    BOOST_TEST(logs.find("\"msg\":\"draining\"") != std::string::npos, logs);
    BOOST_TEST(logs.find("\"msg\":\"stopped\"") != std::string::npos, logs);
    BOOST_TEST(logs.ends_with("}\n"));
}

// Not even those that somebody put where they do not belong.
BOOST_AUTO_TEST_CASE(secrets_are_seen_nowhere) {
    webhook_shops s;
    auto const number = text_of(s.system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const back = s.system.refund_request(40);
    BOOST_TEST(one_of(s.system.refund(number, back).status, {201, 202}));
    BOOST_TEST(s.system.refund_becomes(text_of(back, "out_refund_no"), "SUCCESS"));
    auto const payment = s.system.create();
    tell_wrong_amount(s.system, payment, new_transaction_id());
    // Where people put secrets by mistake.
    auto const bearer = s.system.with_key("shop").bearer();
    auto const secret = text_of(payment, "client_secret");
    auto const anybody = s.system.anonymous();
    auto const admin = s.system.admin();
    for (auto const& target :
         {"/v1/payments/" + bearer,
          "/v1/refunds/" + bearer,
          "/v1/payments?key=" + bearer,
          "/" + bearer,
          "/v1/" + bearer})
        for (auto const* listener : {&anybody, &admin})
            BOOST_TEST(listener->get(target, {{"X-Api-Key", bearer}}).status >= 400U);
    anybody.post(
        "/v1/checkout/" + text_of(payment, "out_trade_no"),
        {{"client_secret", secret}, {"code", "CANARYcode"}}
    );
    s.system.visitor().login("alice", s.system.person("bob").password);
    s.system.visitor().login(s.system.person("bob").password, "x");
    s.system.sign_in("alice").get("/admin/v1/payments?merchant=" + bearer);
    exchange_raw(
        s.system.port(),
        "GET /" + bearer + " HTTP/1.1\r\nHost: x\r\nHost: y\r\nCookie: " + bearer + "\r\n\r\n"
    );
    check_all_told(s); // logs, metrics, replies, the store, and what the shops were told
    BOOST_TEST(s.system.logs().find(secret) == std::string::npos);
    BOOST_TEST(s.system.store().dump().find(secret) == std::string::npos);
    BOOST_TEST(s.system.admin().get("/metrics").body.find(number) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
