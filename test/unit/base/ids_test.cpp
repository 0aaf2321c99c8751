#include "base/ids.hpp"
#include "base/text.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(sizes) {
    for (std::size_t n : {0U, 1U, 2U, 3U, 16U, 32U, 1000U}) {
        BOOST_TEST(random_bytes(n).size() == n);
        std::string const text = random_alnum(n);
        BOOST_TEST(text.size() == n);
        BOOST_TEST(std::all_of(text.begin(), text.end(), is_alnum));
    }
}

BOOST_AUTO_TEST_CASE(no_repeats) {
    std::set<std::string> seen;
    for (int i = 0; i < 5000; ++i) {
        BOOST_TEST_REQUIRE(seen.insert(random_bytes(16)).second);
        BOOST_TEST_REQUIRE(seen.insert(random_alnum(24)).second);
        BOOST_TEST_REQUIRE(seen.insert(make_id()).second);
    }
}

BOOST_AUTO_TEST_CASE(form_of_an_id) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    for (int i = 0; i < 200; ++i) {
        std::string const id = make_id();
        BOOST_TEST(id.size() == 26U);
        for (char const c : id)
            BOOST_TEST_REQUIRE(alphabet.find(c) != alphabet.npos);
    }
}

BOOST_AUTO_TEST_CASE(ids_sort_by_time) {
    std::string before = make_id();
    for (int i = 0; i < 5; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        std::string const after = make_id();
        BOOST_TEST(before < after);
        before = after;
    }
}

BOOST_AUTO_TEST_SUITE_END()
