// T10: the program is killed before each statement in turn by which a database is made, or brought from an
// older schema to the newest. The next start does what is left, and loses nothing.
#include "told_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>

#include <sys/wait.h>

#include <atomic>
#include <csignal>

using namespace refund_test;

namespace {

std::atomic<int> statements_left{0};

int before_statement(unsigned, void*, void*, void*) {
    if (--statements_left == 0)
        ::raise(SIGKILL);
    return 0;
}

int watch(sqlite3* db, char const**, sqlite3_api_routines const*) {
    return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, before_statement, nullptr);
}

// A process of its own opens the database and is killed before its n-th statement. False: it came to its end.
bool killed_at(int n, std::string const& url) {
    auto const child = ::fork();
    BOOST_TEST_REQUIRE(child >= 0);
    if (child == 0) {
        statements_left = n;
        // SQLite takes it under this type.
        sqlite3_auto_extension(reinterpret_cast<void (*)()>(watch));
        try {
            store::open({url, {}, migrations()})->close();
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    int how = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &how, 0) == child);
    if (WIFSIGNALED(how)) {
        BOOST_TEST(WTERMSIG(how) == SIGKILL);
        return true;
    }
    BOOST_TEST(WEXITSTATUS(how) == 0);
    return false;
}

// Where fsync costs nothing, if there is such a place: what a SIGKILL leaves does not depend on it.
std::filesystem::path quick_folder(std::filesystem::path const& otherwise) {
    std::filesystem::path const memory = "/dev/shm";
    std::error_code none;
    auto const made = memory / otherwise.filename();
    return std::filesystem::create_directory(made, none) ? made : otherwise;
}

struct with_database : ledger_fixture {
    ~with_database() { std::filesystem::remove_all(quick); }

    std::string text(store::store& s, std::string_view sql) {
        store::batch b;
        b.push_back({sql, {}});
        auto const r = run(s.read(std::move(b)));
        BOOST_TEST_REQUIRE(r.has_value());
        std::string all;
        for (std::size_t row = 0; row < r->front().size(); ++row)
            all += r->front().text(row, 0) + '\n';
        return all;
    }

    // What a database of the newest schema consists of.
    std::string schema(store::store& s) { return text(s, "SELECT sql FROM sqlite_schema ORDER BY name"); }

    std::filesystem::path const quick = quick_folder(folder);

    // The next program opens it, after a death at every place. How many there were.
    template <class Prepare, class Check>
    int kill_everywhere(Prepare prepare, Check check) {
        auto const wanted = schema(*db);
        db->close(); // a process that forks has no threads
        for (int n = 1;; ++n) {
            auto const file = (quick / ("killed" + std::to_string(n) + ".db")).string();
            auto const url = "sqlite:" + file;
            prepare(url);
            if (!killed_at(n, url))
                return n - 1;
            BOOST_TEST_CONTEXT("killed before statement " << n) {
                auto const next = store::open({url, {}, migrations()});
                BOOST_TEST((schema(*next) == wanted));
                check(*next);
                next->close();
                BOOST_TEST(store::check_integrity(url) == "");
            }
            for (auto const* suffix : {"", "-wal", "-shm", ".lock"})
                std::filesystem::remove(file + suffix);
        }
    }
};

constexpr std::string_view an_open_order =
    "INSERT INTO orders (mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, fee_type, "
    "body, trade_type, spbill_create_ip, notify_url, metadata, trade_state, previous_state, version, "
    "last_event, created_at, updated_at, expires_at) VALUES ('10000100', 'older-open', 'shop', 'wx1', 'MD5', "
    "'o1', 100, 'CNY', 'tea', 'JSAPI', '127.0.0.1', 'https://x', '{}', 'NOTPAY', 'CREATED', 2, 'e1', 1000, "
    "1001, 2000)";

} // namespace

BOOST_AUTO_TEST_SUITE(migration_interrupted)

BOOST_FIXTURE_TEST_CASE(of_a_new_database, with_database) {
    auto const deaths = kill_everywhere([](std::string const&) {}, [](store::store&) {});
    BOOST_TEST_MESSAGE(deaths << " deaths");
    BOOST_TEST(deaths > 40);
}

BOOST_FIXTURE_TEST_CASE(of_an_older_one, with_database) {
    auto const make_older = [this](std::string const& url) {
        auto const older = store::open({url, {}, migrations().first(1)});
        store::batch b;
        b.push_back({an_open_order, {}});
        BOOST_TEST_REQUIRE(run(older->write(std::move(b))).has_value());
        older->close();
    };
    auto const is_there = [this](store::store& s) {
        BOOST_TEST(text(s, "SELECT out_trade_no FROM orders WHERE due_at = 1000") == "older-open\n");
    };
    auto const deaths = kill_everywhere(make_older, is_there);
    BOOST_TEST_MESSAGE(deaths << " deaths");
    BOOST_TEST(deaths > 30);
}

BOOST_AUTO_TEST_SUITE_END()
