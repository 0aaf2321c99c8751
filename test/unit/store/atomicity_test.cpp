// A batch is there or not there, whatever its neighbours in the group do.
#include "base/metrics.hpp"
#include "fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace wxgate::store::test {

namespace {

std::uint64_t commits() {
    return metrics::get_counter("wxgate_store_commits_total", "Transactions that the store committed.")
        .value();
}

batch pair(std::string first, std::string second, std::int64_t n = 0) {
    batch b = insert(std::move(first));
    b.push_back(insert(std::move(second), n).front());
    return b;
}

bool has(store& s, std::string key) {
    return !read(s, "SELECT 1 FROM t WHERE k = $1", {std::move(key)}).empty();
}

/// The guard pattern of the ledger: the event is written only if the order was still in the state it leaves.
batch pay(std::string order, std::string event) {
    batch b;
    b.push_back({"UPDATE t SET n = 1, s = $2 WHERE k = $1 AND n = 0 RETURNING k", {order, event}});
    b.push_back(
        {"INSERT INTO t (k, n) SELECT $2, 7 FROM t WHERE k = $1 AND s = $2 AND n = 1 ON CONFLICT DO NOTHING "
         "RETURNING k",
         {order, event}}
    );
    return b;
}

} // namespace

BOOST_AUTO_TEST_SUITE(atomicity)

BOOST_AUTO_TEST_CASE(a_refused_batch_leaves_nothing_and_its_neighbours_stay) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("old")).has_value());
    auto const before = commits();
    auto const a = write_as_group(
        dir,
        *s,
        {pair("a1", "a2"),
         pair("b1", "old"),
         insert("c"),
         pair("d1", "d2", -1),
         insert("old"),
         pair("e1", "e2")}
    );
    BOOST_TEST(commits() == before + 2); // the batch that held the writer back, and the group
    BOOST_TEST(a[0].has_value());
    BOOST_TEST(a[1].error() == errc::store_constraint); // UNIQUE
    BOOST_TEST(a[2].has_value());
    BOOST_TEST(a[3].error() == errc::store_constraint); // CHECK
    BOOST_TEST(a[4].error() == errc::store_constraint); // a single statement, without a savepoint
    BOOST_TEST(a[5].has_value());
    BOOST_TEST(s->healthy());
    auto const keys = read(*s, "SELECT group_concat(k, ' ') FROM (SELECT k FROM t ORDER BY k)");
    BOOST_TEST(keys.text(0, 0) == "a1 a2 c e1 e2 old");
}

BOOST_AUTO_TEST_CASE(a_wrong_batch_leaves_nothing_and_its_neighbours_stay) {
    database_dir const dir;
    auto const s = dir.open();
    batch wrong = insert("w");
    wrong.push_back({"INSERT INTO missing VALUES (1)", {}});
    auto const a = write_as_group(dir, *s, {insert("a"), std::move(wrong), insert("b")});
    BOOST_TEST(a[0].has_value());
    BOOST_TEST(a[1].error() == errc::store_unavailable);
    BOOST_TEST(a[2].has_value());
    BOOST_TEST(!has(*s, "w"));
    BOOST_TEST(count(*s) == 2);
}

BOOST_AUTO_TEST_CASE(a_trigger_may_refuse) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("frozen", 5)).has_value());
    BOOST_TEST(write(*s, {{"UPDATE t SET n = 6", {}}}).error() == errc::store_constraint);
    BOOST_TEST(read(*s, "SELECT n FROM t").integer(0, 0) == 5);
}

// RAISE(ROLLBACK) and a deferred foreign key end the whole transaction; that must stay one batch's trouble.
BOOST_AUTO_TEST_CASE(a_constraint_that_ends_the_transaction_is_one_batchs_fault) {
    database_dir const dir;
    auto const s = dir.open();
    auto const fatal = write_as_group(dir, *s, {insert("a"), pair("x", "fatal"), insert("b")});
    BOOST_TEST(fatal[0].has_value());
    BOOST_TEST(fatal[1].error() == errc::store_constraint);
    BOOST_TEST(fatal[2].has_value());
    batch dangling = insert("y");
    dangling.push_back({"INSERT INTO u VALUES ('nobody')", {}});
    auto const deferred = write_as_group(dir, *s, {insert("c"), dangling, insert("d")});
    BOOST_TEST(deferred[0].has_value());
    BOOST_TEST(deferred[1].error() == errc::store_constraint);
    BOOST_TEST(deferred[2].has_value());
    BOOST_TEST(write(*s, dangling).error() == errc::store_constraint);
    BOOST_TEST(count(*s) == 4);
    BOOST_TEST(s->healthy());
}

BOOST_AUTO_TEST_CASE(a_guard_lets_one_of_two_through) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, insert("order")).has_value());
    auto const a =
        write_as_group(dir, *s, {pay("order", "event-1"), pay("order", "event-2"), pay("other", "event-3")});
    BOOST_REQUIRE(a[0].has_value() && a[1].has_value() && a[2].has_value());
    BOOST_TEST(a[0]->at(0).size() == 1U);
    BOOST_TEST(a[0]->at(1).size() == 1U);
    for (std::size_t i : {1U, 2U}) {
        BOOST_TEST(a[i]->at(0).empty());
        BOOST_TEST(a[i]->at(1).empty());
    }
    BOOST_TEST(has(*s, "event-1"));
    BOOST_TEST(count(*s) == 2);
}

// A statement that may fail half-way keeps a journal of its own, and SQLite undoes just it when the database
// is full.
BOOST_AUTO_TEST_CASE(a_batch_too_big_leaves_its_neighbours) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, {{"PRAGMA max_page_count=60", {}}}).has_value());
    auto const a =
        write_as_group(dir, *s, {insert("a"), insert("big", 0, std::string(1'000'000, 'x')), insert("c")});
    BOOST_TEST(a[0].has_value());
    BOOST_TEST(a[1].error() == errc::store_unavailable);
    BOOST_TEST(a[2].has_value());
    BOOST_TEST(!s->healthy());
    BOOST_TEST(count(*s) == 2);
}

// Without one, SQLite rolls the whole transaction back by itself: nobody of the group may be told that all is
// well, nor that a constraint refused it, for what it ran into is gone as well.
BOOST_AUTO_TEST_CASE(a_group_that_sqlite_rolled_back_is_not_acknowledged) {
    database_dir const dir;
    auto const s = dir.open();
    BOOST_REQUIRE(write(*s, {{"PRAGMA max_page_count=60", {}}}).has_value());
    statement const big{"INSERT INTO plain VALUES ($1)", {std::string(1'000'000, 'x')}};
    for (std::size_t i = 0; i < 2; ++i) {
        batch filling = i == 0 ? batch() : insert("with a savepoint");
        filling.push_back(big);
        auto const a =
            write_as_group(dir, *s, {insert("a"), insert("a"), pair("b1", "b2"), filling, insert("c")});
        for (auto const& one : a)
            BOOST_TEST(one.error() == errc::store_unavailable);
        BOOST_TEST(!s->healthy());
        BOOST_TEST(count(*s) == 0);
    }
    BOOST_TEST(write(*s, insert("small")).has_value());
    BOOST_TEST(s->healthy());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
