// Boost.Test's main() for every integration test.
#define BOOST_TEST_MODULE wxgate_integration
#include <boost/test/unit_test.hpp>
