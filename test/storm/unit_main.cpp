// Boost.Test's main() for the tests of this folder.
#define BOOST_TEST_MODULE storm
#include <boost/test/unit_test.hpp>
