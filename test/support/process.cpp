#include "support/process.hpp"

#include "support/scratch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace wxgate::test {

namespace {

// Ours, unless WXGATE_PROGRAMS names the folder of another build: then that one's is what is tested.
std::string chosen(std::string const& program) {
    char const* const folder = std::getenv("WXGATE_PROGRAMS");
    bool const ours = program == WXGATE_PROGRAM || program == WXGATE_SANDBOX_PROGRAM;
    return folder == nullptr || !ours ? program : folder + program.substr(program.rfind('/'));
}

// Between fork() and exec() in a process with threads only async-signal-safe calls are allowed: all memory is
// made before.
[[noreturn]] void
become(process_options const& options, char* const* argv, char* const* envp, sigset_t const& no_signals) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::sigprocmask(SIG_SETMASK, &no_signals, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    auto const in = ::open(options.stdin_file.c_str(), O_RDONLY);
    auto const out = ::open(options.stdout_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    auto const err = ::open(options.stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (in < 0 || out < 0 || err < 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 || ::dup2(err, 2) < 0)
        ::_exit(126);
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0)
        ::_exit(126);
    ::close_range(3, ~0U, 0);
    ::execve(argv[0], argv, envp);
    ::_exit(127);
}

std::vector<std::string> environment(process_options const& options) {
    std::vector<std::string> all;
    for (char** e = environ; *e; ++e)
        if (!std::string_view(*e).starts_with("WXGATE_")) // the programs take those as configuration
            all.emplace_back(*e);
    for (auto const& [name, value] : options.env)
        all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& t : texts)
        all.push_back(t.data());
    all.push_back(nullptr);
    return all;
}

} // namespace

process::process(process_options const& options) {
    auto args = options.args;
    args.insert(args.begin(), chosen(options.program));
    auto env = environment(options);
    auto const argv = pointers(args);
    auto const envp = pointers(env);
    sigset_t none;
    ::sigemptyset(&none);
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::runtime_error("fork failed");
    if (pid_ == 0)
        become(options, argv.data(), envp.data(), none);
    handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)
    ); // glibc 2.36 declares pidfd_open() without extern "C"
    if (handle_ < 0)
        throw std::runtime_error("pidfd_open failed");
}

process::~process() {
    kill();
    if (handle_ >= 0)
        ::close(handle_);
}

process::process(process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), handle_(std::exchange(other.handle_, -1)), ended_(other.ended_) {
}

process& process::operator=(process&& other) noexcept {
    if (this != &other) {
        kill();
        if (handle_ >= 0)
            ::close(handle_);
        pid_ = std::exchange(other.pid_, -1);
        handle_ = std::exchange(other.handle_, -1);
        ended_ = other.ended_;
    }
    return *this;
}

bool process::alive() {
    return pid_ > 0 && !wait(0ms);
}

std::optional<exit_status> process::wait(milliseconds bound) {
    if (ended_ || pid_ <= 0)
        return ended_;
    pollfd waiting{handle_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(bound.count())) <= 0)
        return std::nullopt;
    int status = 0;
    if (::waitpid(pid_, &status, 0) != pid_)
        return std::nullopt;
    exit_status how;
    if (WIFEXITED(status))
        how.code = WEXITSTATUS(status);
    else
        how.signal = WTERMSIG(status);
    ended_ = how;
    return ended_;
}

void process::signal(int number) {
    if (pid_ > 0 && !ended_)
        ::kill(pid_, number);
}

void process::kill() {
    if (pid_ > 0 && !ended_) {
        ::kill(pid_, SIGKILL);
        wait(10s);
    }
}

std::size_t process::rss_bytes() const {
    std::ifstream statm("/proc/" + std::to_string(pid_) + "/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t process::open_files() const {
    std::error_code ec;
    std::filesystem::directory_iterator files("/proc/" + std::to_string(pid_) + "/fd", ec);
    std::size_t n = 0;
    for (; !ec && files != std::filesystem::directory_iterator(); files.increment(ec))
        ++n;
    return n;
}

run_result
run(std::string const& program, std::vector<std::string> args, std::string const& input, milliseconds bound) {
    scratch const dir;
    process_options options;
    options.program = program;
    options.args = std::move(args);
    options.stdin_file = dir.write("in", input);
    options.stdout_file = dir.path("out");
    options.stderr_file = dir.path("err");
    process child(options);
    auto const how = child.wait(bound);
    child.kill();
    run_result r;
    r.ended = how.has_value();
    r.status = how.value_or(exit_status{});
    r.out = read_file(options.stdout_file);
    r.err = read_file(options.stderr_file);
    return r;
}

} // namespace wxgate::test
