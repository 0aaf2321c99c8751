// Power loss (RELIABILITY.md 0.11, N6, harness 3): kill -9, and every write that was not synced is gone, or
// all but some sectors of them. With synchronous=FULL nothing that was acknowledged is lost; with NORMAL it
// is, which shows that the test sees a loss. WXGATE_POWER_ROUNDS says how often (20).
#include "dice.hpp"
#include "power.hpp"
#include "support/system.hpp"
#include "undo_format.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace wxgate::test;

namespace {

[[maybe_unused]] int rounds() {
    auto const* text = std::getenv("WXGATE_POWER_ROUNDS");
    return text ? std::atoi(text) : 20;
}

// ---- the journal by hand --------------------------------------------------------------------------------

void add(
    std::string& journal,
    undo_kind kind,
    std::uint32_t file,
    std::int64_t offset,
    std::int64_t size,
    std::string const& bytes = {}
) {
    undo_entry const e{undo_magic, kind, file, static_cast<std::uint32_t>(bytes.size()), offset, size};
    std::string head(sizeof e, '\0');
    std::memcpy(head.data(), &e, sizeof e);
    journal += head + bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(power)

BOOST_AUTO_TEST_CASE(taken_back_in_reverse) {
    scratch const dir;
    std::string journal;
    // "old" was synced; then "abc" at 10, "xy" over its middle, and a cut to 12.
    add(journal, undo_kind::before_write, 1, 0, 0);
    add(journal, undo_kind::synced, 1, 0, 0);
    add(journal, undo_kind::before_write, 1, 10, 3);
    add(journal, undo_kind::before_write, 1, 11, 13, "bc");
    add(journal, undo_kind::before_write, 1, 12, 13, "y");
    // The log was synced since.
    add(journal, undo_kind::before_write, 2, 0, 5, "first");
    add(journal, undo_kind::synced, 2, 0, 0);
    auto const db = dir.write("f.db", std::string("old\0\0\0\0\0\0\0ax", 12));
    auto const log = dir.write("f.db-wal", "later");
    auto const memory = dir.write("f.db-shm", "index");
    dir.write("f.db.undo", journal + std::string(7, 'u')); // and half an entry
    auto const lost = cut_power(db);
    BOOST_TEST(lost.writes == 3U);
    BOOST_TEST(lost.sectors == 1U);
    BOOST_TEST(read_file(db) == "old");
    BOOST_TEST(read_file(log) == "later");
    BOOST_TEST(!std::filesystem::exists(memory));
    BOOST_TEST(!std::filesystem::exists(db + ".undo"));
    BOOST_TEST(cut_power(db).writes == 0U);
    BOOST_TEST(read_file(db) == "old");
}

BOOST_AUTO_TEST_CASE(some_sectors_stay) {
    bool kept_one = false;
    bool lost_one = false;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        scratch const dir;
        std::string journal;
        add(journal, undo_kind::before_write, 1, 0, 4096, std::string(4096, 'o'));
        add(journal, undo_kind::before_write, 1, 4096, 4096);
        auto const db = dir.write("f.db", std::string(8192, 'n'));
        dir.write("f.db.undo", journal);
        auto const lost = cut_power(db, seed);
        BOOST_TEST(lost.kept + lost.sectors == 16U);
        auto const now = read_file(db);
        BOOST_TEST(now.size() >= 4096U);
        BOOST_TEST(now.size() % 512 == 0U);
        for (std::size_t at = 0; at < now.size(); at += 512) {
            auto const part = now.substr(at, 512);
            bool const is_new = part == std::string(512, 'n');
            bool const is_old = part == std::string(512, at < 4096 ? 'o' : '\0');
            BOOST_TEST((is_new || is_old), at);
            kept_one = kept_one || is_new;
            lost_one = lost_one || is_old;
        }
    }
    BOOST_TEST(kept_one);
    BOOST_TEST(lost_one);
}

#ifdef WXGATE_SANITIZED

BOOST_AUTO_TEST_CASE(needs_a_build_without_sanitizer) {
    BOOST_TEST_MESSAGE("skipped: a sanitizer's runtime does not go with LD_PRELOAD");
    BOOST_TEST(true);
}

#else

namespace {

// A child that is killed and whose machine then loses its power.
class victim {
public:
    victim(scratch const& dir, std::string const& file, std::string const& mode) : said_(dir.path("said")) {
        process_options how;
        how.program = WXGATE_LEDGER_WRITER;
        how.args = {file, mode};
        how.env = powerless_environment(file);
        how.stdout_file = said_;
        how.stderr_file = dir.path("errors");
        std::filesystem::remove(said_); // what the one before it said
        child_.emplace(how);
    }

    std::set<std::int64_t> acknowledged() const {
        std::set<std::int64_t> all;
        std::istringstream lines(read_file(said_));
        for (std::string line; std::getline(lines, line) && !lines.eof();) // the last may be half
            all.insert(std::stoll(line));
        return all;
    }

    process& child() { return child_.value(); }

private:
    std::string said_;
    std::optional<process> child_;
};

std::set<std::int64_t> keys_in(std::string const& file) {
    std::set<std::int64_t> all;
    database const db(file);
    if (db.number("SELECT count(*) FROM sqlite_master WHERE name = 't'") != 0)
        for (auto const& row : db.rows("SELECT k FROM t"))
            all.insert(std::stoll(row[0]));
    return all;
}

struct toll {
    std::size_t acknowledged = 0;
    std::size_t lost = 0;
    std::size_t writes = 0; // that the power loss took away
};

// Rounds on one database; what each of them lost of what it was told.
toll lose_power(std::string const& mode, std::uint64_t seed) {
    scratch const dir;
    auto const file = (std::filesystem::canonical(dir.folder()) / "w.db").string();
    dice random(seed);
    toll all;
    for (int i = 0; i < rounds(); ++i) {
        auto const wanted = static_cast<std::size_t>(random.between(5, 600));
        victim v(dir, file, mode);
        BOOST_TEST_REQUIRE(eventually(60s, [&] {
            return v.acknowledged().size() >= wanted || !v.child().alive();
        }));
        BOOST_TEST_REQUIRE(v.child().alive(), read_file(dir.path("errors")));
        v.child().kill();
        auto const told = v.acknowledged();
        bool const torn = random.percent(50);
        auto const loss = cut_power(file, torn ? std::optional<std::uint64_t>(random.next()) : std::nullopt);
        BOOST_TEST_CONTEXT(mode << ", round " << i << ", seed " << seed << (torn ? ", torn" : "")) {
            BOOST_TEST(database(file).integrity() == "ok");
            auto const there = keys_in(file);
            // What is there is a beginning of what was written: a later commit is never there without an
            // earlier one.
            if (!there.empty())
                BOOST_TEST(static_cast<std::size_t>(*there.rbegin() - *there.begin()) == there.size() - 1);
            for (auto const key : told)
                all.lost += there.contains(key) ? 0U : 1U;
            all.acknowledged += told.size();
            all.writes += loss.writes;
        }
    }
    return all;
}

std::string said_of(toll const& t) {
    return std::to_string(t.acknowledged) + " acknowledged, " + std::to_string(t.lost) + " lost, " +
           std::to_string(t.writes) + " writes taken back";
}

} // namespace

// The library by itself: what was synced is there, nothing else is.
BOOST_AUTO_TEST_CASE(what_was_synced_is_there) {
    scratch const dir;
    auto const file = (std::filesystem::canonical(dir.folder()) / "raw.db").string();
    victim v(dir, file, "raw");
    auto const how = v.child().wait(20s);
    BOOST_TEST_REQUIRE(how.has_value());
    BOOST_TEST(how->signal == SIGKILL, read_file(dir.path("errors")));
    auto const before = read_file(file);
    BOOST_TEST(before.size() == 610U);
    auto const lost = cut_power(file);
    BOOST_TEST(lost.writes >= 5U);
    BOOST_TEST((read_file(file) == std::string(1000, 'a')));
}

BOOST_AUTO_TEST_CASE(full_loses_nothing) {
    auto const t = lose_power("full", 1);
    BOOST_TEST_MESSAGE("FULL: " << said_of(t));
    BOOST_TEST(t.lost == 0U);
    BOOST_TEST(t.acknowledged > 0U);
    BOOST_TEST(t.writes > 0U, "the kill never fell between a write and its fsync");
}

// Were this to lose nothing, the test above would prove nothing.
BOOST_AUTO_TEST_CASE(normal_loses) {
    auto const t = lose_power("normal", 1);
    BOOST_TEST_MESSAGE("NORMAL: " << said_of(t));
    BOOST_TEST(t.lost > 0U);
}

// The gateway itself: what it told the shop, and what WeChat was told, is there.
BOOST_AUTO_TEST_CASE(the_gateway_loses_nothing) {
    system_options options;
    options.time_scale = 60;
    options.environment = [](scratch const& dir) {
        return powerless_environment((std::filesystem::canonical(dir.folder()) / "wxgate.db").string());
    };
    system_under_test system(options);
    auto const file = (std::filesystem::canonical(system.dir().folder()) / "wxgate.db").string();
    BOOST_TEST_REQUIRE(std::filesystem::exists(file + ".undo"), "the library is loaded");
    dice random(11);
    std::mutex guard;
    std::set<std::string> told;
    std::atomic<bool> stopping{false};
    std::atomic<int> paid{0};
    auto const trade = [&] {
        while (!stopping) {
            try {
                auto const order = system.order();
                auto const r = system.with_key("shop").post("/v1/payments", order);
                if (r.status != 200 && r.status != 201) {
                    std::this_thread::sleep_for(5ms);
                    continue;
                }
                {
                    std::lock_guard const lock(guard);
                    told.insert(text_of(order, "out_trade_no"));
                }
                if (system.pay(r.parsed()).status == 200)
                    ++paid;
            } catch (std::runtime_error const&) { // nobody listens
                std::this_thread::sleep_for(10ms);
            }
        }
    };
    std::size_t acknowledged = 0;
    std::size_t writes = 0;
    {
        std::vector<std::jthread> shops;
        for (int i = 0; i < 3; ++i)
            shops.emplace_back(trade);
        for (int i = 0; i < rounds() / 2; ++i) {
            auto const before = paid.load();
            BOOST_TEST(eventually(20s, [&] { return paid > before + 2; }));
            std::this_thread::sleep_for(milliseconds(random.between(0, 200))); // the moment is what is random
            system.kill_gateway();
            writes +=
                cut_power(file, random.percent(50) ? std::optional(random.next()) : std::nullopt).writes;
            auto const db = system.store();
            BOOST_TEST(db.integrity() == "ok");
            std::set<std::string> there;
            std::set<std::string> recorded;
            for (auto const& row : db.rows("SELECT out_trade_no, paid_at FROM orders")) {
                there.insert(row[0]);
                if (!row[1].empty())
                    recorded.insert(row[0]);
            }
            {
                std::lock_guard const lock(guard);
                for (auto const& number : told)
                    BOOST_TEST(there.contains(number), number << " was told and is gone, round " << i);
            }
            auto const notifications =
                member(system.control().get("/control/ledger").parsed(), "notifications");
            BOOST_TEST_REQUIRE(notifications.is_array());
            for (auto const& n : notifications.as_array()) {
                if (member(n, "acknowledged") != json::value(true))
                    continue;
                ++acknowledged;
                auto const number = text_of(n, "out_trade_no");
                BOOST_TEST(recorded.contains(number), number << " was acknowledged and is gone, round " << i);
            }
            system.start_gateway();
        }
        stopping = true;
    }
    BOOST_TEST_MESSAGE(
        told.size() << " orders told, " << acknowledged << " acknowledgements looked for, " << writes
                    << " writes taken back"
    );
    BOOST_TEST(acknowledged > 0U);
}

#endif

BOOST_AUTO_TEST_SUITE_END()
