// Parameters, values and rows.
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace wxgate::store::test {

BOOST_AUTO_TEST_SUITE(statements)

BOOST_AUTO_TEST_CASE(values_come_back_as_they_went) {
    database_dir const dir;
    auto const s = dir.open();
    std::string const odd = "it's \"quoted\"; -- \xe5\xbe\xae\xe4\xbf\xa1 \xf0\x9f\x98\x80 \n\t\\ %s $1";
    std::vector<value> texts = {value{}, std::string(), odd, std::string(70'000, 'x')};
    std::string const with_nul("nul\0inside", 10);
    if (wxgate::test::on_postgres()) // whose texts have none: refused, and not cut off there
        BOOST_TEST(write(*s, insert("nul", 0, with_nul)).error() == errc::store_constraint);
    else
        texts.emplace_back(with_nul);
    for (std::size_t i = 0; i < texts.size(); ++i)
        BOOST_TEST(write(*s, insert(std::to_string(i), static_cast<std::int64_t>(i), texts[i])).has_value());
    auto const r = read(*s, "SELECT s, n FROM t ORDER BY k");
    BOOST_REQUIRE_EQUAL(r.size(), texts.size());
    BOOST_TEST(r.columns() == 2U);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const* text = std::get_if<std::string>(&texts[i]);
        BOOST_TEST(r.is_null(i, 0) == (text == nullptr));
        BOOST_TEST(r.text(i, 0) == (text == nullptr ? std::string() : *text));
        BOOST_TEST(r.integer(i, 1) == static_cast<std::int64_t>(i));
    }
}

BOOST_AUTO_TEST_CASE(integers_keep_64_bits) {
    database_dir const dir;
    auto const s = dir.open();
    auto const r = read(*s, "SELECT $1, $2", {INT64_MIN, INT64_MAX});
    BOOST_TEST(r.integer(0, 0) == INT64_MIN);
    BOOST_TEST(r.integer(0, 1) == INT64_MAX);
}

// To SQLite `$2` is a name: without a mapping, the first that appears would be the first that is bound.
BOOST_AUTO_TEST_CASE(parameters_are_numbers) {
    database_dir const dir;
    auto const s = dir.open();
    auto const swapped = read(*s, "SELECT $2, $1", {std::string("one"), std::string("two")});
    BOOST_TEST(swapped.text(0, 0) == "two");
    BOOST_TEST(swapped.text(0, 1) == "one");
    auto const repeated = read(*s, "SELECT $2 || $1 || $2 || $1", {std::string("a"), std::string("b")});
    BOOST_TEST(repeated.text(0, 0) == "baba");
    auto const ten =
        read(*s, "SELECT $10, $1, $2, $3, $4, $5, $6, $7, $8, $9", {1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L});
    BOOST_TEST(ten.integer(0, 0) == 10);
    BOOST_TEST(ten.integer(0, 9) == 9);
}

BOOST_AUTO_TEST_CASE(a_statement_forgets_its_last_parameters) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_TEST(read(*s, "SELECT $1", {std::string("secret")}).text(0, 0) == "secret");
    BOOST_TEST(read(*s, "SELECT $1", {value{}}).is_null(0, 0));
}

BOOST_AUTO_TEST_CASE(wrong_statements_are_refused_and_harm_nobody) {
    database_dir const dir;
    auto const s = dir.open();
    std::vector<batch> wrong;
    wrong.push_back({{"SELECT nonsense FROM nowhere", {}}});
    wrong.push_back({{"SELECT $1, $2", {std::string("only one")}}});
    wrong.push_back({{"SELECT $1", {std::string("one"), std::string("too many")}}});
    wrong.push_back({{"SELECT ?", {std::string("x")}}});
    wrong.push_back({{"SELECT 1; DELETE FROM t", {}}});
    wrong.push_back({{"", {}}});
    wrong.push_back({{"SELECT \"misspelt\"", {}}});
    for (auto const& b : wrong) {
        BOOST_TEST(write(*s, b).error() == errc::store_unavailable, b.front().sql);
        BOOST_TEST(await(s->read(b)).error() == errc::store_unavailable, b.front().sql);
    }
    BOOST_TEST(s->healthy()); // it is not the database's fault
    BOOST_TEST(write(*s, insert("k")).has_value());
}

BOOST_AUTO_TEST_CASE(a_semicolon_and_white_space_may_end_a_statement) {
    database_dir const dir;
    auto const s = dir.open();
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(read(*s, "SELECT 7 ;\n ").integer(0, 0) == 7);
}

BOOST_AUTO_TEST_CASE(an_empty_batch_has_no_results) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_TEST(write(*s, {}).value().empty());
    BOOST_TEST(await(s->read({})).value().empty());
}

BOOST_AUTO_TEST_CASE(a_batch_has_rows_for_each_statement) {
    database_dir const dir;
    auto const s = dir.open();
    batch b = insert("a", 1);
    b.push_back({"UPDATE t SET n = n + $2 WHERE k = $1 RETURNING n", {std::string("a"), 41L}});
    b.push_back({"SELECT k FROM t WHERE n > $1", {1000L}});
    auto const all = write(*s, std::move(b)).value();
    BOOST_REQUIRE_EQUAL(all.size(), 3U);
    BOOST_TEST(all[0].empty());
    BOOST_TEST(all[1].integer(0, 0) == 42);
    BOOST_TEST(all[2].empty());
    BOOST_TEST(all[2].columns() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_wanted_only_when_nothing_changed) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_TEST_REQUIRE(write(*s, insert("a", 1)).has_value());
    for (bool const changes : {true, false}) {
        batch b;
        b.push_back({"UPDATE t SET n = 2 WHERE k = 'a' AND n = $1", {changes ? 1L : 7L}});
        b.push_back({"SELECT k FROM t WHERE k = 'b'", {}});
        b.push_back({"SELECT n FROM t WHERE k = 'a'", {}, wanted::unless_changed});
        b.push_back({"INSERT INTO t (k, n) VALUES ($1, 3)", {changes ? "x" : "y"}});
        b.push_back({"SELECT n FROM t WHERE k = 'a'", {}, wanted::unless_told});
        auto const all = write(*s, std::move(b)).value();
        BOOST_REQUIRE_EQUAL(all.size(), 5U);
        BOOST_TEST(all[0].changed() == (changes ? 1 : 0));
        BOOST_TEST(all[1].empty());
        BOOST_TEST(all[2].size() == (changes ? 0U : 1U));
        BOOST_TEST(all[3].changed() == 1);
        BOOST_TEST(all[4].integer(0, 0) == 2); // the first yields no row either way
    }
}

BOOST_AUTO_TEST_CASE(read_cannot_write) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_TEST(await(s->read(insert("k"))).error() == errc::store_unavailable);
    BOOST_TEST(count(*s) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
