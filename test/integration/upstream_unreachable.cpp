// RELIABILITY.md P3: no connection to WeChat comes about. What was not sent is known not to be sent, and said
// at once; when it is known that neither host can be reached, nobody waits for a connection.
#include "fixture.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>

using namespace wxgate::test;

namespace {

// A port on which connecting never ends: its queue is full, and nobody takes anything from it.
class black_hole {
public:
    black_hole() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        auto* const address = reinterpret_cast<sockaddr*>(&where);
        if (::bind(listener_, address, size) != 0 || ::listen(listener_, 0) != 0 ||
            ::getsockname(listener_, address, &size) != 0)
            throw std::runtime_error("no black hole");
        port_ = ntohs(where.sin_port);
        for (bool full = false; !full;)
            full = !fill(address, size);
    }

    ~black_hole() {
        for (auto const s : waiting_)
            ::close(s);
        ::close(listener_);
    }

    black_hole(black_hole const&) = delete;
    black_hole& operator=(black_hole const&) = delete;

    std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }

private:
    // One more in the queue; false when there is no room for it.
    bool fill(sockaddr const* address, socklen_t size) {
        auto const s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        waiting_.push_back(s);
        ::connect(s, address, size);
        pollfd done{s, POLLOUT, 0};
        return waiting_.size() < 64 && ::poll(&done, 1, 200) == 1;
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::vector<int> waiting_;
};

// Said as it is: WeChat was sent nothing.
void check_unsent(reply const& r) {
    check_problem(r, 503, "overloaded");
    BOOST_TEST(!r.header("Retry-After").empty());
}

} // namespace

BOOST_AUTO_TEST_SUITE(upstream_unreachable)

BOOST_AUTO_TEST_CASE(a_name_that_does_not_resolve) {
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [](gateway_config& c) { c.url = "https://wechat.invalid"; };
    system_under_test alone(options);
    auto const order = alone.order();
    auto const begin = steady::now();
    check_unsent(alone.with_key("shop").post("/v1/payments", order));
    BOOST_TEST((steady::now() - begin < 7s));
    BOOST_TEST(alone.state(text_of(order, "out_trade_no")) == "CREATED");
    BOOST_TEST(alone.upstream().calls().empty());
    BOOST_TEST(alone.admin().get("/healthz").status == 200U);
    check_unsent(alone.with_key("shop").post("/v1/payments", order)); // the same again: asked first

    options.adjust = [](gateway_config& c) {
        c.backup_url = c.url;
        c.url = "https://wechat.invalid";
    };
    system_under_test const backed(options);
    BOOST_TEST(text_of(backed.create(), "trade_state") == "NOTPAY", "the backup has it");
}

// Three calls wait for a connection in vain; from then on all fail at once but for the trials, of which there
// is one a host at a time.
BOOST_AUTO_TEST_CASE(both_hosts_are_known_to_be_away) {
    black_hole const first;
    black_hole const second;
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [&](gateway_config& c) {
        c.threads = 1; // what is known of a host is a worker's own
        c.url = first.url();
        c.backup_url = second.url();
    };
    system_under_test system(options);
    auto const shop = system.with_key("shop");
    together(3, [&](std::size_t) { check_unsent(shop.post("/v1/payments", system.order())); });
    constexpr std::size_t many = 20;
    std::mutex guard;
    std::size_t waited = 0;
    together(many, [&](std::size_t) {
        auto const order = system.order();
        auto const begin = steady::now();
        auto const r = shop.post("/v1/payments", order);
        bool const long_one = steady::now() - begin > 900ms; // connect_timeout is a second
        std::lock_guard const lock(guard);
        waited += long_one ? 1U : 0U;
        check_unsent(r);
        BOOST_TEST(system.state(text_of(order, "out_trade_no")) == "CREATED");
    });
    BOOST_TEST(waited <= 4U, waited << " of " << many << " waited for a connection");
    BOOST_TEST(system.upstream().calls().empty());
    // What needs no WeChat is not held up.
    auto const payments = shop.get("/v1/payments?limit=5");
    BOOST_TEST(payments.status == 200U, payments.describe());
}

BOOST_AUTO_TEST_SUITE_END()
