// W3C's traceparent, by the rules of https://www.w3.org/TR/trace-context-1/#traceparent-header.
#include "base/trace.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <set>
#include <string>

using namespace wxgate;

namespace {

std::string const id = "0af7651916cd43dd8448eb211c80319c";
std::string const parent = "b7ad6b7169203331";

} // namespace

BOOST_AUTO_TEST_SUITE(trace_context)

BOOST_AUTO_TEST_CASE(taken) {
    struct row {
        std::string header;
        bool sampled;
    };

    for (row const& r : std::initializer_list<row>{
             {"00-" + id + "-" + parent + "-01", true},
             {"00-" + id + "-" + parent + "-00", false},
             {"00-" + id + "-" + parent + "-02", false}, // other flags are nobody's yet
             {"00-" + id + "-" + parent + "-03", true},
             {"00-" + id + "-" + parent + "-ff", true},
             {"01-" + id + "-" + parent + "-01", true}, // versions to come
             {"cc-" + id + "-" + parent + "-01", true},
             {"cc-" + id + "-" + parent + "-01-what-the-future-brings", true},
             {"cc-" + id + "-" + parent + "-01-", true}}) {
        auto const t = parse_traceparent(r.header);
        BOOST_TEST_REQUIRE(t.has_value(), r.header);
        BOOST_TEST(t->id_text() == id, r.header);
        BOOST_TEST(t->sampled == r.sampled, r.header);
        BOOST_TEST(t->given);
        BOOST_TEST(!t->empty());
    }
}

BOOST_AUTO_TEST_CASE(refused) {
    std::string const zero_id(32, '0');
    std::string const zero_parent(16, '0');
    std::string upper = id;
    upper[1] = 'A';
    for (std::string const& header : std::initializer_list<std::string>{
             "",
             "00",
             id,
             "00-" + id + "-" + parent,
             "00-" + id + "-" + parent + "-",
             "00-" + id + "-" + parent + "-0",
             "00-" + id + "-" + parent + "-001",
             "00-" + id + "-" + parent + "-01-",
             "00-" + id + "-" + parent + "-01-what-the-future-may-bring",
             "00-" + id + "-" + parent + "-01 ",
             " 00-" + id + "-" + parent + "-01",
             "ff-" + id + "-" + parent + "-01",
             "FF-" + id + "-" + parent + "-01",
             "0-" + id + "-" + parent + "-001",
             "0x-" + id + "-" + parent + "-01",
             ".0-" + id + "-" + parent + "-01",
             "00-" + zero_id + "-" + parent + "-01",
             "00-" + id + "-" + zero_parent + "-01",
             "00-" + upper + "-" + parent + "-01",
             "00-" + id + "-" + "B7ad6b7169203331" + "-01",
             "00-" + id + "-" + parent + "-0A",
             "00-" + id + "-" + parent + "-.0",
             "00-" + id.substr(1) + "-" + parent + "-011",
             "00-" + id + "1-" + parent.substr(1) + "-01",
             "00_" + id + "_" + parent + "_01",
             "00-" + id + "-" + parent + "-01," + "00-" + id + "-" + parent + "-01",
             "cc-" + id + "-" + parent + "-01.what",
             "cc-" + id + "-" + parent + "-0",
             "00-" + id.substr(0, 31) + "g-" + parent + "-01",
             "00-" + id.substr(0, 31) + std::string(1, '\0') + "-" + parent + "-01",
             "00-" + id.substr(0, 31) + "\xff-" + parent + "-01"})
        BOOST_TEST(!parse_traceparent(header).has_value(), header);
}

BOOST_AUTO_TEST_CASE(begun) {
    std::set<std::string> ids;
    for (int i = 0; i < 1000; ++i) {
        auto const t = make_trace();
        BOOST_TEST(!t.given);
        BOOST_TEST(!t.sampled);
        ids.emplace(t.id_text());
    }
    BOOST_TEST(ids.size() == 1000U);
    BOOST_TEST(trace{}.empty());
    BOOST_TEST(trace{}.id_text().empty());
}

// The trace goes on, under a parent id of each call's own.
BOOST_AUTO_TEST_CASE(handed_on) {
    auto const given = *parse_traceparent("cc-" + id + "-" + parent + "-03-more");
    std::set<std::string> headers;
    for (int i = 0; i < 100; ++i) {
        auto const header = to_traceparent(given);
        BOOST_TEST(header.size() == 55U);
        BOOST_TEST(header.starts_with("00-" + id + "-"), header);
        BOOST_TEST(header.ends_with("-01"), header);
        BOOST_TEST(parse_traceparent(header).has_value(), header);
        headers.insert(header);
    }
    BOOST_TEST(headers.size() == 100U);
    BOOST_TEST(to_traceparent(make_trace()).ends_with("-00"));
}

BOOST_AUTO_TEST_CASE(in_the_store) {
    auto const given = *parse_traceparent("00-" + id + "-" + parent + "-01");
    BOOST_TEST(to_text(given) == id + "-01");
    auto const kept = trace_from_text(id + "-01");
    BOOST_TEST(kept.id_text() == id);
    BOOST_TEST(kept.sampled);
    BOOST_TEST(!trace_from_text(id + "-00").sampled);
    BOOST_TEST(to_text(trace{}).empty());
    for (std::string const& text :
         {std::string(), id, id + "-1", id + "_01", "x" + id.substr(1) + "-01", id + "-011"})
        BOOST_TEST(trace_from_text(text).empty(), text);
}

BOOST_AUTO_TEST_SUITE_END()
