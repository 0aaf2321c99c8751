#include "net/address_rules.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>

using namespace wxgate::net;

namespace {

struct range {
    char const* before; // public; "" where the neighbour is not
    char const* first;
    char const* last;
    char const* after; // public, or ""
};

// Both faces must say the same: the text, and the address that a resolver gives.
void check(char const* text, bool expected) {
    BOOST_TEST(is_public(std::string_view(text)) == expected, text);
    BOOST_TEST(is_public(boost::asio::ip::make_address(text)) == expected, text);
}

// The IPv4 ranges, and what lies on their edges.
range const ranges_v4[] = {
    {"", "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", ""},
    {"", "240.0.0.0", "255.255.255.255", ""},
};

range const ranges_v6[] = {
    {"", "::", "::1", ""},
    {"", "::2", "::ffff", ""},
    {"", "100::", "100::ffff:ffff:ffff:ffff", ""},
    {"", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "64:ff9b:0:1::", "64:ff9b::1:808:808", ""}, // beside the /96
    {"", "4::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001::",
     "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:200::"},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db8::",
     "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db9::"},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "3fff::",
     "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
     "3fff:1000::"},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "5f00::1", ""},
    {"", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "fd00:ec2::254", "fe00::", ""},
    {"", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
    {"", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ""},
};

void check_all(range const& r) {
    check(r.first, false);
    check(r.last, false);
    for (char const* neighbour : {r.before, r.after})
        if (*neighbour != '\0')
            check(neighbour, true);
}

} // namespace

namespace wxgate::net {

std::ostream& operator<<(std::ostream& out, host_rule rule) {
    return out
           << (rule == host_rule::ok           ? "ok"
               : rule == host_rule::not_a_host ? "not_a_host"
                                               : "not_public");
}

} // namespace wxgate::net

BOOST_AUTO_TEST_SUITE(address_rules)

BOOST_AUTO_TEST_CASE(the_table_and_its_edges) {
    for (auto const& r : ranges_v4)
        check_all(r);
    for (auto const& r : ranges_v6)
        check_all(r);
}

BOOST_AUTO_TEST_CASE(what_the_internet_reaches) {
    for (char const* text :
         {"1.1.1.1",
          "8.8.8.8",
          "101.226.103.106",
          "192.0.1.1",
          "223.5.5.5",
          "2400:3200::1",
          "2606:4700::1111"})
        check(text, true);
}

BOOST_AUTO_TEST_CASE(an_address_in_an_address_is_judged_by_itself) {
    for (auto const& r : ranges_v4) {
        auto const inside = [](char const* v4, bool expected) {
            auto const a = boost::asio::ip::make_address_v4(v4).to_uint();
            check((std::string("::ffff:") + v4).c_str(), expected);
            check((std::string("64:ff9b::") + v4).c_str(), expected);
            check((std::string("::") + v4).c_str(), false);     // v4-compatible: of no use to anybody
            boost::asio::ip::address_v6::bytes_type bytes = {}; // 2002:…::
            bytes[0] = 0x20;
            bytes[1] = 0x02;
            for (std::size_t i = 0; i < 4; ++i)
                bytes[i + 2] = static_cast<unsigned char>(a >> (24 - 8 * i) & 0xffU);
            check(boost::asio::ip::address_v6(bytes).to_string().c_str(), expected);
        };
        inside(r.first, false);
        inside(r.last, false);
        for (char const* neighbour : {r.before, r.after})
            if (*neighbour != '\0')
                inside(neighbour, true);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_not_public) {
    using namespace std::string_view_literals;
    for (auto const text :
         {""sv,
          "example.com"sv,
          "1.1.1"sv,
          "1.1.1.1."sv,
          "01.1.1.1"sv,
          "1.1.1.1 "sv,
          "1.1.1.1:80"sv,
          "[2400:3200::1]"sv,
          "2400:3200::1%1"sv,
          "2400:3200::1%lo"sv,
          "1.1.1.1\0.2"sv})
        BOOST_TEST(!is_public(text), text);
    boost::asio::ip::address_v6 scoped = boost::asio::ip::make_address_v6("2400:3200::1");
    BOOST_TEST(is_public(boost::asio::ip::address(scoped)));
    scoped.scope_id(1);
    BOOST_TEST(!is_public(boost::asio::ip::address(scoped)));
}

BOOST_AUTO_TEST_CASE(hosts_as_text) {
    struct row {
        std::string host;
        host_rule expected;
    };

    auto const ok = host_rule::ok;
    auto const not_a_host = host_rule::not_a_host;
    auto const not_public = host_rule::not_public;
    std::string const label(63, 'a');
    row const table[] = {
        {"shop.example.com", ok},
        {"Shop-1.Example.COM", ok},
        {"a_b.example.com", ok},
        {"xn--fiqs8s", ok},
        {"1and1.com", ok},
        {"0x.example.com", ok},
        {"dead.beef", ok}, // hexadecimal digits, and a name all the same
        {"1.2.3.4.example.com", ok},
        {label + ".com", ok},
        {"1.1.1.1", ok},
        {"2400:3200::1", ok},
        {"127.0.0.1", not_public},
        {"10.1.2.3", not_public},
        {"169.254.169.254", not_public},
        {"100.100.100.200", not_public},
        {"0.0.0.0", not_public},
        {"::", not_public},
        {"::1", not_public},
        {"::ffff:127.0.0.1", not_public},
        {"::FFFF:7F00:1", not_public},
        {"64:ff9b::10.0.0.1", not_public},
        {"2002:7f00:1::", not_public},
        {"fd00:ec2::254", not_public},
        {"localhost", not_public},
        {"LocalHost", not_public},
        {"a.localhost", not_public},
        {"notlocalhost", ok},
        {"localhost.example.com", ok},
        {"", not_a_host},
        {".", not_a_host},
        {"..", not_a_host},
        {".example.com", not_a_host},
        {"example..com", not_a_host},
        {"example.com.", not_a_host},
        {"localhost.", not_a_host},
        {"127.0.0.1.", not_a_host},
        {"2130706433", not_a_host},
        {"0x7f000001", not_a_host},
        {"0X7F000001", not_a_host},
        {"0xdeadbeef", not_a_host},
        {"017700000001", not_a_host},
        {"0177.0.0.1", not_a_host},
        {"0x7f.0.0.1", not_a_host},
        {"127.0.0x0.0x1", not_a_host},
        {"127.1", not_a_host},
        {"127.0.1", not_a_host},
        {"127.0.0.01", not_a_host},
        {"127.0.0.256", not_a_host},
        {"1.2.3.4.5", not_a_host},
        {"0", not_a_host},
        {"0x", not_a_host},
        {"1.x", not_a_host},
        {"example.123", not_a_host},
        {"example.0x7f", not_a_host},
        {"[::1]", not_a_host},
        {"fe80::1%lo", not_a_host},
        {"2400:3200::1%1", not_a_host},
        {"1::2::3", not_a_host},
        {"a b", not_a_host},
        {"a\tb", not_a_host},
        {"a@b", not_a_host},
        {"a/b", not_a_host},
        {"a:80", not_a_host},
        {"例.com", not_a_host},
        {std::string("1.1.1.1\0", 8), not_a_host},
        {std::string("a.com\0.b", 8), not_a_host},
        {label + "a.com", not_a_host},
        {label + '.' + label + '.' + label + '.' + label, not_a_host}, // 255 bytes
    };
    for (auto const& r : table)
        BOOST_TEST(judge_host(r.host) == r.expected, r.host << ": " << judge_host(r.host));
}

BOOST_AUTO_TEST_SUITE_END()
