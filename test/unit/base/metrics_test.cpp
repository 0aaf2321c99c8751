#include "base/metrics.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <thread>
#include <vector>

using namespace wxgate;

namespace {

// The lines of a metric in the whole text, its HELP and TYPE first.
std::string lines_of(std::string const& name) {
    auto const text = metrics::to_text();
    auto const begin = text.find("# HELP " + name + ' ');
    if (begin == std::string::npos)
        return {};
    auto const end = text.find("# HELP ", begin + 1);
    return text.substr(begin, end - begin);
}

} // namespace

BOOST_AUTO_TEST_SUITE(metrics_)

BOOST_AUTO_TEST_CASE(counters) {
    auto& c =
        metrics::get_counter("wxgate_test_things_total", "Things.", metrics::label("kind", "a\"b\\c\nd"));
    c.add();
    c.add(41);
    BOOST_TEST(c.value() == 42U);
    BOOST_TEST(
        &metrics::get_counter("wxgate_test_things_total", "", metrics::label("kind", "a\"b\\c\nd")) == &c
    );
    BOOST_TEST(
        lines_of("wxgate_test_things_total") == "# HELP wxgate_test_things_total Things.\n"
                                                "# TYPE wxgate_test_things_total counter\n"
                                                "wxgate_test_things_total{kind=\"a\\\"b\\\\c\\nd\"} 42\n"
    );
}

BOOST_AUTO_TEST_CASE(counted_by_many_threads) {
    auto& c = metrics::get_counter("wxgate_test_many_total", "Things.");
    std::vector<std::thread> crowd;
    for (int i = 0; i < 20; ++i) // more than there are slots
        crowd.emplace_back([&] {
            for (int n = 0; n < 1000; ++n)
                c.add();
        });
    for (auto& t : crowd)
        t.join();
    BOOST_TEST(c.value() == 20'000U);
}

BOOST_AUTO_TEST_CASE(a_set_is_there_before_it_counts) {
    metrics::counter_set const all("wxgate_test_ends_total", "Ends.", "result", {"good", "bad"});
    BOOST_TEST(
        lines_of("wxgate_test_ends_total") == "# HELP wxgate_test_ends_total Ends.\n"
                                              "# TYPE wxgate_test_ends_total counter\n"
                                              "wxgate_test_ends_total{result=\"bad\"} 0\n"
                                              "wxgate_test_ends_total{result=\"good\"} 0\n"
    );
    all["good"].add();
    all[std::string("ba") + "d"].add(2);
    all["odd"].add(3);
    BOOST_TEST(metrics::get_counter("wxgate_test_ends_total", "Ends.", "result=\"good\"").value() == 1U);
    BOOST_TEST(metrics::get_counter("wxgate_test_ends_total", "Ends.", "result=\"bad\"").value() == 2U);
    BOOST_TEST(metrics::get_counter("wxgate_test_ends_total", "Ends.", "result=\"odd\"").value() == 3U);
}

BOOST_AUTO_TEST_CASE(shares_of_a_gauge) {
    auto& g = metrics::get_gauge("wxgate_test_level", "Level.");
    {
        metrics::share a(g);
        metrics::share b(g);
        a.set(5);
        b.set(2);
        BOOST_TEST(g.value() == 7);
        a.set(1);
        BOOST_TEST(g.value() == 3);
    }
    BOOST_TEST(g.value() == 0, "taken back");
}

BOOST_AUTO_TEST_CASE(histograms) {
    auto& h = metrics::get_histogram("wxgate_test_seconds", "Time.", "route=\"/\"");
    h.observe(std::chrono::microseconds(50));
    h.observe(std::chrono::milliseconds(3));
    h.observe(std::chrono::minutes(1));
    auto const text = lines_of("wxgate_test_seconds");
    for (auto const* line :
         {"# TYPE wxgate_test_seconds histogram\n",
          "wxgate_test_seconds_bucket{route=\"/\",le=\"0.0001\"} 1\n",
          "wxgate_test_seconds_bucket{route=\"/\",le=\"0.0025\"} 1\n",
          "wxgate_test_seconds_bucket{route=\"/\",le=\"0.005\"} 2\n",
          "wxgate_test_seconds_bucket{route=\"/\",le=\"30\"} 2\n",
          "wxgate_test_seconds_bucket{route=\"/\",le=\"+Inf\"} 3\n",
          "wxgate_test_seconds_sum{route=\"/\"} 60.00305\n",
          "wxgate_test_seconds_count{route=\"/\"} 3\n"})
        BOOST_TEST(text.find(line) != std::string::npos, line << "is not in\n" << text);
}

BOOST_AUTO_TEST_CASE(histograms_of_sizes) {
    auto& h = metrics::get_size_histogram("wxgate_test_batches", "Batches.");
    for (std::uint64_t const n : {1U, 2U, 3U, 256U, 257U})
        h.observe(n);
    auto const text = lines_of("wxgate_test_batches");
    for (auto const* line :
         {"wxgate_test_batches_bucket{le=\"1\"} 1\n",
          "wxgate_test_batches_bucket{le=\"2\"} 2\n",
          "wxgate_test_batches_bucket{le=\"4\"} 3\n",
          "wxgate_test_batches_bucket{le=\"256\"} 4\n",
          "wxgate_test_batches_bucket{le=\"+Inf\"} 5\n",
          "wxgate_test_batches_sum 519\n",
          "wxgate_test_batches_count 5\n"})
        BOOST_TEST(text.find(line) != std::string::npos, line << "is not in\n" << text);
}

BOOST_AUTO_TEST_CASE(the_process) {
    for (auto const* name :
         {"process_cpu_seconds_total",
          "process_resident_memory_bytes",
          "process_virtual_memory_bytes",
          "process_open_fds",
          "process_max_fds",
          "process_start_time_seconds"}) {
        auto const text = lines_of(name);
        auto const at = text.rfind(std::string("\n") + name + ' ');
        BOOST_TEST_REQUIRE(at != std::string::npos, name << ": " << text);
        BOOST_TEST(std::stod(text.substr(at + std::string(name).size() + 2)) > 0.0, text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
