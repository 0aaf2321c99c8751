#include "load/child.hpp"

#include "load/interrupt.hpp"
#include "load/scratch.hpp"

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace wxgate::bench {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience{15'000};

// Between fork() and exec() only async-signal-safe calls are allowed: all memory is made before.
[[noreturn]] void become(char const* log, char* const* argv, char* const* envp, pid_t parent) {
    sigset_t none;
    ::sigemptyset(&none);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) // it ended before
        ::_exit(126);
    ::setpgid(0, 0); // Ctrl-C is the bench's: it stops its programs in order
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    auto const in = ::open("/dev/null", O_RDONLY);
    auto const out = ::open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (in < 0 || out < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(out, 2) < 0)
        ::_exit(126);
    ::close_range(3, ~0U, 0);
    ::execve(argv[0], argv, envp);
    ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (auto& t : texts)
        all.push_back(t.data());
    all.push_back(nullptr);
    return all;
}

std::vector<std::string> environment() {
    std::vector<std::string> all;
    for (char** e = environ; *e != nullptr; ++e)
        if (!std::string_view(*e).starts_with("WXGATE_"))
            all.emplace_back(*e);
    return all;
}

} // namespace

child::child(std::string const& program, std::vector<std::string> args, std::string log)
    : name_(std::filesystem::path(program).filename().string()), log_(std::move(log)) {
    if (::access(program.c_str(), X_OK) != 0)
        throw std::runtime_error(program + " is not there; name its folder with --bin");
    args.insert(args.begin(), program);
    auto env = environment();
    auto const argv = pointers(args);
    auto const envp = pointers(env);
    auto const parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::runtime_error("cannot start " + program + ": fork failed");
    if (pid_ == 0)
        become(log_.c_str(), argv.data(), envp.data(), parent);
    // glibc 2.36 declares pidfd_open() without extern "C".
    handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (handle_ < 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        throw std::runtime_error("pidfd_open failed");
    }
}

child::~child() {
    if (pid_ > 0)
        stop();
    if (handle_ >= 0)
        ::close(handle_);
}

child::child(child&& other) noexcept
    : name_(std::move(other.name_)), log_(std::move(other.log_)), pid_(std::exchange(other.pid_, -1)),
      handle_(std::exchange(other.handle_, -1)), ended_(other.ended_) {
}

child& child::operator=(child&& other) noexcept {
    if (this == &other)
        return *this;
    if (pid_ > 0)
        stop();
    if (handle_ >= 0)
        ::close(handle_);
    name_ = std::move(other.name_);
    log_ = std::move(other.log_);
    pid_ = std::exchange(other.pid_, -1);
    handle_ = std::exchange(other.handle_, -1);
    ended_ = other.ended_;
    return *this;
}

std::optional<int> child::wait(milliseconds bound) {
    if (ended_)
        return ended_;
    auto const until = std::chrono::steady_clock::now() + bound;
    pollfd waiting{handle_, POLLIN, 0};
    for (;;) {
        auto const left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
        auto const n = ::poll(&waiting, 1, left.count() > 0 ? static_cast<int>(left.count()) : 0);
        if (n > 0)
            break;
        if (n == 0 || errno != EINTR)
            return std::nullopt;
    }
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_)
        return std::nullopt;
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return ended_;
}

void child::signal(int number) {
    if (!ended_)
        ::kill(pid_, number);
}

int child::stop(int number) {
    signal(number);
    if (auto const code = wait(patience))
        return *code;
    signal(SIGKILL);
    return wait(patience).value_or(-1);
}

std::string child::last_words() const {
    constexpr std::size_t most = 2000;
    auto const all = read_file(log_);
    return name_ + ": " + (all.size() > most ? all.substr(all.size() - most) : all);
}

std::string wait_ready(child& c, std::string const& file, std::chrono::seconds bound) {
    auto const until = std::chrono::steady_clock::now() + bound;
    for (;;) {
        auto text = read_file(file);
        boost::system::error_code ec;
        auto const parsed = boost::json::parse(text, ec);
        if (!ec && parsed.is_object())
            return text;
        throw_if_interrupted();
        if (std::chrono::steady_clock::now() > until)
            throw std::runtime_error("it did not get ready: " + c.last_words());
        if (c.wait(milliseconds(2)))
            throw std::runtime_error("it ended instead of getting ready: " + c.last_words());
    }
}

} // namespace wxgate::bench
