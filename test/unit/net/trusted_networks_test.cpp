// Networks as the configuration has them, addresses in all their forms, and whose request a proxy hands on.
#include "net/trusted_networks.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <vector>

using namespace wxgate::net;
using namespace std::string_view_literals;

namespace {

ip_address ip(std::string_view text) {
    auto const a = parse_ip(text);
    BOOST_TEST_REQUIRE(a.has_value(), text);
    return *a;
}

trusted_networks networks(std::string_view text) {
    trusted_networks n;
    BOOST_TEST_REQUIRE(n.read(text) == "", text);
    return n;
}

} // namespace

BOOST_AUTO_TEST_SUITE(trusted_networks_test)

BOOST_AUTO_TEST_CASE(addresses) {
    struct row {
        std::string_view text;
        std::string_view canonical; // "": no address
    };

    row const table[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:c000:201", "192.0.2.1"},
        {"0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"},
        {"2001:DB8::0:1", "2001:db8::1"},
        {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
        {"::", "::"},
        {"::1", "::1"},
        {"", ""},
        {" 192.0.2.1", ""},
        {"192.0.2.1 ", ""},
        {"192.0.2", ""},
        {"192.0.2.1.1", ""},
        {"192.0.2.256", ""},
        {"192.0.2.01", ""}, // octal to some
        {"0x7f.0.0.1", ""},
        {"2130706433", ""},
        {"127.1", ""},
        {"-1.0.0.1", ""},
        {"1.2.3.4\0junk"sv, ""},
        {"[::1]", ""},
        {"::1%lo", ""},
        {"fe80::1%1", ""},
        {":::", ""},
        {"1::2::3", ""},
        {"2001:db8::12345", ""},
        {"2001:db8:1:2:3:4:5:6:7", ""},
        {"::ffff:192.0.2.256", ""},
        {"unknown", ""},
        {"localhost", ""},
        {"0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255"},
        {"00000000000000000000000000000000000000000000000000000000000000001", ""},
    };
    for (auto const& r : table) {
        auto const a = parse_ip(r.text);
        BOOST_TEST((a ? a->to_string() : "") == r.canonical, r.text);
        if (a)
            BOOST_TEST((parse_ip(a->to_string()) == a), r.text);
    }
}

BOOST_AUTO_TEST_CASE(what_a_network_holds) {
    struct row {
        std::string_view networks;
        std::string_view inside; // addresses, with spaces
        std::string_view outside;
    };

    row const table[] = {
        {"", "", "127.0.0.1 ::1"},
        {"10.0.0.0/8", "10.0.0.0 10.255.255.255 ::ffff:10.1.2.3", "9.255.255.255 11.0.0.0 ::a00:1"},
        {"192.0.2.7", "192.0.2.7", "192.0.2.6 192.0.2.8"},
        {"192.0.2.8/29", "192.0.2.8 192.0.2.15", "192.0.2.7 192.0.2.16"},
        {"128.0.0.0/1", "128.0.0.0 255.255.255.255", "127.255.255.255"},
        {"0.0.0.0/0", "0.0.0.0 255.255.255.255", ":: 2001:db8::1"},
        {"::/0", ":: 2001:db8::1", "0.0.0.0 10.0.0.1"}, // IPv6's
        {"::ffff:10.0.0.0/104", "10.0.0.0 10.255.255.255", "11.0.0.0"},
        {"fd00::/8", "fd00:: fdff:ffff::1", "fc00:: fe00::"},
        {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
        {"2001:db8::1", "2001:db8::1", "2001:db8::2"},
        {" 10.0.0.0/8\t127.0.0.1  ::1\n", "10.1.1.1 127.0.0.1 ::1", "127.0.0.2 ::2"},
    };
    auto const each = [](std::string_view list, auto const& check) {
        while (!list.empty()) {
            auto const word = list.substr(0, list.find(' '));
            check(word);
            list.remove_prefix(std::min(word.size() + 1, list.size()));
        }
    };
    for (auto const& r : table) {
        auto const n = networks(r.networks);
        BOOST_TEST(n.empty() == r.networks.empty());
        each(r.inside, [&](auto a) { BOOST_TEST(n.contains(ip(a)), a << " in " << r.networks); });
        each(r.outside, [&](auto a) { BOOST_TEST(!n.contains(ip(a)), a << " not in " << r.networks); });
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_network_is_named) {
    struct row {
        std::string_view text;
        std::string_view bad;
    };

    row const table[] = {
        {"10.0.0.0/33", "10.0.0.0/33"},
        {"10.0.0.0/", "10.0.0.0/"},
        {"10.0.0.0/08", "10.0.0.0/08"},
        {"10.0.0.0/-1", "10.0.0.0/-1"},
        {"10.0.0.0/8/8", "10.0.0.0/8/8"},
        {"10.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0"},
        {"10.0.0.1/8", "10.0.0.1/8"}, // bits beyond the prefix
        {"127.0.0.1 10.0.0.0/7 10.128.0.0/8", "10.128.0.0/8"},
        {"fd00::1/8", "fd00::1/8"},
        {"::/129", "::/129"},
        {"proxy.example", "proxy.example"},
        {"127.0.0.1,10.0.0.1", "127.0.0.1,10.0.0.1"},
        {"/8", "/8"},
        {"*", "*"},
    };
    for (auto const& r : table) {
        trusted_networks n;
        n.read("192.0.2.1");
        BOOST_TEST(n.read(r.text) == r.bad, r.text);
        BOOST_TEST(n.empty(), r.text);
        BOOST_TEST(!n.contains(ip("127.0.0.1")), r.text);
    }
}

BOOST_AUTO_TEST_CASE(whose_request_it_is) {
    struct row {
        std::string_view peer;
        std::vector<std::string_view> forwarded; // the headers' values
        std::string_view caller;
    };

    auto const proxies = networks("10.0.0.0/8 fd00::/8");
    row const table[] = {
        {"203.0.113.9", {}, "203.0.113.9"},
        {"203.0.113.9", {"198.51.100.1"}, "203.0.113.9"}, // not a proxy: what it says is nothing
        {"203.0.113.9", {"10.0.0.1"}, "203.0.113.9"},
        {"10.0.0.1", {}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1"}, "198.51.100.1"},
        {"10.0.0.1", {"  198.51.100.1\t"}, "198.51.100.1"},
        {"10.0.0.1", {"192.0.2.66, 198.51.100.1"}, "198.51.100.1"}, // the left is the caller's own word
        {"10.0.0.1", {"192.0.2.66,198.51.100.1,10.0.0.2"}, "198.51.100.1"},
        {"10.0.0.1", {"192.0.2.66, 198.51.100.1 , 10.0.0.2, fd00::3"}, "198.51.100.1"},
        {"10.0.0.1", {"192.0.2.66", "198.51.100.1"}, "198.51.100.1"}, // two headers are one list
        {"10.0.0.1", {"192.0.2.66, 198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
        {"10.0.0.1", {"10.0.0.3, 10.0.0.2"}, "10.0.0.3"}, // all are ours: somebody on the inside
        {"::ffff:10.0.0.1", {"::ffff:198.51.100.1"}, "198.51.100.1"},
        {"fd00::1", {"2001:db8::7"}, "2001:db8::7"},
        {"fd00::1", {"[2001:db8::7]"}, "2001:db8::7"},
        {"fd00::1", {"[2001:db8::7]:443"}, "2001:db8::7"},
        {"10.0.0.1", {"198.51.100.1:50000"}, "198.51.100.1"},
        {"10.0.0.1", {"198.51.100.1, 10.0.0.2:80"}, "198.51.100.1"},
        // What is no address ends what can be believed.
        {"10.0.0.1", {""}, "10.0.0.1"},
        {"10.0.0.1", {"unknown"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1, "}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2"},
        {"10.0.0.1", {"198.51.100.1, _hidden"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1:"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1:x"}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1:65536"}, "10.0.0.1"},
        {"10.0.0.1", {":443"}, "10.0.0.1"},
        {"10.0.0.1", {"[198.51.100.1]"}, "10.0.0.1"},
        {"10.0.0.1", {"[2001:db8::7"}, "10.0.0.1"},
        {"10.0.0.1", {"[2001:db8::7]x"}, "10.0.0.1"},
        {"10.0.0.1", {"[]"}, "10.0.0.1"},
        {"10.0.0.1", {"fe80::1%eth0"}, "10.0.0.1"},
        {"10.0.0.1", {"\"198.51.100.1\""}, "10.0.0.1"},
        {"10.0.0.1", {"198.51.100.1 192.0.2.1"}, "10.0.0.1"},
        {"10.0.0.1", {",,,"}, "10.0.0.1"},
    };
    for (auto const& r : table) {
        auto const got = caller_of(ip(r.peer), r.forwarded, proxies).to_string();
        BOOST_TEST(got == r.caller, got << " for " << (r.forwarded.empty() ? "" : r.forwarded.front()));
    }
    std::vector<std::string_view> const one = {"198.51.100.1"};
    BOOST_TEST(caller_of(ip("10.0.0.1"), one, trusted_networks()).to_string() == "10.0.0.1");
}

BOOST_AUTO_TEST_SUITE_END()
