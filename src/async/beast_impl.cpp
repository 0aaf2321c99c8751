// Beast's compiled sources.
//
// Beast 1.81's parser asserts that an empty chunked body ends in one piece (`n >= 5`, basic_parser.ipp):
// whoever answers us could end a build without NDEBUG. The parser is right without it, and Boost 1.87 has it
// no more.
#define BOOST_DISABLE_ASSERTS
#include <boost/assert.hpp>
#include <boost/beast/src.hpp>
