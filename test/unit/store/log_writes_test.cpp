// What is written to the log at once instead of in pieces is there for others when it was, and not before.
#include "fixture.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_log_writes.hpp"

#include <boost/test/unit_test.hpp>

namespace wxgate::store::test {

namespace {

constexpr milliseconds busy{1000};

struct written_log : database_dir {
    explicit written_log(std::string const& synchronous) {
        open()->close();
        db.emplace(file(), sqlite_connection::access::read_write, busy);
        // So few pages that a transaction's go to the log before it ends, and are read back from there.
        db->execute("PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=5; PRAGMA synchronous=" + synchronous);
    }

    void insert_rows(int count) {
        statement const insert{
            "INSERT INTO t (k, n, s) VALUES ($1, $2, $3)",
            {std::to_string(++last), std::int64_t{last}, std::string(700, 'x')}};
        rows none;
        BOOST_TEST_REQUIRE(db->run(insert, none) == SQLITE_OK);
        if (count > 1)
            insert_rows(count - 1);
    }

    std::optional<sqlite_connection> db;
    int last = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(log_writes)

BOOST_AUTO_TEST_CASE(others_read_what_is_committed_and_nothing_else) {
    BOOST_TEST_REQUIRE(gather_log_writes() != nullptr);
    for (std::string const synchronous : {"FULL", "OFF"}) {
        written_log log(synchronous);
        stranger other(log.file());
        std::int64_t there = 0;
        for (int round = 1; round <= 40; ++round) {
            int const size = round * 37 % 150 + 1; // to beyond what is held back
            log.db->execute("BEGIN IMMEDIATE");
            log.insert_rows(size);
            log.db->execute("SAVEPOINT inner");
            log.insert_rows(size);
            log.db->execute("ROLLBACK TO inner; UPDATE t SET n = n + 1 WHERE n % 5 = 0");
            BOOST_TEST(other.number("SELECT count(*) FROM t") == there);
            bool const kept = round % 3 != 0;
            log.db->execute(kept ? "COMMIT" : "ROLLBACK");
            there += kept ? size : 0;
            BOOST_TEST(other.number("SELECT count(*) FROM t") == there);
            if (round % 10 == 0) // the log begins anew
                BOOST_TEST(log.db->query("PRAGMA wal_checkpoint(RESTART)").integer(0, 0) == 0);
        }
        BOOST_TEST(
            other.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1
        );
        BOOST_TEST(log.db->query("SELECT count(*) FROM t").integer(0, 0) == there);
    }
}

// The log is read by a program that knows nothing of this, after one that was cut off.
BOOST_AUTO_TEST_CASE(a_log_that_is_left_is_read_by_anybody) {
    written_log log("FULL");
    log.db->execute("BEGIN IMMEDIATE");
    log.insert_rows(100);
    log.db->execute("COMMIT; BEGIN IMMEDIATE");
    log.insert_rows(100);
    auto const copy = log.file() + ".copy";
    std::filesystem::copy_file(log.file(), copy);
    std::filesystem::copy_file(log.file() + "-wal", copy + "-wal");
    stranger other(copy);
    BOOST_TEST(other.number("SELECT count(*) FROM t") == 100);
    BOOST_TEST(other.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
