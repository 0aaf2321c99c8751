#include "base/log_sink.hpp"

#include "base/metrics.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace wxgate::log {

namespace {

constexpr auto gathering = std::chrono::milliseconds(100);
constexpr std::size_t enough = 64UL * 1024; // written at once
constexpr std::size_t most = 1024UL * 1024; // nobody reads them: lines are lost, and counted

metrics::counter& dropped = metrics::get_counter(
    "wxgate_log_lines_dropped_total", "Lines of the log that were lost because nobody read standard error."
);

void write_all(std::string_view text) noexcept {
    while (!text.empty()) {
        auto const n = ::write(STDERR_FILENO, text.data(), text.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return; // there is nobody to tell
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

} // namespace

void stderr_sink::log(spdlog::details::log_msg const& line) {
    std::unique_lock lock(mutex_);
    std::size_t const before = lines_.size();
    if (before + line.payload.size() >= most) {
        dropped.add();
        return;
    }
    lines_.append(line.payload.data(), line.payload.size());
    lines_ += '\n';
    bool const urgent = line.level >= spdlog::level::warn;
    if (!writing_ && (urgent || !buffered_))
        return write_out(lock);
    hurry_ = hurry_ || urgent;
    bool const wake = before == 0 || urgent || (before < enough && lines_.size() >= enough);
    lock.unlock();
    if (wake)
        filled_.notify_one();
}

// What is there, and what comes meanwhile if it was urgent or is not buffered.
void stderr_sink::write_out(std::unique_lock<std::mutex>& lock) {
    do {
        writing_ = true;
        hurry_ = false;
        spare_.swap(lines_);
        lock.unlock();
        write_all(spare_);
        spare_.clear();
        lock.lock();
        writing_ = false;
    } while (!lines_.empty() && (hurry_ || !buffered_));
    written_.notify_all();
    if (!lines_.empty())
        filled_.notify_one();
}

void stderr_sink::buffer() {
    {
        std::lock_guard const lock(mutex_);
        if (buffered_)
            return;
        buffered_ = true;
    }
    std::thread([this] { run(); }).detach(); // ends with the process
}

void stderr_sink::run() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr); // signals are for the main thread
    pthread_setname_np(pthread_self(), "log");
    std::unique_lock lock(mutex_);
    for (;;) {
        filled_.wait(lock, [this] { return !lines_.empty() && !writing_; });
        filled_.wait_for(lock, gathering, [this] { return hurry_ || lines_.size() >= enough; });
        if (!lines_.empty() && !writing_)
            write_out(lock);
    }
}

void stderr_sink::flush_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!writing_ && !lines_.empty())
        return write_out(lock);
    hurry_ = writing_;
    written_.wait_for(lock, patience, [this] { return !writing_ && lines_.empty(); });
}

} // namespace wxgate::log
