#include "sandbox/faults.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace wxgate::sandbox;
using namespace std::chrono_literals;

namespace {

fault_plan plan(char const* text) {
    return parse_fault_plan(boost::json::parse(text), 1);
}

std::string why(char const* text) {
    try {
        plan(text);
    } catch (bad_fault_plan const& e) {
        return e.what();
    }
    return "";
}

// Which of 200 calls were struck, as a row of '.' and 'x'.
std::string strikes(fault_engine& e, char const* on, int n = 200) {
    std::string out;
    for (int i = 0; i < n; ++i)
        out += e.draw(on).kind ? 'x' : '.';
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(the_same_seed_and_calls_give_the_same_faults) {
    constexpr char const* text =
        R"({"seed":7,"rules":[{"on":"unifiedorder","do":"reset_after","p":0.3},{"on":"notify","do":"drop","p":0.5}]})";
    fault_engine a;
    fault_engine b;
    a.set(plan(text));
    b.set(plan(text));
    auto const first = strikes(a, "unifiedorder");
    BOOST_TEST(first == strikes(b, "unifiedorder"));
    a.set(plan(text)); // begins anew
    for (int i = 0; i < 50; ++i)
        a.draw("notify"); // another rule's calls change nothing
    BOOST_TEST(first == strikes(a, "unifiedorder"));
    auto const count = std::count(first.begin(), first.end(), 'x');
    BOOST_TEST(count > 30);
    BOOST_TEST(count < 90);
    fault_engine c;
    c.set(plan(R"({"seed":8,"rules":[{"on":"unifiedorder","do":"reset_after","p":0.3}]})"));
    BOOST_TEST(first != strikes(c, "unifiedorder"));
}

BOOST_AUTO_TEST_CASE(a_stream_never_changes) {
    // Written down once: a soak that failed under a seed must fail under it on any machine.
    fault_engine e;
    e.set(plan(R"({"seed":7,"rules":[{"on":"unifiedorder","do":"reset_after","p":0.3}]})"));
    BOOST_TEST(strikes(e, "unifiedorder", 40) == "..x..x......xx..x..xxxx.x.....x........x");
}

BOOST_AUTO_TEST_CASE(p_and_times) {
    fault_engine e;
    e.set(plan(
        R"({"rules":[{"on":"orderquery","do":"http_500","times":3},{"on":"closeorder","do":"garbage","p":0}]})"
    ));
    BOOST_TEST(strikes(e, "orderquery", 5) == "xxx..");
    BOOST_TEST(strikes(e, "closeorder", 5) == ".....");
    BOOST_TEST(strikes(e, "unifiedorder", 5) == ".....");
    e.clear();
    BOOST_TEST(strikes(e, "orderquery", 5) == ".....");
}

BOOST_AUTO_TEST_CASE(delays_add_up_and_of_the_rest_the_first_strikes) {
    fault_engine e;
    e.set(plan(R"({"rules":[{"on":"unifiedorder","do":"delay","ms":20},{"on":"unifiedorder","do":"delay"},
        {"on":"unifiedorder","do":"hang_before","ms":5,"times":1},{"on":"unifiedorder","do":"bad_sign","times":1}]})"
    ));
    auto f = e.draw("unifiedorder");
    BOOST_TEST((f.delay == 120ms));
    BOOST_TEST((f.kind == fault_kind::hang_before));
    BOOST_TEST((f.ms == 5ms));
    f = e.draw("unifiedorder"); // the second rule's only time was not used up
    BOOST_TEST((f.kind == fault_kind::bad_sign));
    BOOST_TEST((!f.ms));
    BOOST_TEST((!e.draw("unifiedorder").kind));
}

BOOST_AUTO_TEST_CASE(the_coin_falls_both_ways) {
    fault_engine e;
    e.set(plan(R"({"rules":[{"on":"unifiedorder","do":"system_error"}]})"));
    int heads = 0;
    for (int i = 0; i < 200; ++i)
        heads += e.draw("unifiedorder").coin ? 1 : 0;
    BOOST_TEST(heads > 60);
    BOOST_TEST(heads < 140);
}

BOOST_AUTO_TEST_CASE(every_name_of_the_contract_is_taken) {
    for (std::string const on :
         {"unifiedorder", "orderquery", "closeorder", "refund", "refundquery", "downloadbill"})
        for (std::string const what :
             {"delay",
              "hang_before",
              "hang_after",
              "reset_before",
              "reset_after",
              "system_error",
              "bad_sign",
              "garbage",
              "http_500",
              "sign_probe"})
            BOOST_TEST(why((R"({"rules":[{"on":")" + on + R"(","do":")" + what + R"("}]})").c_str()) == "");
    for (std::string const on : {"notify", "refund_notify"})
        for (std::string const what : {"delay", "duplicate", "reorder", "drop", "bad_sign", "sign_probe"})
            BOOST_TEST(why((R"({"rules":[{"on":")" + on + R"(","do":")" + what + R"("}]})").c_str()) == "");
}

BOOST_AUTO_TEST_CASE(bad_plans_are_refused) {
    for (char const* const bad :
         {R"([])",
          R"({})",
          R"({"rules":{}})",
          R"({"rules":[1]})",
          R"({"rules":[{}]})",
          R"({"rules":[],"x":1})",
          R"({"rules":[],"seed":-1})",
          R"({"rules":[],"seed":"7"})",
          R"({"rules":[],"seed":1.5})",
          R"({"rules":[{"on":"unifiedorder"}]})",
          R"({"rules":[{"do":"delay"}]})",
          R"({"rules":[{"on":"nothing","do":"delay"}]})",
          R"({"rules":[{"on":"unifiedorder","do":"explode"}]})",
          R"({"rules":[{"on":"unifiedorder","do":"delay","p":1.5}]})",
          R"({"rules":[{"on":"unifiedorder","do":"delay","p":-0.1}]})",
          R"({"rules":[{"on":"unifiedorder","do":"delay","p":"1"}]})",
          R"({"rules":[{"on":"unifiedorder","do":"delay","ms":-1}]})",
          R"({"rules":[{"on":"unifiedorder","do":"delay","ms":600001}]})",
          R"({"rules":[{"on":"unifiedorder","do":"delay","times":0}]})",
          R"({"rules":[{"on":"unifiedorder","do":"delay","what":1}]})",
          R"({"rules":[{"on":"unifiedorder","do":"duplicate"}]})",
          R"({"rules":[{"on":"notify","do":"http_500"}]})"})
        BOOST_TEST(why(bad) != "", bad);
    std::string many = R"({"on":"notify","do":"drop"})";
    for (int i = 0; i < 64; ++i)
        many += R"(,{"on":"notify","do":"drop"})";
    BOOST_TEST(why((R"({"rules":[)" + many + "]}").c_str()) == "rules: more than 64");
    BOOST_TEST(why(R"({"rules":[{"on":"notify","do":"drop"},{"on":"notify","do":"x"}]})")
                   .starts_with("rules[1]: do: unknown"));
}

BOOST_AUTO_TEST_SUITE_END()
