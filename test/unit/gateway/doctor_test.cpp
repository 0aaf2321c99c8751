// What `wxgate check` makes of what it sees: each finding with what to do.
#include "gateway/doctor.hpp"

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::gateway;

namespace {

merchant shop() {
    merchant m;
    m.name = "shop";
    m.account.appid = "wx1";
    m.account.mch_id = "10000100";
    m.account.api_key = "CANARYkey";
    return m;
}

outcome<order_status> refusal(std::string err_code, std::string words = {}) {
    refused r;
    r.return_code = "SUCCESS";
    r.result_code = "FAIL";
    r.err_code = std::move(err_code);
    r.err_code_des = std::move(words);
    return r;
}

// As client.cpp makes it of return_code FAIL, which nobody has signed.
outcome<order_status> unsigned_words(std::string words) {
    unknown u;
    u.code = make_error_code(errc::unsigned_failure);
    u.detail = words;
    u.sent = true;
    u.said.return_code = "FAIL";
    u.said.return_msg = std::move(words);
    return u;
}

outcome<order_status> nothing_known(errc code) {
    unknown u;
    u.code = make_error_code(code);
    u.sent = true;
    return u;
}

bool contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(doctor)

BOOST_AUTO_TEST_CASE(what_wechat_says_of_an_account) {
    struct row {
        outcome<order_status> answered;
        severity level;
        char const* remedy; // stands in it
    };

    row const table[] = {
        {refusal("ORDERNOTEXIST", "order not exist"), severity::good, ""},
        {refusal("SIGNERROR"), severity::error, "api_key_file"},
        {refusal("APPID_MCHID_NOT_MATCH"), severity::error, "bind the appid"},
        {refusal("APPID_NOT_EXIST"), severity::error, "correct appid"},
        {refusal("MCHID_NOT_EXIST"), severity::error, "correct mch_id"},
        {refusal("NOAUTH", "商户无此接口权限"), severity::error, "open JSAPI payment"},
        {refusal("PARAM_ERROR"), severity::error, "see what it says"},
        {unsigned_words("签名错误"), severity::error, "api_key_file"},
        {unsigned_words("签名失败"), severity::error, "api_key_file"},
        {unsigned_words("商户签名错误"), severity::error, "api_key_file"},
        {unsigned_words("appid和mch_id不匹配"), severity::error, "bind the appid"},
        {unsigned_words("商户号mch_id与appid不匹配"), severity::error, "bind the appid"},
        {unsigned_words("商户号该产品权限未开通，请前往商户平台>产品中心检查后重试"),
         severity::error,
         "open JSAPI payment"},
        {unsigned_words("mch_id参数长度有误"), severity::error, "see what it says"},
        {nothing_known(errc::bad_signature), severity::error, "check again"},
        {nothing_known(errc::upstream_busy), severity::warning, "check again"},
        {nothing_known(errc::timed_out), severity::warning, "check again"},
        {nothing_known(errc::bad_status), severity::warning, "check again"},
        {order_status(), severity::warning, "check again"}};
    auto const m = shop();
    for (auto const& r : table) {
        auto const f = judge_account(m, r.answered);
        BOOST_TEST_CONTEXT(f.what << "; " << f.remedy) {
            BOOST_TEST((f.level == r.level));
            BOOST_TEST(f.what.starts_with("merchants.shop: appid wx1 of mch_id 10000100: "));
            BOOST_TEST(contains(f.remedy, r.remedy));
            BOOST_TEST(f.remedy.empty() == (f.level == severity::good));
            BOOST_TEST(!contains(f.what + f.remedy, "CANARY"));
        }
    }
    BOOST_TEST(
        contains(judge_account(m, unsigned_words("签名错误")).what, "签名错误"), "in WeChat's own words"
    );
    BOOST_TEST(contains(judge_account(m, refusal("NOAUTH", "无权限")).what, "NOAUTH: 无权限"));
}

BOOST_AUTO_TEST_CASE(the_clock_beside_wechats) {
    constexpr unix_ms now = 1'790'000'000'000;

    struct row {
        std::int64_t ahead_ms;
        severity level;
        char const* what;
    };

    for (row const& r : std::initializer_list<row>{
             {0, severity::good, "agrees"},
             {999, severity::good, "agrees"},
             {-29'999, severity::good, "agrees"},
             {30'000, severity::warning, "30 s ahead of WeChat's"},
             {-31'000, severity::warning, "31 s behind WeChat's"},
             {299'999, severity::warning, "299 s ahead of"},
             {300'000, severity::error, "300 s ahead of"},
             {-7'200'000, severity::error, "7200 s behind"}}) {
        auto const f = judge_clock(now, now + r.ahead_ms);
        BOOST_TEST((f.level == r.level), f.what);
        BOOST_TEST(contains(f.what, r.what), f.what);
        BOOST_TEST(contains(f.remedy, "set-ntp") == (r.level != severity::good));
    }
}

BOOST_AUTO_TEST_CASE(the_clock_beside_the_build) {
    BOOST_TEST((judge_clock_by_build(1000, 1000).level == severity::good));
    BOOST_TEST((judge_clock_by_build(0, 1000).level == severity::good));
    auto const f = judge_clock_by_build(1'790'000'000'000, 86'400'000);
    BOOST_TEST((f.level == severity::error));
    BOOST_TEST(contains(f.what, "1970-01-02"), f.what);
    BOOST_TEST(contains(f.what, "2026-09-21"), f.what);
    BOOST_TEST(!f.remedy.empty());
}

BOOST_AUTO_TEST_CASE(the_notify_url) {
    struct row {
        char const* url;
        severity level;
        char const* what;
    };

    for (row const& r : std::initializer_list<row>{
             {"https://pay.example.com", severity::good, "https://pay.example.com/notify/MERCHANT/payment"},
             {"https://pay.example.com:8443/wx", severity::good, "/wx/notify/"},
             {"https://203.0.113.7",
              severity::warning,
              "inside"}, // documentation's own addresses reach nobody
             {"https://8.8.8.8", severity::good, "8.8.8.8"},
             {"", severity::warning, "is empty"},
             {"http://pay.example.com", severity::warning, "not https"},
             {"http://127.0.0.1:8080", severity::warning, "inside"},
             {"https://localhost", severity::warning, "inside"},
             {"https://10.0.0.1", severity::warning, "inside"},
             {"https://[::1]:8443", severity::warning, "inside"},
             {"https://pay.example.com?x=1", severity::error, "no URL"},
             {"pay.example.com", severity::error, "no URL"}}) {
        auto const f = judge_public_url(r.url);
        BOOST_TEST((f.level == r.level), r.url << ": " << f.what);
        BOOST_TEST(contains(f.what, r.what), f.what);
        BOOST_TEST(f.what.starts_with("server.public_url: "), f.what);
        BOOST_TEST(f.remedy.empty() == (r.level == severity::good), r.url);
    }
}

// A network that is away is no broken set-up; a server that is another one is.
BOOST_AUTO_TEST_CASE(hosts_that_cannot_be_spoken_with) {
    struct row {
        errc code;
        severity level;
        char const* remedy;
    };

    for (row const& r : std::initializer_list<row>{
             {errc::resolve_failed, severity::warning, "DNS"},
             {errc::connect_failed, severity::warning, "firewall"},
             {errc::timed_out, severity::warning, "firewall"},
             {errc::connection_lost, severity::warning, "firewall"},
             {errc::tls_failed, severity::error, "ca_file"},
             {errc::address_not_allowed, severity::warning, "allow_private"}}) {
        auto const f = judge_unreachable("upstream.url", "https://a.example", make_error_code(r.code), "why");
        BOOST_TEST((f.level == r.level), f.what);
        BOOST_TEST(f.what.starts_with("upstream.url: https://a.example: "), f.what);
        BOOST_TEST(f.what.ends_with("(why)"), f.what);
        BOOST_TEST(contains(f.remedy, r.remedy), f.remedy);
    }
}

BOOST_AUTO_TEST_SUITE_END()
