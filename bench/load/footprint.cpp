#include "load/footprint.hpp"

#include <algorithm>
#include <chrono>

namespace wxgate::bench {

namespace {

constexpr std::chrono::milliseconds interval{100};

} // namespace

footprint footprint_of(pid_t process) {
    footprint f;
    f.resident = resident_bytes(process);
    f.files = open_files(process);
    f.tcp = tcp_memory_now();
    return f;
}

footprint_watch::footprint_watch(asio::io_context& context, pid_t process)
    : process_(process), timer_(context) {
}

void footprint_watch::begin(std::function<bool()> is_full) {
    is_full_ = std::move(is_full);
    most_ = {};
    look_later();
}

footprint footprint_watch::end() {
    timer_.cancel();
    is_full_ = nullptr;
    return most_;
}

void footprint_watch::look_later() {
    timer_.expires_after(interval);
    timer_.async_wait([this](boost::system::error_code ec) {
        if (ec || !is_full_)
            return;
        look();
        look_later();
    });
}

void footprint_watch::look() {
    auto const tcp = tcp_memory_now();
    most_.resident = std::max(most_.resident, resident_bytes(process_));
    most_.tcp.bytes = std::max(most_.tcp.bytes, tcp.bytes);
    most_.tcp.orphans = std::max(most_.tcp.orphans, tcp.orphans);
    if (most_.files == 0 && is_full_())
        most_.files = open_files(process_);
}

} // namespace wxgate::bench
