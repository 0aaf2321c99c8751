#include "support/store_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace wxgate::test {

namespace {

sockaddr_in local(std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

sockaddr* general(sockaddr_in& a) {
    return reinterpret_cast<sockaddr*>(&a);
}

int connect_to(std::uint16_t port) {
    int const s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto where = local(port);
    int const on = 1;
    ::setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(s, general(where), sizeof where) == 0)
        return s;
    ::close(s);
    return -1;
}

bool send_all(int to, char const* bytes, std::size_t size) {
    while (size > 0) {
        auto const n = ::send(to, bytes, size, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes += n;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

} // namespace

class store_proxy::impl {
public:
    explicit impl(std::uint16_t server) : server_(server) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        auto where = local(0);
        socklen_t size = sizeof where;
        if (::bind(listener_, general(where), size) != 0 || ::listen(listener_, 128) != 0 ||
            ::getsockname(listener_, general(where), &size) != 0)
            throw std::runtime_error("store_proxy cannot listen");
        port_ = ntohs(where.sin_port);
        acceptor_ = std::thread([this] { accept_all(); });
    }

    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    ~impl() {
        stopping_ = true;
        acceptor_.join();
        cut();
        for (auto& p : pairs_)
            p.carrier.join();
        ::close(listener_);
    }

    void cut() {
        std::lock_guard const lock(mutex_);
        for (auto const& p : pairs_) {
            ::shutdown(p.client, SHUT_RDWR);
            ::shutdown(p.server, SHUT_RDWR);
        }
        losing = false;
    }

    std::atomic<bool> losing{false};
    std::atomic<std::size_t> lost{0};
    std::uint16_t port_ = 0;

private:
    struct pair {
        int client = -1;
        int server = -1;
        std::thread carrier;
    };

    void accept_all() {
        while (!stopping_) {
            pollfd p{listener_, POLLIN, 0};
            if (::poll(&p, 1, 50) <= 0 || losing)
                continue;
            int const client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            int const server = client < 0 ? -1 : connect_to(server_);
            if (server < 0) {
                if (client >= 0)
                    ::close(client);
                continue;
            }
            int const on = 1;
            ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            std::lock_guard const lock(mutex_);
            auto& made = pairs_.emplace_back();
            made.client = client;
            made.server = server;
            made.carrier = std::thread([this, &made] { carry(made); });
        }
    }

    // Descriptors are closed when the proxy ends: a number that is used again must not be cut.
    void carry(pair const& of) {
        std::array<char, 65536> bytes{};
        bool reads = false;
        int words = 0; // of the client: an SSLRequest may come before the startup message
        for (;;) {
            std::array<pollfd, 2> both{{{of.client, POLLIN, 0}, {of.server, POLLIN, 0}}};
            if (::poll(both.data(), both.size(), -1) < 0)
                break;
            bool good = true;
            for (std::size_t i = 0; i < both.size() && good; ++i) {
                if (both[i].revents == 0)
                    continue;
                auto const n = ::recv(both[i].fd, bytes.data(), bytes.size(), 0);
                auto const size = static_cast<std::size_t>(n < 0 ? 0 : n);
                good = n > 0;
                if (good && i == 0 && words < 3) {
                    ++words;
                    reads =
                        reads || std::string_view(bytes.data(), size).find("default_transaction_read_only") !=
                                     std::string_view::npos;
                }
                if (good && i == 1 && losing && !reads)
                    lost += size;
                else if (good)
                    good = send_all(both[1 - i].fd, bytes.data(), size);
            }
            if (!good)
                break;
        }
        ::shutdown(of.client, SHUT_RDWR);
        ::shutdown(of.server, SHUT_RDWR);
    }

    std::uint16_t server_;
    int listener_ = -1;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::list<pair> pairs_;
    std::thread acceptor_;
};

store_proxy::store_proxy(std::uint16_t server) : impl_(std::make_unique<impl>(server)) {
}

store_proxy::~store_proxy() = default;

std::uint16_t store_proxy::port() const {
    return impl_->port_;
}

void store_proxy::lose_answers() {
    impl_->losing = true;
}

void store_proxy::cut() {
    impl_->cut();
}

std::size_t store_proxy::lost() const {
    return impl_->lost;
}

} // namespace wxgate::test
