#include "load/cpu.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace wxgate::bench {

namespace {

using std::chrono::nanoseconds;

std::string proc(pid_t process, char const* file) {
    return "/proc/" + std::to_string(process) + "/" + file;
}

nanoseconds to_ns(timespec const& t) {
    return std::chrono::seconds(t.tv_sec) + nanoseconds(t.tv_nsec);
}

// /proc/PID/stat: after the name, which is in parentheses, utime and stime are the 12th and 13th.
void read_ticks(pid_t process, cpu_usage& to) {
    std::ifstream in(proc(process, "stat"));
    std::string text;
    std::getline(in, text);
    auto const behind_name = text.rfind(')');
    if (behind_name == std::string::npos)
        throw std::runtime_error("process " + std::to_string(process) + " is gone");
    std::istringstream rest(text.substr(behind_name + 1));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        rest >> skipped;
    std::int64_t user = 0;
    std::int64_t system = 0;
    rest >> user >> system;
    auto const tick = nanoseconds(1'000'000'000 / ::sysconf(_SC_CLK_TCK));
    to.user = user * tick;
    to.system = system * tick;
    to.total = to.user + to.system;
}

void read_exact(pid_t process, cpu_usage& to) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(process, &clock) == 0 && ::clock_gettime(clock, &used) == 0)
        to.total = to_ns(used);
}

std::uint64_t number_behind(std::string const& file, std::string_view name) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
        if (line.starts_with(name))
            return std::stoull(line.substr(name.size()));
    return 0;
}

void read_switches(pid_t process, cpu_usage& to) {
    std::error_code ec;
    std::filesystem::directory_iterator threads(proc(process, "task"), ec);
    for (; !ec && threads != std::filesystem::directory_iterator(); threads.increment(ec)) {
        auto const status = threads->path().string() + "/status";
        to.waits += number_behind(status, "voluntary_ctxt_switches:");
        to.preemptions += number_behind(status, "nonvoluntary_ctxt_switches:");
    }
}

} // namespace

cpu_usage cpu_usage::operator-(cpu_usage const& before) const noexcept {
    cpu_usage d;
    d.total = total - before.total;
    auto const ticks = (user - before.user) + (system - before.system);
    auto const part = ticks.count() > 0 ? static_cast<double>((user - before.user).count()) /
                                              static_cast<double>(ticks.count())
                                        : 0.0;
    d.user = nanoseconds(static_cast<std::int64_t>(static_cast<double>(d.total.count()) * part));
    d.system = d.total - d.user;
    d.waits = waits - std::min(waits, before.waits); // a thread may have ended
    d.preemptions = preemptions - std::min(preemptions, before.preemptions);
    return d;
}

cpu_usage cpu_of(pid_t process) {
    cpu_usage u;
    read_ticks(process, u);
    read_exact(process, u);
    read_switches(process, u);
    return u;
}

nanoseconds machine_cpu() {
    std::ifstream in("/proc/stat"); // "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ …", in ticks
    std::string name;
    std::array<std::int64_t, 7> ticks{};
    in >> name;
    for (auto& t : ticks)
        in >> t;
    auto const busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6];
    return busy * nanoseconds(1'000'000'000 / ::sysconf(_SC_CLK_TCK));
}

nanoseconds thread_cpu() noexcept {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return to_ns(used);
}

std::size_t resident_bytes(pid_t process) {
    std::ifstream in(proc(process, "statm"));
    std::size_t size = 0;
    std::size_t resident = 0;
    in >> size >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t anonymous_bytes(pid_t process) {
    return static_cast<std::size_t>(number_behind(proc(process, "status"), "RssAnon:")) * 1024;
}

std::size_t open_files(pid_t process) {
    std::error_code ec;
    std::filesystem::directory_iterator files(proc(process, "fd"), ec);
    std::size_t n = 0;
    for (; !ec && files != std::filesystem::directory_iterator(); files.increment(ec))
        ++n;
    return n;
}

tcp_memory tcp_memory_now() {
    tcp_memory now;
    std::ifstream in("/proc/net/sockstat"); // "TCP: inuse 5 orphan 0 tw 2 alloc 7 mem 1", the last in pages
    for (std::string word; in >> word;) {
        if (word != "TCP:")
            continue;
        std::size_t value = 0;
        for (std::string name; in >> name >> value;) {
            if (name == "orphan")
                now.orphans = value;
            if (name == "mem")
                now.bytes = value * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        }
        break;
    }
    return now;
}

std::size_t raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        ::getrlimit(RLIMIT_NOFILE, &limit);
    }
    return static_cast<std::size_t>(limit.rlim_cur);
}

} // namespace wxgate::bench
