#include "build_commit.hpp"
#include "report/report.hpp"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>

namespace wxgate::bench {

namespace {

std::string now() {
    std::time_t const t = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&t, &utc);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

std::string trimmed(std::string const& text) {
    auto const first = text.find_first_not_of(" \t");
    auto const last = text.find_last_not_of(" \t");
    return first == text.npos ? "" : text.substr(first, last - first + 1);
}

// "model name" on x86; other architectures call it otherwise, or not at all.
std::string cpu_model() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        auto const colon = line.find(':');
        if (colon == line.npos)
            continue;
        auto const name = trimmed(line.substr(0, colon));
        if (name == "model name" || name == "Model")
            return trimmed(line.substr(colon + 1));
    }
    return "unknown";
}

// Those this process may run on, and those there are.
std::string cores() {
    long const online = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    std::string text = std::to_string(online);
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) != online)
        text = std::to_string(CPU_COUNT(&allowed)) + " of " + text;
    return text;
}

std::string memory() {
    struct sysinfo info {};

    if (sysinfo(&info) != 0)
        return "unknown";
    double const gib = static_cast<double>(info.totalram) * info.mem_unit / (1024.0 * 1024 * 1024);
    return show(gib) + " GiB";
}

std::string kernel() {
    utsname name{};
    if (uname(&name) != 0)
        return "unknown";
    return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

constexpr char const* compiler() noexcept {
#if defined(__clang__)
    return __VERSION__; // it names itself
#else
    return "g++ " __VERSION__;
#endif
}

} // namespace

std::vector<std::pair<std::string, std::string>> describe_machine() {
    return {
        {"time", now()},
        {"cpu", cpu_model()},
        {"cores", cores()},
        {"memory", memory()},
        {"kernel", kernel()},
        {"compiler", compiler()},
        {"flags", trimmed(WXGATE_BUILD_FLAGS)},
        {"build type", WXGATE_BUILD_TYPE},
        {"version", WXGATE_VERSION},
        {"commit", WXGATE_BUILD_COMMIT},
    };
}

} // namespace wxgate::bench
