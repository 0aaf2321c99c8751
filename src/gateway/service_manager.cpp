#include "gateway/service_manager.hpp"

#include "base/text.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace wxgate::gateway {

namespace {

std::string environment(char const* name) {
    char const* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): before any thread starts
    return value == nullptr ? std::string() : std::string(value);
}

} // namespace

service_manager::service_manager() : socket_(environment("NOTIFY_SOCKET")) {
    if (socket_.starts_with('@'))
        socket_.front() = '\0';
    auto const usec = parse_uint(environment("WATCHDOG_USEC"), 86'400'000'000);
    auto const pid = environment("WATCHDOG_PID");
    if (usec && !socket_.empty() && (pid.empty() || pid == std::to_string(::getpid())))
        patience_ = std::chrono::microseconds(static_cast<std::int64_t>(*usec));
}

void service_manager::tell(std::string_view what) const noexcept {
    sockaddr_un to{};
    if (socket_.empty() || socket_.size() >= sizeof to.sun_path)
        return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, socket_.data(), socket_.size());
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    int const s = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    auto const* const address = reinterpret_cast<sockaddr const*>(&to);
    static_cast<void>(::sendto(s, what.data(), what.size(), MSG_NOSIGNAL, address, size));
    ::close(s);
}

} // namespace wxgate::gateway
