// What is sent of a group, and whose the answers are. No server is needed.
#include "store/postgres/dialect.hpp"
#include "store/postgres/runs.hpp"
#include "unheard.hpp"

#include <boost/test/unit_test.hpp>

namespace wxgate::store::test {

using namespace postgres;

namespace {

constexpr std::string_view change = "UPDATE t SET n = $2/*each FROM*/ WHERE k = $1/*told k = $1*/";
constexpr std::string_view note = "INSERT INTO e SELECT $1/*each FROM*/";
constexpr std::string_view look = "SELECT n FROM t WHERE k = $1";

std::unique_ptr<job> one_of(batch b) {
    return std::make_unique<unheard>(std::move(b));
}

std::unique_ptr<job> changes(std::string const& k) {
    batch b;
    b.push_back({change, {k, std::int64_t{1}}});
    b.push_back({note, {k}});
    b.push_back({look, {k}, wanted::unless_changed});
    return one_of(std::move(b));
}

/// The runs' places: each the number of its batch and of the statement there.
std::string shape(jobs const& group, std::vector<run> const& all) {
    std::string text;
    for (auto const& r : all) {
        text += text.empty() ? "" : " | ";
        for (auto const& p : r.places)
            for (std::size_t i = 0; i < group.size(); ++i)
                if (group[i].get() == p.of)
                    text += std::to_string(i) + '.' + std::to_string(p.index) + ' ';
    }
    return text;
}

void start(jobs const& group) {
    for (auto const& j : group)
        j->outcome = results(j->work.size());
}

} // namespace

BOOST_AUTO_TEST_SUITE(postgres_runs)

BOOST_AUTO_TEST_CASE(like_statements_are_one) {
    jobs group;
    group.push_back(changes("a"));
    group.push_back(changes("b"));
    batch several;
    for (auto const* k : {"x", "y", "z"})
        several.push_back({note, {std::string(k)}});
    group.push_back(one_of(std::move(several)));
    batch other;
    other.push_back({change, {std::string("c"), std::int64_t{2}}});
    other.push_back({look, {std::string("c")}}); // not for many: so nothing of its batch is
    group.push_back(one_of(std::move(other)));
    group.push_back(one_of(batch()));
    BOOST_TEST(shape(group, runs_of(group)) == "0.0 1.0  | 2.0 2.1 2.2  | 0.1 1.1  | 3.0  | 3.1 ");
    BOOST_TEST(runs_of(jobs()).empty());
}

BOOST_AUTO_TEST_CASE(what_is_wanted_later_is_sent_later) {
    jobs group;
    group.push_back(changes("a"));
    start(group);
    group.front()->answered = 1;
    BOOST_TEST(shape(group, runs_of(group)) == "0.2 ");
}

BOOST_AUTO_TEST_CASE(each_has_its_own_rows) {
    jobs group;
    for (auto const* k : {"a", "b", "c"})
        group.push_back(changes(k));
    start(group);
    auto const all = runs_of(group);
    BOOST_TEST_REQUIRE(all.size() == 2U);
    BOOST_TEST_REQUIRE(all[0].is_of_many());
    std::vector<value> cells{std::int64_t{7}, std::string("c"), value{}, std::string("a")};
    hand_out(all[0], rows(2, std::move(cells), 2));
    auto const answer = [&](std::size_t i) { return group[i]->outcome.value().front(); };
    BOOST_TEST(answer(0).changed() == 1);
    BOOST_TEST(answer(0).columns() == 1U); // what told is not the batch's
    BOOST_TEST(answer(0).is_null(0, 0));
    BOOST_TEST(answer(1).changed() == 0);
    BOOST_TEST(answer(1).empty());
    BOOST_TEST(answer(2).integer(0, 0) == 7);
    hand_out(all[1], rows(0, {}, 3)); // nobody asks
    BOOST_TEST(group[0]->outcome.value()[1].changed() == 0);
}

BOOST_AUTO_TEST_CASE(one_is_answered_as_it_is) {
    jobs group;
    group.push_back(changes("a"));
    start(group);
    auto const all = runs_of(group);
    hand_out(all[0], rows(1, {std::int64_t{7}}, 1));
    hand_out(all[1], rows(0, {}, 1));
    auto const& r = group.front()->outcome.value();
    BOOST_TEST(r[0].integer(0, 0) == 7);
    BOOST_TEST(r[1].changed() == 1);
}

BOOST_AUTO_TEST_CASE(types_are_learnt) {
    jobs group;
    for (bool const known : {false, true}) {
        batch b;
        b.push_back({change, {std::string("a"), known ? value{std::int64_t{1}} : value{}, value{}}});
        group.push_back(one_of(std::move(b)));
    }
    std::string types = "???";
    learn_types(runs_of(group).front(), types);
    BOOST_TEST(types == "tn?");
    types = "tt?"; // stays
    learn_types(runs_of(group).front(), types);
    BOOST_TEST(types == "tt?");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
