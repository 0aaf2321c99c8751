#define BOOST_TEST_MODULE embed
#include <boost/test/unit_test.hpp>
