// Where the log's lines go: standard error, when it is asked to through a buffer that a thread of its own
// empties. So a line costs a copy instead of a system call, and a reader of the log who does not read stops
// nothing.
#pragma once

#include <spdlog/sinks/sink.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

namespace wxgate::log {

/// Lives as long as the process: threads may log until the very end.
class stderr_sink final : public spdlog::sinks::sink {
public:
    /// Lines gather for a tenth of a second from now on, but for those of a warning or an error, which take
    /// along what is before them. Once.
    void buffer();

    /// Waits until what was logged is written, for so long at most.
    void flush_for(std::chrono::milliseconds patience);

    void log(spdlog::details::log_msg const& line) override;

    void flush() override {}

    void set_pattern(std::string const&) override {}

    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
    void run();
    void write_out(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::condition_variable filled_;
    std::condition_variable written_;
    std::string lines_; // to be written
    std::string spare_; // being written, while `writing_`
    bool writing_ = false;
    bool hurry_ = false;
    bool buffered_ = false;
};

} // namespace wxgate::log
