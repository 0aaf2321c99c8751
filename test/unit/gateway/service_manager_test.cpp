// sd_notify(3): what is told, to whom, and that nothing goes wrong when nobody listens.
#include "gateway/service_manager.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace wxgate::gateway;

namespace {

// The manager's end; `name` is a path, or '\0' and a name.
class listener {
public:
    explicit listener(std::string const& name)
        : name_(name), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        std::memcpy(where.sun_path, name.data(), name.size());
        auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
        BOOST_REQUIRE(::bind(socket_, reinterpret_cast<sockaddr const*>(&where), size) == 0);
    }

    ~listener() {
        ::close(socket_);
        if (name_.front() != '\0')
            ::unlink(name_.c_str());
    }

    listener(listener const&) = delete;
    listener& operator=(listener const&) = delete;

    std::string next() const {
        std::array<char, 256> text{};
        auto const n = ::recv(socket_, text.data(), text.size(), 0);
        return n < 0 ? "nothing" : std::string(text.data(), static_cast<std::size_t>(n));
    }

private:
    std::string name_;
    int socket_;
};

struct environment {
    environment(char const* socket, char const* usec, std::string const& pid) {
        put("NOTIFY_SOCKET", socket);
        put("WATCHDOG_USEC", usec);
        put("WATCHDOG_PID", pid.empty() ? nullptr : pid.c_str());
    }

    ~environment() {
        for (auto const* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})
            ::unsetenv(name);
    }

    environment(environment const&) = delete;
    environment& operator=(environment const&) = delete;

    static void put(char const* name, char const* value) {
        if (value == nullptr)
            ::unsetenv(name);
        else
            ::setenv(name, value, 1);
    }
};

std::string const path = "/tmp/wxgate-notify-" + std::to_string(::getpid());

} // namespace

BOOST_AUTO_TEST_SUITE(service_manager_test)

BOOST_AUTO_TEST_CASE(told_by_path_and_by_name) {
    for (bool const abstract : {false, true}) {
        listener const l(abstract ? std::string(1, '\0') + path : path);
        environment const e(((abstract ? "@" : "") + path).c_str(), nullptr, {});
        service_manager const m;
        m.tell("READY=1\nSTATUS=serving");
        BOOST_TEST(l.next() == "READY=1\nSTATUS=serving");
        m.tell("STOPPING=1");
        BOOST_TEST(l.next() == "STOPPING=1");
        BOOST_TEST(l.next() == "nothing");
        BOOST_TEST(m.patience().count() == 0);
    }
}

BOOST_AUTO_TEST_CASE(nobody_listens) {
    {
        environment const e(nullptr, "10000000", {});
        service_manager const m;
        m.tell("READY=1");
        BOOST_TEST(m.patience().count() == 0);
    }
    for (auto const& socket :
         {std::string(), std::string("/nonexistent/notify"), std::string(4000, 'x'), std::string("@")}) {
        environment const e(socket.c_str(), nullptr, {});
        service_manager().tell("READY=1");
    }
    BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(the_watchdog) {
    struct row {
        char const* usec;
        std::string pid;
        std::int64_t patience;
    };

    auto const own = std::to_string(::getpid());
    for (row const& r : std::initializer_list<row>{
             {"10000000", "", 10'000'000},
             {"10000000", own, 10'000'000},
             {"10000000", own + "1", 0}, // another's
             {"0", "", 0},
             {"-1", "", 0},
             {"ten", "", 0},
             {"", "", 0},
             {nullptr, "", 0}}) {
        environment const e(path.c_str(), r.usec, r.pid);
        BOOST_TEST(service_manager().patience().count() == r.patience, (r.usec == nullptr ? "none" : r.usec));
    }
}

BOOST_AUTO_TEST_SUITE_END()
