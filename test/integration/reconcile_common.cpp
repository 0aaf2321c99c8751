#include "reconcile_common.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace wxgate::test {

namespace {

// The most it ever had, in bytes; 0 when it has ended.
std::size_t peak_of(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:"))
            return static_cast<std::size_t>(std::stoull(line.substr(6))) * 1024;
    return 0;
}

} // namespace

reconciled reconcile(system_under_test const& system, std::string const& config, std::string const& date) {
    auto const& dir = system.dir();
    std::filesystem::remove(dir.path("reconcile.err")); // it is appended to
    process_options how;
    how.program = WXGATE_PROGRAM;
    how.args = {"reconcile", "--config", config, "--date", date};
    how.stdout_file = dir.path("reconcile.out");
    how.stderr_file = dir.path("reconcile.err");
    process child(how);
    reconciled r;
    auto const ended = eventually(300s, [&] {
        r.peak_bytes = std::max(r.peak_bytes, peak_of(child.pid()));
        return !child.alive();
    });
    auto const status = child.wait(0ms);
    BOOST_TEST((ended && status.has_value()), "wxgate reconcile ends");
    r.code = status ? status->code : -1;
    r.err = read_file(how.stderr_file);
    std::istringstream out(read_file(how.stdout_file));
    for (std::string line; std::getline(out, line);)
        (line.starts_with("bill_") ? r.differences : r.bills).push_back(line);
    std::sort(r.differences.begin(), r.differences.end());
    return r;
}

std::string config_of(
    system_under_test const& system,
    std::vector<std::string> const& merchants,
    std::function<void(gateway_config&)> const& adjust
) {
    auto c = system.config();
    auto const gone = [&](std::string const& name) {
        return std::find(merchants.begin(), merchants.end(), name) == merchants.end();
    };
    std::erase_if(c.merchants, [&](auto const& m) { return gone(m.name); });
    std::erase_if(c.api_keys, [&](auto const& k) { return gone(k.merchant); });
    if (adjust)
        adjust(c);
    return write_gateway_config(system.dir(), "reconcile", c);
}

void check_failed(reconciled const& r, std::string_view why) {
    BOOST_TEST_CONTEXT("stderr: " << r.err) {
        BOOST_TEST(r.code == 1);
        BOOST_TEST(std::count(r.err.begin(), r.err.end(), '\n') == 1);
        BOOST_TEST(r.err.starts_with("wxgate: "));
        BOOST_TEST(r.err.find(why) != std::string::npos, why);
        BOOST_TEST(r.differences.empty());
    }
}

void check_agrees(reconciled const& r) {
    BOOST_TEST_CONTEXT("stderr: " << r.err) {
        BOOST_TEST(r.code == 0);
        BOOST_TEST(r.err == "");
        BOOST_TEST(r.differences == std::vector<std::string>(), boost::test_tools::per_element());
        for (auto const& line : r.bills)
            BOOST_TEST(line.ends_with(" differences=0"), line);
    }
}

void check_differences(reconciled const& r, std::vector<std::string> expected) {
    std::sort(expected.begin(), expected.end());
    BOOST_TEST_CONTEXT("stderr: " << r.err) {
        BOOST_TEST(r.code == 1);
        BOOST_TEST(r.err == "");
        BOOST_TEST(r.differences == expected, boost::test_tools::per_element());
    }
}

std::int64_t bill_anomalies(system_under_test const& system) {
    return system.store().number("SELECT count(*) FROM anomalies WHERE kind LIKE 'bill\\_%' ESCAPE '\\'");
}

bool near_midnight() {
    constexpr std::int64_t border = 15 * 60; // the program's five minutes, and the time of a test
    auto const now = beijing_seconds();
    return now < border || now > 24 * 3600 - border;
}

} // namespace wxgate::test
