#include "net/url.hpp"
#include "sandbox/checks_parts.hpp"

namespace wxgate::sandbox {

namespace {

// Every field WeChat's page lists; time_expire's own check is a business error (orders.cpp). `sign` is only
// demanded here: of a wrong length it is a wrong signature.
constexpr std::array unifiedorder_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"body", 64 * 1024, true}, // its length has a text of its own
    rule{"out_trade_no", 32, true, 6},
    rule{"total_fee", 64 * 1024, true},
    rule{"spbill_create_ip", 64, true},
    rule{"notify_url", 256, true},
    rule{"trade_type", 16, true},
    rule{"device_info", 32},
    rule{"sign_type", 32},
    rule{"detail", 6000},
    rule{"attach", 127},
    rule{"fee_type", 16},
    rule{"time_start", 14, false, 14},
    rule{"goods_tag", 32},
    rule{"product_id", 32},
    rule{"limit_pay", 32},
    rule{"openid", 128},
    rule{"receipt", 8},
    rule{"profit_sharing", 16},
    rule{"scene_info", 256},
    rule{"version", 32},
    rule{"sub_appid", 32},
    rule{"sub_mch_id", 32},
    rule{"sub_openid", 128},
};

constexpr std::array orderquery_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"transaction_id", 32},
    rule{"out_trade_no", 32},
    rule{"sign_type", 32},
    rule{"version", 32},
    rule{"sub_mch_id", 32},
    rule{"sub_appid", 32},
};

constexpr std::array closeorder_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"out_trade_no", 32, true},
    rule{"sign_type", 32},
    rule{"sub_mch_id", 32},
    rule{"sub_appid", 32},
};

constexpr std::array refund_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"out_refund_no", 64, true},
    rule{"total_fee", 64 * 1024, true},
    rule{"refund_fee", 64 * 1024, true},
    rule{"transaction_id", 32},
    rule{"out_trade_no", 32},
    rule{"sign_type", 32},
    rule{"refund_fee_type", 8},
    rule{"refund_desc", 80},
    rule{"refund_account", 30},
    rule{"notify_url", 256},
    rule{"op_user_id", 32},
    rule{"detail", 6000},
    rule{"sub_mch_id", 32},
    rule{"sub_appid", 32},
};

constexpr std::array refundquery_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"refund_id", 32},
    rule{"out_refund_no", 64},
    rule{"transaction_id", 32},
    rule{"out_trade_no", 32},
    rule{"offset", 64 * 1024},
    rule{"sign_type", 32},
    rule{"sub_mch_id", 32},
    rule{"sub_appid", 32},
};

constexpr std::array downloadbill_rules{
    rule{"appid", 32, true},
    rule{"mch_id", 32, true},
    rule{"nonce_str", 32, true},
    rule{"sign", 64 * 1024, true},
    rule{"bill_date", 8, true},
    rule{"bill_type", 64 * 1024}, // it has a text of its own
    rule{"tar_type", 4},
    rule{"sign_type", 32},
    rule{"device_info", 32},
    rule{"sub_mch_id", 32},
    rule{"sub_appid", 32},
};

} // namespace

std::optional<complaint> check_unifiedorder(fields const& request) {
    if (auto wrong = check_all(request, unifiedorder_rules))
        return wrong;
    if (auto const size = request.get("body").size(); size > 127) {
        return complaint{
            "输入源“/body/xml/body”映射到值字段“商品描述”字符串规则校验失败，字节数 " + std::to_string(size) +
                "，大于最大值 127",
            "body"};
    }
    if (auto wrong = check_sale(request))
        return wrong;
    if (auto const start = request.get("time_start"); !start.empty() && !from_wechat_time(start))
        return malformed("time_start");
    if (auto const limit = request.get("limit_pay"); !limit.empty() && limit != "no_credit")
        return malformed("limit_pay");
    if (!net::parse_url(request.get("notify_url")))
        return malformed("notify_url");
    auto const type = request.get("trade_type");
    if (type != "JSAPI" && type != "NATIVE" && type != "APP" && type != "MWEB")
        return malformed("trade_type");
    if (!request.get("sub_openid").empty() && request.get("sub_appid").empty())
        return missing("sub_appid");
    if (type == "JSAPI" && !has_any(request, {"openid", "sub_openid"}))
        return complaint{"JSAPI支付必须传openid", "openid"};
    if (type == "NATIVE" && request.get("product_id").empty())
        return missing("product_id");
    return std::nullopt;
}

std::optional<complaint> check_orderquery(fields const& request) {
    if (auto wrong = check_all(request, orderquery_rules))
        return wrong;
    if (!has_any(request, {"transaction_id", "out_trade_no"}))
        return missing("out_trade_no");
    return std::nullopt;
}

std::optional<complaint> check_closeorder(fields const& request) {
    return check_all(request, closeorder_rules);
}

std::optional<complaint> check_refund(fields const& request) {
    if (auto wrong = check_all(request, refund_rules))
        return wrong;
    if (!has_any(request, {"transaction_id", "out_trade_no"}))
        return missing("out_trade_no");
    if (!is_refund_number(request.get("out_refund_no")))
        return malformed("out_refund_no");
    for (std::string_view const name : {"total_fee", "refund_fee"})
        if (!is_amount(request.get(name)))
            return malformed(name);
    if (auto const fee_type = request.get("refund_fee_type"); !fee_type.empty() && fee_type != "CNY")
        return malformed("refund_fee_type");
    if (auto const account = request.get("refund_account"); !account.empty() &&
                                                            account != "REFUND_SOURCE_UNSETTLED_FUNDS" &&
                                                            account != "REFUND_SOURCE_RECHARGE_FUNDS")
        return malformed("refund_account");
    if (auto const url = request.get("notify_url"); !url.empty() && !net::parse_url(url))
        return malformed("notify_url");
    return std::nullopt;
}

std::optional<complaint> check_refundquery(fields const& request) {
    if (auto wrong = check_all(request, refundquery_rules))
        return wrong;
    if (!has_any(request, {"refund_id", "out_refund_no", "transaction_id", "out_trade_no"}))
        return missing("out_refund_no");
    if (auto const offset = request.get("offset"); !offset.empty() && !parse_uint(offset, 1'000'000'000))
        return malformed("offset");
    return std::nullopt;
}

std::optional<complaint> check_downloadbill(fields const& request) {
    constexpr char const* wrong_format = "data format error";
    for (auto const& r : downloadbill_rules)
        if (r.required && request.get(r.field).empty())
            return complaint{"missing parameter", r.field};
    for (auto const& r : downloadbill_rules)
        if (request.get(r.field).size() > r.most)
            return complaint{wrong_format, r.field};
    if (!from_wechat_time(std::string(request.get("bill_date")) + "000000"))
        return complaint{wrong_format, "bill_date"};
    if (auto const type = request.get("bill_type");
        !type.empty() && type != "ALL" && type != "SUCCESS" && type != "REFUND" && type != "RECHARGE_REFUND")
        return complaint{"invalid bill_type", "bill_type"};
    if (auto const tar = request.get("tar_type"); !tar.empty() && tar != "GZIP")
        return complaint{wrong_format, "tar_type"};
    return std::nullopt;
}

std::optional<complaint> check_downloadfundflow(fields const& request) {
    constexpr char const* wrong_format = "data format error";
    for (std::string_view const name : {"appid", "mch_id", "nonce_str", "sign", "bill_date", "account_type"})
        if (request.get(name).empty())
            return complaint{"missing parameter", name};
    if (!from_wechat_time(std::string(request.get("bill_date")) + "000000"))
        return complaint{wrong_format, "bill_date"};
    if (auto const a = request.get("account_type"); a != "Basic" && a != "Operation" && a != "Fees")
        return complaint{wrong_format, "account_type"};
    if (auto const tar = request.get("tar_type"); !tar.empty() && tar != "GZIP")
        return complaint{wrong_format, "tar_type"};
    return std::nullopt;
}

} // namespace wxgate::sandbox
