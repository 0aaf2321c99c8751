#include "base/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace wxgate::metrics {

namespace {

using std::chrono::system_clock;

// Not from /proc/stat, which a hardened service does not see.
system_clock::time_point const started = system_clock::now();

void append(std::string& out, char const* name, char const* kind, char const* help, double value) {
    std::array<char, 64> digits{};
    auto const end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
    out += std::string("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + kind + '\n' + name + ' ';
    out.append(digits.data(), end.ptr);
    out += '\n';
}

void append_memory(std::string& out) {
    std::ifstream statm("/proc/self/statm");
    double all = 0;
    double resident = 0;
    if (!(statm >> all >> resident))
        return;
    auto const page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    append(out, "process_resident_memory_bytes", "gauge", "Resident memory.", resident * page);
    append(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.", all * page);
}

void append_descriptors(std::string& out) {
    std::error_code ec;
    std::filesystem::directory_iterator const all("/proc/self/fd", ec);
    if (!ec) {
        auto const open = std::distance(begin(all), end(all)) - 1; // but the one that reads this
        append(out, "process_open_fds", "gauge", "Open file descriptors.", static_cast<double>(open));
    }
    rlimit most{};
    if (::getrlimit(RLIMIT_NOFILE, &most) == 0)
        append(
            out,
            "process_max_fds",
            "gauge",
            "File descriptors that may be open.",
            static_cast<double>(most.rlim_cur)
        );
}

double seconds_of(timeval const& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

} // namespace

void append_process_metrics(std::string& out) {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) == 0)
        append(
            out,
            "process_cpu_seconds_total",
            "counter",
            "CPU time spent, in user and in system.",
            seconds_of(used.ru_utime) + seconds_of(used.ru_stime)
        );
    append_memory(out);
    append_descriptors(out);
    auto const since_1970 =
        std::chrono::duration_cast<std::chrono::milliseconds>(started.time_since_epoch()).count();
    append(
        out,
        "process_start_time_seconds",
        "gauge",
        "When the process started, in seconds since 1970.",
        static_cast<double>(since_1970) / 1e3
    );
}

} // namespace wxgate::metrics
