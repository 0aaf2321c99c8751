// What is made of SQL that was written for SQLite. No server is needed.
#include "store/postgres/dialect.hpp"
#include "store/postgres/libpq.hpp"

#include <boost/test/unit_test.hpp>

namespace wxgate::store::postgres {

inline std::ostream& operator<<(std::ostream& out, failure f) {
    return out << static_cast<int>(f);
}

} // namespace wxgate::store::postgres

namespace wxgate::store::test {

using namespace postgres;

BOOST_AUTO_TEST_SUITE(postgres_dialect)

BOOST_AUTO_TEST_CASE(most_statements_stay_as_they_are) {
    for (std::string_view const sql :
         {"SELECT $1, $12 FROM t WHERE a = 'it''s $99 /*now*/' AND \"INTEGER\" <> cast(n AS TEXT)",
          "INSERT INTO t (k) VALUES ($12) ON CONFLICT DO NOTHING RETURNING k",
          "SELECT 'STRICT' -- $40\n, $12"}) {
        auto const t = to_postgresql(sql);
        BOOST_TEST(t.sql == sql);
        BOOST_TEST(t.params == 12U);
    }
    BOOST_TEST(to_postgresql("SELECT 1").params == 0U);
    BOOST_TEST(to_postgresql("").sql.empty());
    for (std::string_view const cut :
         {"SELECT 'a", "SELECT \"", "SELECT /*", "SELECT --", "SELECT $", "/*pg ", "/*now*/"})
        BOOST_TEST(to_postgresql(cut).params == 0U, cut); // and no more than that
}

BOOST_AUTO_TEST_CASE(comments_say_what_differs) {
    auto const t =
        to_postgresql("SELECT k FROM t WHERE until < /*now*/$2 AND due <= $1 /*pg FOR UPDATE SKIP LOCKED*/");
    BOOST_TEST(
        t.sql ==
        "SELECT k FROM t WHERE until < (extract(epoch FROM clock_timestamp()) * 1000)::bigint AND due <= $1 "
        "FOR UPDATE SKIP LOCKED"
    );
    BOOST_TEST(t.params == 2U); // $2 is given, and left unused
    BOOST_TEST(to_postgresql("SELECT /*now*/$10 + $3").params == 10U);
    BOOST_TEST(to_postgresql("SELECT /* a remark */ 1").sql == "SELECT /* a remark */ 1");
    auto const either = to_postgresql(
        "INSERT /*sqlite*/OR FAIL /*pg */INTO t SELECT $1, $2 WHERE /*sqlite*/changes() > 0/*pg "
        "EXISTS (SELECT 1 FROM u WHERE k = $2)*/"
    );
    BOOST_TEST(either.sql == "INSERT INTO t SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM u WHERE k = $2)");
    BOOST_TEST(either.params == 2U);
    BOOST_TEST(to_postgresql("SELECT /*sqlite*/ 1").sql == "SELECT /*sqlite*/ 1"); // half of it: left alone
}

BOOST_AUTO_TEST_CASE(what_is_run_for_many) {
    constexpr std::string_view update = "UPDATE t SET n = $2, s = '$1', at = /*now*/$4 + $5/*each FROM*/ "
                                        "WHERE k = $1/*pg  AND u IN ($3)*//*told k = $1*/";
    BOOST_TEST(takes_many(update));
    BOOST_TEST(told_by(update) == 1U);
    BOOST_TEST(to_postgresql(update).params == 5U);
    BOOST_TEST(
        to_postgresql_for_many(update, "tn?nn") ==
        "UPDATE t SET n = p.p2, s = '$1', at = (extract(epoch FROM clock_timestamp()) * 1000)::bigint + p.p5 "
        "FROM "
        "unnest($1, $2, $3, $4) AS p(p1, p2, p4, p5) WHERE k = p.p1 AND u IN (NULL) RETURNING k"
    );
    constexpr std::string_view insert = "INSERT INTO t SELECT a, $10 FROM u/*each ,*/ WHERE k = $1";
    BOOST_TEST(told_by(insert) == 0U);
    BOOST_TEST(
        to_postgresql_for_many(insert, "t????????n") ==
        "INSERT INTO t SELECT a, p.p10 FROM u, unnest($1, $2) AS p(p1, p10) WHERE k = p.p1"
    );
    BOOST_TEST(
        to_postgresql_for_many(
            "UPDATE t SET n = 1/*each FROM*/ WHERE k = $1 RETURNING n/*told lower(k) = $1*/", "t"
        ) == "UPDATE t SET n = 1 FROM unnest($1) AS p(p1) WHERE k = p.p1 RETURNING n, lower(k)"
    );
    BOOST_TEST(!takes_many("SELECT 1 /*each*/"));
    BOOST_TEST(told_by("UPDATE t SET n = 1/*told nothing*/") == 0U);
}

BOOST_AUTO_TEST_CASE(tables) {
    BOOST_TEST(
        schema_to_postgresql(
            "CREATE TABLE t (k TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0)) STRICT, WITHOUT "
            "ROWID;CREATE TABLE u (s TEXT) STRICT;"
        ) == "CREATE TABLE t (k text COLLATE \"C\" PRIMARY KEY, n bigint NOT NULL CHECK (n >= 0));CREATE "
             "TABLE u (s text "
             "COLLATE \"C\");"
    );
    BOOST_TEST(
        schema_to_postgresql("ALTER TABLE t ADD COLUMN at INTEGER;") == "ALTER TABLE t ADD COLUMN at bigint;"
    );
}

BOOST_AUTO_TEST_CASE(triggers_that_refuse) {
    BOOST_TEST(
        schema_to_postgresql("CREATE TRIGGER f BEFORE UPDATE ON t WHEN old.k = 'x' BEGIN SELECT RAISE(ABORT, "
                             "'frozen'); END;") ==
        "CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH ROW WHEN (old.k = 'x') EXECUTE FUNCTION "
        "wxgate_refuse('frozen');"
    );
    BOOST_TEST(
        schema_to_postgresql(
            "CREATE TRIGGER d BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'kept'); END;\nCREATE "
            "TRIGGER i BEFORE INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'no'); END"
        ) == "CREATE TRIGGER d BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION wxgate_refuse('kept'); "
             "CREATE TRIGGER "
             "d_at_once BEFORE TRUNCATE ON t EXECUTE FUNCTION wxgate_refuse('kept');\nCREATE TRIGGER i "
             "BEFORE INSERT ON t "
             "FOR EACH ROW EXECUTE FUNCTION wxgate_refuse('no')"
    );
    BOOST_TEST(schema_to_postgresql("CREATE TRIGGER odd") == "CREATE TRIGGER odd");
}

BOOST_AUTO_TEST_CASE(what_an_sqlstate_says) {
    BOOST_TEST(failure_of("23505") == failure::overtaken);
    for (auto const* refused : {"23514", "23503", "23502", "22P02", "22021", "22003"})
        BOOST_TEST(failure_of(refused) == failure::refused, refused);
    for (auto const* conflict : {"40001", "40P01", "55P03", "26000", "0A000"})
        BOOST_TEST(failure_of(conflict) == failure::conflict, conflict);
    BOOST_TEST(failure_of("57014") == failure::slow);
    for (auto const* wrong : {"42601", "42703", "42P01", "08P01"})
        BOOST_TEST(failure_of(wrong) == failure::wrong, wrong);
    for (auto const* database :
         {"53100", "53300", "57P01", "57P03", "58030", "25006", "42501", "XX001", "40003", ""})
        BOOST_TEST(failure_of(database) == failure::database, database);
}

BOOST_AUTO_TEST_CASE(what_an_address_shows) {
    address const local("postgresql://user:hunter2@127.0.0.1:6543/shop?application_name=mine");
    BOOST_TEST(local.name() == "postgresql://127.0.0.1:6543/shop");
    BOOST_TEST(local.is_private());
    BOOST_TEST(address("postgresql:///shop").name() == "postgresql:///var/run/postgresql:5432/shop");
    BOOST_TEST(address("postgresql://user:hunter2@db.example.com/shop").is_private()
    ); // verify-full by itself
    BOOST_TEST(!address("postgresql://user:hunter2@db.example.com/shop?sslmode=require").is_private());
    BOOST_TEST(!address("postgresql://a,db.example.com/shop?sslmode=disable").is_private());
    for (auto const* bad :
         {"postgresql://[::1/hunter2", "postgresql://u:hunter2@h/d?nonsense=1", "hunter2"}) {
        try {
            address const a{std::string_view(bad)};
            BOOST_ERROR(bad);
        } catch (std::runtime_error const& e) {
            BOOST_TEST(std::string_view(e.what()).find("hunter2") == std::string_view::npos);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
