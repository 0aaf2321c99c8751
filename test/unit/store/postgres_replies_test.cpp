// The book of a pipeline against scripts of what libpq gives. No server is needed.
#include "store/postgres/replies.hpp"
#include "unheard.hpp"

#include <boost/test/unit_test.hpp>

namespace wxgate::store::test {

using namespace postgres;

namespace {

exchange of(std::size_t statements, std::size_t prepares = 0) {
    exchange e;
    jobs group;
    group.push_back(std::make_unique<unheard>(batch(statements)));
    e.take(std::move(group));
    e.prepares.resize(prepares);
    return e;
}

/// One letter a step: r rows, e error, s skipped, n the end of a statement's results, | the sync point. What
/// came of each batch that was finished: + well, - not; and ! when the book says that the connection is no
/// good.
std::string play(reply_book& book, std::string_view script) {
    std::string heard;
    for (char const step : script) {
        bool good = true;
        exchange done;
        switch (step) {
        case 'r':
            good = book.on_rows({});
            break;
        case 'e':
            good = book.on_error("23505", "duplicate key");
            break;
        case 's':
            good = book.on_skipped();
            break;
        case 'n':
            good = book.on_end();
            break;
        default:
            good = book.on_sync(done);
            if (good)
                heard += done.complete() ? '+' : '-';
        }
        if (!good)
            return heard + '!';
    }
    return heard;
}

std::string play(std::vector<std::size_t> const& batches, std::string_view script) {
    reply_book book;
    for (auto const n : batches)
        book.expect(of(n));
    return play(book, script);
}

} // namespace

BOOST_AUTO_TEST_SUITE(postgres_replies)

BOOST_AUTO_TEST_CASE(batches_are_answered_in_turn) {
    BOOST_TEST(play({1}, "rn|") == "+");
    BOOST_TEST(play({3, 1}, "rnrnrn|rn|") == "++");
    BOOST_TEST(play({0, 2}, "|rnrn|") == "++");
}

BOOST_AUTO_TEST_CASE(an_error_is_its_batchs_own) {
    BOOST_TEST(play({4, 1}, "rnrnensn|rn|") == "-+");
    BOOST_TEST(play({1, 1}, "en|rn|") == "-+");
    BOOST_TEST(play({2, 1}, "rnrne|rn|") == "-+"); // at its commit: a deferred constraint
    reply_book book;
    book.expect(of(2));
    BOOST_TEST(play(book, "en") == "");
    BOOST_TEST(book.on_error("XX000", "another one")); // the first is what counts
    exchange done;
    BOOST_TEST_REQUIRE(book.on_sync(done));
    BOOST_TEST(done.sqlstate == "23505");
}

BOOST_AUTO_TEST_CASE(what_is_prepared_first_is_no_answer) {
    reply_book book;
    book.expect(of(2, 1));
    book.expect(of(1, 1));
    BOOST_TEST(play(book, "rnrnrn|") == "+");
    BOOST_TEST(play(book, "en") == "");
    exchange done;
    BOOST_TEST(book.on_skipped());
    BOOST_TEST_REQUIRE(book.on_sync(done));
    BOOST_TEST(done.prepared == 0U); // so it must be prepared again
    BOOST_TEST(!done.complete());
}

BOOST_AUTO_TEST_CASE(a_backend_that_is_killed_is_noticed) {
    BOOST_TEST(play({2, 1}, "en") == "");
    BOOST_TEST(play({2, 1}, "enennnn") == "!"); // never the sync point
    BOOST_TEST(play({1, 1}, "rn|ennn") == "+!");
    reply_book book;
    book.expect(of(1));
    book.expect(of(1));
    book.expect(of(1));
    BOOST_TEST(play(book, "rn|") == "+");
    BOOST_TEST(book.give_up().size() == 2U); // whose outcome nobody knows
    BOOST_TEST(book.empty());
}

rows row_of(std::int64_t n, std::int64_t changed = 0) {
    return {1, {n}, changed};
}

statement told(wanted when) {
    return {"SELECT 1", {}, when};
}

std::unique_ptr<job> unheard_of(std::vector<wanted> const& all) {
    batch b;
    for (auto const when : all)
        b.push_back(told(when));
    return std::make_unique<unheard>(std::move(b));
}

// A group's answers are one row after the other; each batch has its own.
BOOST_AUTO_TEST_CASE(each_batch_has_its_own_answers) {
    using enum wanted;
    exchange e;
    jobs group;
    group.push_back(unheard_of({always, always, unless_changed}));
    group.push_back(unheard_of({always}));
    group.push_back(unheard_of({always, unless_changed, unless_told}));
    e.take(std::move(group));
    BOOST_TEST(e.runs.size() == 4U);
    e.answers = {row_of(1, 1), row_of(2), row_of(3), rows(0, {}, 0)};
    BOOST_TEST_REQUIRE(e.complete());
    e.hand_out_answers();
    auto const& first = e.work[0]->outcome.value();
    BOOST_TEST_REQUIRE(first.size() == 3U);
    BOOST_TEST(first[0].integer(0, 0) == 1);
    BOOST_TEST(first[1].integer(0, 0) == 2);
    BOOST_TEST(first[2].empty());
    BOOST_TEST(!is_unfinished(*e.work[0]));
    BOOST_TEST(e.work[1]->outcome.value().front().integer(0, 0) == 3);
    BOOST_TEST(!is_unfinished(*e.work[1]));
    BOOST_TEST(is_unfinished(*e.work[2])); // it changed nothing, and told nothing

    exchange rest;
    jobs unfinished;
    unfinished.push_back(std::move(e.work[2]));
    rest.take(std::move(unfinished));
    BOOST_TEST(rest.runs.size() == 2U);
    rest.answers = {row_of(4), row_of(5)};
    rest.hand_out_answers();
    auto const& last = rest.work[0]->outcome.value();
    BOOST_TEST_REQUIRE(last.size() == 3U);
    BOOST_TEST(last[0].empty());
    BOOST_TEST(last[1].integer(0, 0) == 4);
    BOOST_TEST(last[2].integer(0, 0) == 5);
    BOOST_TEST(!is_unfinished(*rest.work[0]));
}

// What stands behind another one has its time from when that one was answered.
BOOST_AUTO_TEST_CASE(a_second_one_does_not_wait_for_the_first) {
    using std::chrono_literals::operator""s;
    auto const t = exchange::clock::now();
    reply_book book;
    for (auto const sent : {t, t + 1s, t + 9s}) {
        auto e = of(0);
        e.sent = sent;
        book.expect(std::move(e));
    }
    exchange done;
    BOOST_TEST((book.waiting_since() == t));
    BOOST_TEST_REQUIRE(book.on_sync(done, t + 5s));
    BOOST_TEST((book.waiting_since() == t + 5s));
    BOOST_TEST_REQUIRE(book.on_sync(done, t + 6s));
    BOOST_TEST((book.waiting_since() == t + 9s));
}

BOOST_AUTO_TEST_CASE(nonsense_is_noticed) {
    BOOST_TEST(play({}, "r") == "!");
    BOOST_TEST(play({}, "|") == "!");
    BOOST_TEST(play({1}, "rnr") == "!");    // an answer too many
    BOOST_TEST(play({2}, "enr") == "!");    // after an error
    BOOST_TEST(play({2}, "s") == "!");      // without one
    BOOST_TEST(play({2, 1}, "rn|") == "-"); // an answer too few is no success
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
