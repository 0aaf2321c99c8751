// The checks of the calls that a till makes, of the tools, and of service providers.
#include "sandbox/checks_parts.hpp"

namespace wxgate::sandbox {

namespace {

constexpr std::array micropay_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"body", 127, true},
    rule{"out_trade_no", 32, true, 6},
    rule{"total_fee", 64 * 1024, true},
    rule{"spbill_create_ip", 64, true},
    rule{"auth_code", 128, true},
    rule{"device_info", 32},
    rule{"sign_type", 32},
    rule{"detail", 6000},
    rule{"attach", 127},
    rule{"fee_type", 16},
    rule{"goods_tag", 32},
    rule{"limit_pay", 32},
    rule{"time_start", 14, false, 14},
    rule{"time_expire", 14, false, 14},
    rule{"receipt", 8},
    rule{"profit_sharing", 16},
    rule{"scene_info", 256},
    rule{"sub_appid", 32},
    rule{"sub_mch_id", 32},
};

constexpr std::array reverse_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"transaction_id", 32},
    rule{"out_trade_no", 32},
    rule{"sign_type", 32},
    rule{"sub_appid", 32},
    rule{"sub_mch_id", 32},
};

constexpr std::array authcodetoopenid_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"auth_code", 128, true},
    rule{"sign_type", 32},
    rule{"sub_appid", 32},
    rule{"sub_mch_id", 32},
};

constexpr std::array shorturl_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"long_url", 512, true},
    rule{"sign_type", 32},
    rule{"sub_appid", 32},
    rule{"sub_mch_id", 32},
};

constexpr std::array report_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"interface_url", 127, true},
    rule{"user_ip", 64, true},
    rule{"trades", 1024, true},
    rule{"device_info", 32},
    rule{"sign_type", 32},
    rule{"sub_appid", 32},
    rule{"sub_mch_id", 32},
};

} // namespace

std::optional<complaint> check_micropay(fields const& request) {
    if (auto wrong = check_all(request, micropay_rules))
        return wrong;
    if (auto wrong = check_sale(request))
        return wrong;
    if (auto const limit = request.get("limit_pay"); !limit.empty() && limit != "no_credit")
        return malformed("limit_pay");
    return std::nullopt;
}

std::optional<complaint> check_reverse(fields const& request) {
    if (auto wrong = check_all(request, reverse_rules))
        return wrong;
    if (!has_any(request, {"transaction_id", "out_trade_no"}))
        return missing("out_trade_no");
    return std::nullopt;
}

std::optional<complaint> check_authcodetoopenid(fields const& request) {
    return check_all(request, authcodetoopenid_rules);
}

std::optional<complaint> check_shorturl(fields const& request) {
    if (auto wrong = check_all(request, shorturl_rules))
        return wrong;
    if (!request.get("long_url").starts_with("weixin://"))
        return complaint{"invalid native url", "long_url"};
    return std::nullopt;
}

std::optional<complaint> check_report(fields const& request) {
    if (auto wrong = check_all(request, report_rules))
        return wrong;
    if (!is_ip_address(request.get("user_ip")))
        return malformed("user_ip");
    return std::nullopt;
}

std::optional<complaint> check_shop(fields const& request, merchant const& by, bool demanded) {
    auto const sub_mch_id = request.get("sub_mch_id");
    auto const sub_appid = request.get("sub_appid");
    if (by.shops.empty()) {
        if (sub_mch_id.empty())
            return std::nullopt;
        return complaint{"普通商户不允许传sub_mch_id", "sub_mch_id"};
    }
    if (sub_mch_id.empty() && !demanded)
        return std::nullopt;
    if (sub_mch_id.empty())
        return complaint{"受理机构必须传入sub_mch_id", "sub_mch_id"};
    if (sub_mch_id == by.mch_id)
        return complaint{"子商户mchid不能与自身mchid相同", "sub_mch_id"};
    auto const shop = std::find_if(by.shops.begin(), by.shops.end(), [&](served_shop const& s) {
        return s.sub_mch_id == sub_mch_id;
    });
    if (shop == by.shops.end())
        return complaint{"受理关系不存在", "sub_mch_id"};
    if (!sub_appid.empty() && sub_appid != shop->sub_appid)
        return complaint{"sub_mch_id与sub_appid不匹配", "sub_appid"};
    return std::nullopt;
}

} // namespace wxgate::sandbox
