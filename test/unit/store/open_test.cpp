// Which files are opened, which are refused, and what becomes of them.
#include "fixture.hpp"
#include "store/sqlite_file.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <fstream>

namespace wxgate::store::test {

namespace {

bool holds(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

void fill(std::string const& file, std::string const& bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

std::string bytes_of(std::string const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode_of(std::string const& file) {
    struct stat about {};

    BOOST_REQUIRE_EQUAL(::stat(file.c_str(), &about), 0);
    return about.st_mode & 07777U;
}

std::string refused_url(std::string const& url) {
    try {
        open({.url = url, .limits = {}, .migrations = schema});
        return "";
    } catch (std::runtime_error const& e) {
        return e.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(opening)

BOOST_AUTO_TEST_CASE(a_new_file_is_its_owners_only) {
    for (mode_t mask : {0U, 0277U}) {
        database_dir const dir;
        auto const before = ::umask(mask);
        auto const s = dir.open();
        ::umask(before);
        BOOST_TEST(mode_of(dir.file()) == 0600U);
        BOOST_TEST(mode_of(dir.file() + "-wal") == 0600U);
        BOOST_TEST(mode_of(dir.file() + ".lock") == 0600U);
        BOOST_TEST(write(*s, insert("k")).has_value());
    }
}

BOOST_AUTO_TEST_CASE(the_file_says_whose_it_is_and_is_durable) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_TEST(read(*s, "PRAGMA application_id").integer(0, 0) == application_id);
    BOOST_TEST(read(*s, "PRAGMA journal_mode").text(0, 0) == "wal");
    BOOST_TEST(write(*s, {{"PRAGMA synchronous", {}}}).value().at(0).integer(0, 0) == 2); // FULL
    BOOST_TEST(write(*s, {{"PRAGMA foreign_keys", {}}}).value().at(0).integer(0, 0) == 1);
    BOOST_TEST(write(*s, {{"PRAGMA wal_autocheckpoint", {}}}).value().at(0).integer(0, 0) == 0);
}

BOOST_AUTO_TEST_CASE(a_second_opener_is_refused) {
    database_dir const dir;
    auto s = dir.open();
    auto const why = dir.refusal();
    BOOST_TEST(holds(why, dir.file()), why);
    BOOST_TEST(holds(why, "another process"), why);
    std::filesystem::create_symlink(dir.file(), dir.file() + "-link");
    BOOST_TEST(holds(refused_url("sqlite:" + dir.file() + "-link"), "another process"));
    BOOST_TEST(write(*s, insert("k")).has_value()); // the attempt did not take the first one's locks away
    s.reset();
    BOOST_TEST(dir.refusal() == "");
}

BOOST_AUTO_TEST_CASE(a_foreign_database_is_refused_and_left_alone) {
    database_dir const dir;
    stranger(dir.file()).run("CREATE TABLE customers (id); INSERT INTO customers VALUES (1)");
    auto const before = bytes_of(dir.file());
    BOOST_TEST(holds(dir.refusal(), "another program"));
    BOOST_TEST((bytes_of(dir.file()) == before));
    stranger(dir.file()).run("DROP TABLE customers; PRAGMA application_id=7");
    BOOST_TEST(holds(dir.refusal(), "another program"));
}

BOOST_AUTO_TEST_CASE(garbage_is_refused_and_left_alone) {
    for (std::size_t size : {10U, 600U, 9000U}) { // a file of one byte is empty to SQLite
        database_dir const dir;
        std::string const garbage(size, 'g');
        fill(dir.file(), garbage);
        auto const why = dir.refusal();
        BOOST_TEST(holds(why, "not a database"), size << ": " << why);
        BOOST_TEST((bytes_of(dir.file()) == garbage));
    }
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_a_new_database) {
    database_dir const dir;
    fill(dir.file(), "");
    BOOST_TEST(dir.refusal() == "");
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_file_is_refused) {
    database_dir const dir;
    std::filesystem::create_directory(dir.file());
    BOOST_TEST(holds(dir.refusal(), dir.file()));
    auto const missing = refused_url("sqlite:/nonexistent/dir/w.db");
    BOOST_TEST(holds(missing, "/nonexistent/dir/w.db"), missing);
    BOOST_TEST(holds(missing, "No such file"), missing);
}

BOOST_AUTO_TEST_CASE(other_urls_are_refused_without_their_secrets) {
    auto const away = refused_url("postgresql://user:hunter2@127.0.0.1:1/db"); // nobody listens there
    BOOST_TEST(holds(away, "postgresql://127.0.0.1:1/db"), away);
    BOOST_TEST(!holds(away, "hunter2"), away);
    auto const malformed = refused_url("postgresql://user:hunter2@[::1/db");
    BOOST_TEST(malformed != "");
    BOOST_TEST(!holds(malformed, "hunter2"), malformed);
    BOOST_TEST(!holds(refused_url("mysql://user:hunter2@host/db"), "hunter2"));
    for (auto const* url : {"", "sqlite", "sqlite:", "sqlite::memory:", "/var/lib/w.db"})
        BOOST_TEST(refused_url(url) != "", url);
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused) {
    database_dir const dir;
    auto newer = schema;
    newer.push_back({3, "CREATE TABLE future (k)"});
    dir.open({}, newer)->close();
    auto const why = dir.refusal();
    BOOST_TEST(holds(why, "version 3, newer than this program's 2"), why);
    BOOST_TEST(dir.refusal(newer) == "");
}

BOOST_AUTO_TEST_CASE(a_schema_grows_step_by_step) {
    database_dir const dir;
    auto const one = std::span(schema).first(1);
    {
        auto const s = dir.open({}, one);
        BOOST_TEST(write(*s, insert("kept")).has_value());
    }
    auto const s = dir.open();
    BOOST_TEST(count(*s) == 1);
    BOOST_TEST(read(*s, "SELECT max(version) FROM schema_version WHERE applied_at > 0").integer(0, 0) == 2);
}

BOOST_AUTO_TEST_CASE(a_step_that_fails_leaves_the_one_before_and_can_be_run_again) {
    database_dir const dir;
    auto broken = schema;
    broken[1].sql = "CREATE TABLE half (k); INSERT INTO nowhere VALUES (1)";
    for (int i = 0; i < 2; ++i) {
        auto const why = dir.refusal(broken);
        BOOST_TEST(holds(why, "migration 2 failed: no such table: nowhere"), why);
        stranger other(dir.file());
        BOOST_TEST(other.number("SELECT max(version) FROM schema_version") == 1);
        BOOST_TEST(other.number("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == 0);
    }
    broken[1].sql = "CREATE TABLE half (k); COMMIT";
    BOOST_TEST(holds(dir.refusal(broken), "migration 2 failed"));
    database_dir const fresh;
    auto const s = fresh.open();
    BOOST_TEST(read(*s, "SELECT max(version) FROM schema_version").integer(0, 0) == 2);
}

BOOST_AUTO_TEST_CASE(integrity_is_checked_beside_a_running_store) {
    database_dir const dir;
    auto const url = "sqlite:" + dir.file();
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("k")).has_value());
    BOOST_TEST(check_integrity(url) == "");
    BOOST_TEST(write(*s, insert("l")).has_value());
    stranger(dir.file()).run("PRAGMA foreign_keys=OFF; INSERT INTO u VALUES ('nobody')");
    BOOST_TEST(holds(check_integrity(url), "rows of u that refer to none: 1"));
    BOOST_CHECK_THROW(check_integrity("sqlite:/nonexistent/w.db"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(the_schemas_version_is_told_beside_a_running_store) {
    database_dir const dir;
    auto const url = "sqlite:" + dir.file();
    auto const s = dir.open();
    BOOST_TEST(schema_version(url) == read(*s, "SELECT max(version) FROM schema_version").integer(0, 0));
    BOOST_CHECK_THROW(schema_version("sqlite:/nonexistent/w.db"), std::runtime_error);
    database_dir const other;
    fill(other.file(), "this is no database, whatever its name says; it is long enough to be looked at");
    BOOST_CHECK_THROW(schema_version("sqlite:" + other.file()), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(damage_is_found) {
    database_dir const dir;
    {
        auto const s = dir.open();
        for (int i = 0; i < 50; ++i)
            BOOST_REQUIRE(write(*s, insert(std::to_string(i), i, std::string(1000, 'x'))).has_value());
    }
    auto bytes = bytes_of(dir.file());
    bytes.replace(bytes.size() - 8192, 8192, std::string(8192, '\x7f'));
    fill(dir.file(), bytes);
    BOOST_TEST(check_integrity("sqlite:" + dir.file()) != "");
    BOOST_TEST(check_integrity("sqlite:" + dir.file(), depth::quick) != "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
