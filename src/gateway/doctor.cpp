#include "gateway/doctor.hpp"

#include "net/address_rules.hpp"
#include "net/url.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace wxgate::gateway {

namespace {

constexpr unix_ms noticeable = 30'000;
constexpr unix_ms too_much = 300'000; // webhooks' timestamps are refused by then

bool holds(std::string_view text, std::initializer_list<std::string_view> any) {
    return std::any_of(any.begin(), any.end(), [&](std::string_view each) {
        return text.find(each) != std::string_view::npos;
    });
}

std::string account_of(merchant const& m) {
    return "merchants." + m.name + ": appid " + m.account.appid + " of mch_id " + m.account.mch_id;
}

// What WeChat says by a code (signed), or by words (a return_msg that is not).
finding judge_words(merchant const& m, std::string const& code, std::string const& words) {
    auto const who = account_of(m);
    auto const said = " (" + code + (code.empty() || words.empty() ? "" : ": ") + words + ")";
    if (code == "SIGNERROR" || holds(words, {"签名"}))
        return {
            severity::error,
            who + ": WeChat does not take the signature" + said,
            "api_key_file must hold the API v2 key of this mch_id (pay.weixin.qq.com, account centre, API "
            "security)"};
    if (code == "APPID_MCHID_NOT_MATCH" || holds(words, {"不匹配", "not match"}))
        return {
            severity::error,
            who + ": WeChat does not know the two together" + said,
            "correct appid or mch_id, or bind the appid to the mch_id (pay.weixin.qq.com, product centre, "
            "appid "
            "management)"};
    if (code == "APPID_NOT_EXIST" || code == "MCHID_NOT_EXIST")
        return {
            severity::error,
            who + ": WeChat does not know one of them" + said,
            code == "APPID_NOT_EXIST" ? "correct appid" : "correct mch_id"};
    if (code == "NOAUTH" || holds(words, {"权限"}))
        return {
            severity::error,
            who + ": the mch_id may not do this" + said,
            "open JSAPI payment for it (pay.weixin.qq.com, product centre)"};
    return {severity::error, who + ": WeChat refuses a query" + said, "see what it says; then check again"};
}

} // namespace

void findings::add(finding const& f) {
    constexpr char const* marks[] = {"ok     ", "warning", "error  "};
    std::string line = f.what + (f.remedy.empty() ? "" : "; " + f.remedy);
    std::replace_if(
        line.begin(),
        line.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
        '?'
    );
    std::printf("%s %s\n", marks[static_cast<std::size_t>(f.level)], line.c_str());
    if (f.level == severity::error)
        ++errors_;
}

finding judge_clock(unix_ms theirs, unix_ms ours) {
    auto const ahead = ours - theirs;
    auto const seconds = std::to_string(std::abs(ahead) / 1000) + " s " + (ahead < 0 ? "behind" : "ahead of");
    if (std::abs(ahead) < noticeable)
        return {severity::good, "clock: agrees with WeChat's", {}};
    return {
        std::abs(ahead) < too_much ? severity::warning : severity::error,
        "clock: is " + seconds + " WeChat's",
        "let it be set by the network: timedatectl set-ntp true"};
}

finding judge_clock_by_build(unix_ms built, unix_ms ours) {
    if (ours >= built)
        return {severity::good, "clock: " + to_rfc3339(ours), {}};
    return {
        severity::error,
        "clock: says " + to_rfc3339(ours) + ", before this program was built (" + to_rfc3339(built) + ")",
        "set it: timedatectl set-ntp true"};
}

finding judge_public_url(std::string const& public_url) {
    std::string const key = "server.public_url: ";
    if (public_url.empty())
        return {
            severity::warning,
            key + "is empty, so WeChat is told the listen address, which it can reach in a sandbox only",
            "write what the internet sees, e.g. https://pay.example.com"};
    auto const u = net::parse_url(public_url);
    if (!u || net::judge_host(u->host) == net::host_rule::not_a_host)
        return {severity::error, key + public_url + " is no URL", "write e.g. https://pay.example.com"};
    if (net::judge_host(u->host) == net::host_rule::not_public)
        return {
            severity::warning,
            key + public_url + " is an address of the inside, which WeChat cannot reach (a sandbox can)",
            "write what the internet sees, e.g. https://pay.example.com"};
    if (!u->tls)
        return {
            severity::warning,
            key + public_url + " is not https: everybody on the way reads WeChat's notifications",
            "use https"};
    return {severity::good, key + "WeChat notifies " + public_url + "/notify/MERCHANT/payment", {}};
}

finding judge_account(merchant const& m, outcome<order_status> const& answered) {
    auto const who = account_of(m);
    if (answered)
        return {severity::warning, who + ": WeChat knows an order that was never placed", "check again"};
    failure const why = answered.error();
    if (why.is_refused_as("ORDERNOTEXIST"))
        return {severity::good, who + ": WeChat knows the two together, and takes the API key", {}};
    if (auto const said = why.as_refused())
        return judge_words(m, said->err_code, said->err_code_des);
    auto const unsure = why.as_unknown();
    if (unsure->code == errc::unsigned_failure)
        return judge_words(m, unsure->said.err_code, unsure->said.return_msg);
    if (unsure->code == errc::bad_signature)
        return {
            severity::error,
            who + ": WeChat's answer is not signed with this API key",
            "check again (WeChat answers so now and then, as a probe); if it stays, api_key_file is another "
            "mch_id's"};
    return {severity::warning, who + ": WeChat did not say: " + why.message(), "check again"};
}

finding judge_unreachable(
    std::string const& key, std::string const& host, error_code const& why, std::string const& detail
) {
    auto const what = key + ": " + host + ": " + why.message() + (detail.empty() ? "" : " (" + detail + ")");
    if (why == errc::tls_failed)
        return {
            severity::error,
            what,
            "its certificate must name the host and be vouched for by ca_file, or by the system's roots "
            "where that is "
            "empty; a proxy in between that speaks TLS itself breaks it"};
    if (why == errc::address_not_allowed)
        return {
            severity::warning,
            what,
            "it resolves to an address of the inside, which is not called; allow_private yes where that is "
            "meant"};
    if (why == errc::resolve_failed)
        return {severity::warning, what, "correct the name, or this host's DNS (/etc/resolv.conf)"};
    return {severity::warning, what, "let this host connect to it: firewall, route, proxy"};
}

} // namespace wxgate::gateway
