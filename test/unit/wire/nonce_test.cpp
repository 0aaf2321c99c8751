#include "base/text.hpp"

#include <wxgate/sign.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>

BOOST_AUTO_TEST_SUITE(nonce)

BOOST_AUTO_TEST_CASE(length_alphabet_distribution_and_no_repeats) {
    constexpr int nonces = 3200; // 102 400 characters
    std::set<std::string> seen;
    std::map<char, int> count;
    for (int i = 0; i < nonces; ++i) {
        std::string const n = wxgate::make_nonce();
        BOOST_TEST_REQUIRE(n.size() == 32U);
        BOOST_TEST_REQUIRE(std::all_of(n.begin(), n.end(), wxgate::is_alnum));
        BOOST_TEST_REQUIRE(seen.insert(n).second);
        for (char const c : n)
            ++count[c];
    }
    // Expected 1651.6 of each, standard deviation 40: seven of them either way never happens by chance, while
    // the bias of `byte % 62` (a quarter more for the first eight letters) would.
    BOOST_TEST(count.size() == 62U);
    double chi2 = 0;
    constexpr double expected = nonces * 32 / 62.0;
    for (auto const& [c, n] : count) {
        BOOST_TEST(n > 1370, c);
        BOOST_TEST(n < 1930, c);
        chi2 += (n - expected) * (n - expected) / expected;
    }
    BOOST_TEST(chi2 < 150); // 61 degrees of freedom: 61 ± 11
}

BOOST_AUTO_TEST_SUITE_END()
