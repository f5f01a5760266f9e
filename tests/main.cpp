#define BOOST_TEST_MODULE fedasio
#include <boost/test/unit_test.hpp>
