// T2, T3: who runs the gateway hears of a certificate 30, 14, 7 and 1 days before it expires, once each, and
// when it has.
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "gateway/certificate_watch.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdio>
#include <functional>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;

namespace {

sys_seconds const start{std::chrono::sys_days{std::chrono::year(2026) / 9 / 1}};

settings with_certificates(sys_seconds server, sys_seconds shop) {
    settings s;
    s.certificate = "server.pem";
    s.certificate_expires = server;
    merchant m;
    m.name = "shop";
    m.identity = {"a certificate", "its key"};
    m.identity_expires = shop;
    s.merchants.emplace("shop", m);
    merchant none;
    none.name = "none";
    s.merchants.emplace("none", none);
    return s;
}

// What is written to the log meanwhile.
std::string said(std::function<void()> const& work) {
    std::FILE* const file = std::tmpfile();
    BOOST_TEST_REQUIRE(file != nullptr);
    std::fflush(stderr);
    int const before = ::dup(STDERR_FILENO);
    ::dup2(::fileno(file), STDERR_FILENO);
    work();
    std::fflush(stderr);
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    auto const end = ::lseek(::fileno(file), 0, SEEK_END);
    std::string text(static_cast<std::size_t>(end), '\0');
    auto const read = ::pread(::fileno(file), text.data(), text.size(), 0);
    std::fclose(file);
    BOOST_TEST(read == static_cast<ssize_t>(text.size()));
    return text;
}

std::size_t count(std::string const& text, std::string_view what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++n;
    return n;
}

std::int64_t metric(std::string_view labels) {
    return metrics::get_gauge(
               "wxgate_certificate_expiry_timestamp_seconds",
               "When a certificate expires, in seconds since 1970.",
               labels
    )
        .value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(certificate_watch_test)

BOOST_AUTO_TEST_CASE(whole_days) {
    auto const now = start;
    BOOST_TEST(days_left(now + 48h, now) == 2);
    BOOST_TEST(days_left(now + 48h - 1s, now) == 1);
    BOOST_TEST(days_left(now, now) == 0);
    BOOST_TEST(days_left(now - 1s, now) == -1);
}

BOOST_AUTO_TEST_CASE(thresholds) {
    struct row {
        std::int64_t days;
        int at;
    };

    row const table[] = {
        {30, 30}, {15, 30}, {14, 14}, {8, 14}, {7, 7}, {2, 7}, {1, 1}, {0, 1}, {-1, 0}, {-400, 0}};
    for (auto const& each : table)
        BOOST_TEST((threshold_of(each.days) == each.at), each.days);
    BOOST_TEST(!threshold_of(31).has_value());
}

BOOST_AUTO_TEST_CASE(those_that_are_there) {
    auto const all = certificates_of(with_certificates(start, start + 1h));
    BOOST_TEST_REQUIRE(all.size() == 2U);
    BOOST_TEST(all[0].name == "server.certificate");
    BOOST_TEST((all[0].not_after == start));
    BOOST_TEST(all[1].name == "merchants.shop.client_certificate");
    BOOST_TEST((all[1].not_after == start + 1h));
    BOOST_TEST(certificates_of(settings()).empty());
}

BOOST_AUTO_TEST_CASE(told_once_each) {
    certificate_watch watch;
    auto const s = with_certificates(start + 24h * 400, start + 24h * 40);
    auto const all = said([&] {
        for (auto now = start; now < start + 24h * 45; now += 1h)
            watch.look(s, now);
    });
    BOOST_TEST(count(all, "a certificate expires soon") == 4U, all);
    BOOST_TEST(count(all, "a certificate has expired") == 1U, all);
    BOOST_TEST(count(all, "merchants.shop.client_certificate") == 5U, all);
    BOOST_TEST(count(all, "server.certificate") == 0U, all);
    BOOST_TEST(metric(R"(kind="client",merchant="shop")") == (start + 24h * 40).time_since_epoch().count());
    BOOST_TEST(metric(R"(kind="server",merchant="")") == (start + 24h * 400).time_since_epoch().count());
}

BOOST_AUTO_TEST_CASE(a_new_one_is_a_new_matter) {
    certificate_watch watch;
    auto const old_one = with_certificates(start + 24h * 400, start + 24h * 5);
    auto const new_one = with_certificates(start + 24h * 400, start + 24h * 6);
    auto const late = said([&] { watch.look(old_one, start); });
    BOOST_TEST(
        count(late, "a certificate expires soon") == 1U, "only the last of the thresholds that are over"
    );
    BOOST_TEST(said([&] { watch.look(old_one, start + 1h); }) == "");
    BOOST_TEST(count(said([&] { watch.look(new_one, start); }), "a certificate expires soon") == 1U);
    BOOST_TEST(said([&] { watch.look(old_one, start + 2h); }) == "");
}

BOOST_AUTO_TEST_SUITE_END()
