// The n-th call about the store's files fails, for n = 1, 2, 3, … (RELIABILITY.md N9, T9, harness 4), with
// EIO or ENOSPC, once or from then on; and the n-th allocation of its writer's thread. After each run the
// database is whole, what the store called durable is there, what it refused is not, no batch is there by
// half, and the process ended by itself. WXGATE_FAULT_RUNS says how many runs of each kind at most (30).
#include "dice.hpp"
#include "support/system.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(faults_of_the_store)

#ifdef WXGATE_SANITIZED

BOOST_AUTO_TEST_CASE(needs_a_build_without_sanitizer) {
    BOOST_TEST_MESSAGE("skipped: a sanitizer's runtime does not go with LD_PRELOAD");
    BOOST_TEST(true);
}

#else

namespace {

int runs() {
    auto const* text = std::getenv("WXGATE_FAULT_RUNS");
    return text ? std::atoi(text) : 30;
}

// One run of store_series under a fault, and what it left.
struct series_run {
    exit_status how;
    bool ended = false;
    bool struck = false; // the fault came to pass
    std::map<int, std::string> said;
    bool opened = false;
    bool closed = false;
    std::string errors;
};

series_run
run_series(scratch const& dir, std::string const& file, std::string const& name, std::string const& fault) {
    auto const mark = dir.path("mark");
    auto const out = dir.path("said");
    auto const errors = dir.path("errors");
    process_options how;
    how.program = WXGATE_STORE_SERIES;
    how.args = {file};
    how.env = {{"LD_PRELOAD", WXGATE_POWERLESS_LIBRARY}, {"WXGATE_FAULT_MARK", mark}};
    if (!fault.empty()) {
        how.env.emplace_back(name, fault);
        how.env.emplace_back("WXGATE_IOFAULT_FILE", file);
    }
    how.stdout_file = out;
    how.stderr_file = errors;
    process child(how);
    auto const ended = child.wait(60s);
    child.kill();
    series_run r;
    r.ended = ended.has_value();
    r.how = ended.value_or(exit_status{});
    r.struck = std::filesystem::exists(mark);
    std::istringstream lines(read_file(out));
    for (std::string word; lines >> word;) {
        r.opened = r.opened || word == "opened";
        r.closed = r.closed || word == "closed";
        int k = 0;
        if (word != "opened" && word != "closed" && lines >> k)
            r.said[k] = word;
    }
    r.errors = read_file(errors);
    return r;
}

std::set<std::string> rows_in(std::string const& file) {
    std::set<std::string> all;
    database const db(file);
    if (db.number("SELECT count(*) FROM sqlite_master WHERE name = 't'") != 0)
        for (auto const& row : db.rows("SELECT k FROM t"))
            all.insert(row[0]);
    return all;
}

void check_left(std::string const& file, series_run const& r) {
    bool const clean =
        r.ended && r.how.signal == 0 && (r.how.code == 0 || r.how.code == 3 || r.how.code == 70);
    BOOST_TEST(clean, "exit code " << r.how.code << ", signal " << r.how.signal << "\n" << r.errors);
    if (!std::filesystem::exists(file))
        return;
    database const db(file);
    BOOST_TEST(db.integrity() == "ok");
    auto const there = rows_in(file);
    for (int k = 1; k <= 24; ++k) {
        bool const first = there.contains(std::to_string(k));
        bool const second = there.contains("second/" + std::to_string(k));
        BOOST_TEST(first == second, "batch " << k << " is there by half");
        auto const said = r.said.find(k);
        auto const what = said == r.said.end() ? std::string("nothing") : said->second;
        if (what == "done")
            BOOST_TEST(first, "batch " << k << " was done and is gone");
        if (what == "refused")
            BOOST_TEST(!first, "batch " << k << " was refused and is there");
    }
    // Another program goes on with it: the same batches again are all done, or were there.
    scratch const after;
    auto const again = run_series(after, file, {}, {});
    BOOST_TEST(again.how.code == 0, again.errors);
    BOOST_TEST(again.said.size() == 24U);
    for (auto const& [k, what] : again.said)
        BOOST_TEST(what == (there.contains(std::to_string(k)) ? "refused" : "done"), k);
    BOOST_TEST(database(file).integrity() == "ok");
}

// Runs with n = 1, then further and further apart, until the fault no longer comes to pass. How many there
// were.
int loop_over(std::string const& name, std::string const& before, std::string const& after, int dense) {
    dice random(7);
    int struck = 0;
    std::int64_t n = 1;
    for (int i = 0; i < runs(); ++i) {
        scratch const dir;
        auto const file = (std::filesystem::canonical(dir.folder()) / "s.db").string();
        auto const fault = before + std::to_string(n) + after;
        BOOST_TEST_CONTEXT(name << "=" << fault) {
            auto const r = run_series(dir, file, name, fault);
            check_left(file, r);
            if (!r.struck) {
                BOOST_TEST(r.how.code == 0, "nothing failed");
                return struck;
            }
        }
        ++struck;
        n += i < dense ? 1 : random.between(n / 5 + 1, n / 2 + 2);
    }
    return struck;
}

void loop_over_calls(std::string const& call, int dense) {
    for (auto const* error : {"EIO", "ENOSPC"})
        for (auto const* how : {"once", "always"}) {
            auto const struck =
                loop_over("WXGATE_IOFAULT", call + ":", std::string(":") + error + ":" + how, dense);
            BOOST_TEST_MESSAGE(call << " " << error << " " << how << ": " << struck << " runs");
            BOOST_TEST(struck > 0);
        }
}

} // namespace

BOOST_AUTO_TEST_CASE(without_a_fault) {
    scratch const dir;
    auto const file = (std::filesystem::canonical(dir.folder()) / "s.db").string();
    auto const r = run_series(dir, file, {}, {});
    BOOST_TEST(r.how.code == 0, r.errors);
    BOOST_TEST(r.opened);
    BOOST_TEST(r.closed);
    BOOST_TEST(!r.struck);
    BOOST_TEST(r.said.size() == 24U);
    for (auto const& [k, what] : r.said)
        BOOST_TEST(what == "done", k);
    check_left(file, r);
}

BOOST_AUTO_TEST_CASE(writes) {
    loop_over_calls("pwrite", 6);
}

BOOST_AUTO_TEST_CASE(syncs) {
    loop_over_calls("fdatasync", 12);
}

BOOST_AUTO_TEST_CASE(truncations) {
    loop_over_calls("ftruncate", 6);
}

BOOST_AUTO_TEST_CASE(allocations) {
    auto const struck = loop_over("WXGATE_ALLOCFAULT", "", "", 12);
    BOOST_TEST_MESSAGE("allocations: " << struck << " runs");
    BOOST_TEST(struck > 0);
}

#endif

BOOST_AUTO_TEST_SUITE_END()
