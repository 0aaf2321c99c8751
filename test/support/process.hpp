// Programs under test as child processes. Only children started here are ever signalled, by their own pid.
#pragma once

#include "support/wait.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::test {

struct process_options {
    std::string program;
    std::vector<std::string> args;
    std::vector<std::pair<std::string, std::string>> env; // beside what this process has
    std::string folder;                                   // working directory; empty: this one
    std::string stdin_file = "/dev/null";
    std::string stdout_file = "/dev/null";
    std::string stderr_file = "/dev/null"; // appended to
};

struct exit_status {
    int code = -1;  // as given to exit(), or -1
    int signal = 0; // that ended it, or 0
};

/// A child. It dies with the thread that started it (start from the main thread) and is killed by the
/// destructor.
class process {
public:
    explicit process(process_options const& options);
    ~process();
    process(process&& other) noexcept;
    process& operator=(process&& other) noexcept;

    pid_t pid() const noexcept { return pid_; }

    bool alive();

    /// How it ended, or nothing when it is still running after `bound`.
    std::optional<exit_status> wait(milliseconds bound);

    void signal(int number);

    /// SIGKILL, and waits for the end.
    void kill();

    std::size_t rss_bytes() const;
    std::size_t open_files() const;

private:
    pid_t pid_ = -1;
    int handle_ = -1; // pidfd
    std::optional<exit_status> ended_;
};

struct run_result {
    bool ended = false; // false: it was cut at the bound
    exit_status status;
    std::string out;
    std::string err;
};

/// Runs a program to its end, within `bound`.
run_result
run(std::string const& program,
    std::vector<std::string> args,
    std::string const& input = {},
    milliseconds bound = 20s);

} // namespace wxgate::test
