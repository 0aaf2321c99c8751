// shorturl, report, any other call, and the two tables.
#include "client/impl.hpp"

#include <algorithm>

namespace wxgate {

namespace {

constexpr operation shortening{"shorturl", "/tools/shorturl", true, false, true, false};
constexpr operation reporting{"report", "/payitil/report", false, false, false, false};
constexpr operation downloadbill{"downloadbill", "/pay/downloadbill", true};
constexpr operation downloadfundflow{"downloadfundflow", "/pay/downloadfundflow", true, true};

} // namespace

awaitable<outcome<std::string>>
client::impl::short_url(account const& who, std::string long_url, steady_point until) {
    fields m;
    m.set("long_url", long_url);
    auto answer = co_await call(shortening, who, std::move(m), who.sign_type, until);
    if (!answer)
        co_return answer.error();
    std::string url(answer->get("short_url"));
    if (url.empty() || url.size() > 64)
        co_return not_believed(errc::mismatched_answer, "no short_url");
    co_return url;
}

awaitable<outcome<fields>>
client::impl::report(account const& who, report_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set("interface_url", request.interface_url);
    m.set("user_ip", request.user_ip);
    m.set("trades", request.trades);
    m.set_if("device_info", request.device_info);
    auto answer = co_await call(reporting, who, std::move(m), type, until);
    co_return answer;
}

awaitable<outcome<fields>> client::impl::generic(
    account const& who, std::string path, fields message, call_options how, steady_point until
) {
    auto const type = how.sign_type.value_or(who.sign_type);
    operation what;
    what.path = path;
    what.name = what.path.substr(what.path.rfind('/') + 1);
    what.repeatable = how.repeatable;
    what.certificate = how.certificate;
    what.signed_answer = how.signed_answer;
    what.names_caller = false;
    if (path.empty() || path.front() != '/')
        co_return unknown{make_error_code(errc::invalid_argument), "a path begins with /", false, {}};
    auto answer = co_await call(what, who, std::move(message), type, until);
    co_return answer;
}

awaitable<outcome<bill_done>>
client::impl::download_bill(account const& who, bill_request request, bill_sink& rows, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set("bill_date", request.bill_date);
    m.set("bill_type", to_string(request.type));
    m.set("tar_type", "GZIP");
    auto taken = std::make_unique<bill_download>(rows, std::max<std::size_t>(options_.limits.bill_group, 1));
    return download(downloadbill, who, std::move(m), type, std::move(taken), until);
}

awaitable<outcome<fund_flow_done>> client::impl::download_fund_flow(
    account const& who, fund_flow_request request, fund_flow_sink& rows, steady_point until
) {
    fields m;
    m.set("bill_date", request.bill_date);
    m.set("account_type", to_string(request.account));
    m.set("tar_type", "GZIP");
    auto taken =
        std::make_unique<fund_flow_download>(rows, std::max<std::size_t>(options_.limits.bill_group, 1));
    return download(downloadfundflow, who, std::move(m), sign_type::hmac_sha256, std::move(taken), until);
}

} // namespace wxgate
