// A program that the bench starts. Only such children are ever signalled, by their own pid.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::bench {

/// It dies with the thread that started it. The destructor sends SIGTERM, and SIGKILL after 15 s.
class child {
public:
    /// Both outputs go to the file `log`. WXGATE_* of the environment is not handed on: the programs take it
    /// as configuration. Throws std::runtime_error.
    child(std::string const& program, std::vector<std::string> args, std::string log);
    ~child();
    child(child&& other) noexcept;
    child& operator=(child&& other) noexcept;

    pid_t pid() const noexcept { return pid_; }

    bool alive() { return !wait(std::chrono::milliseconds(0)); }

    /// Its exit code (128 and the signal's number when a signal ended it), or nothing when it is still
    /// running after `bound`.
    std::optional<int> wait(std::chrono::milliseconds bound);

    void signal(int number);

    /// SIGTERM (or `number`), SIGKILL after 15 s; gives the exit code.
    int stop(int number = 15);

    /// The end of what it wrote.
    std::string last_words() const;

private:
    std::string name_;
    std::string log_;
    pid_t pid_ = -1;
    int handle_ = -1; // pidfd
    std::optional<int> ended_;
};

/// Waits until the child has written its ready file (JSON), at most `bound`. Throws std::runtime_error with
/// its last words when it ends before or is too late, `interrupted` when an interrupt came.
std::string
wait_ready(child& c, std::string const& file, std::chrono::seconds bound = std::chrono::seconds(60));

} // namespace wxgate::bench
