#include "gateway/payments/payment_request.hpp"

#include "base/text.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/json.hpp>

#include <algorithm>

namespace wxgate::gateway {

namespace {

constexpr unix_ms minute_ms = 60'000;
constexpr unix_ms week_ms = 7 * 24 * 60 * minute_ms; // WeChat closes an order after seven days

bool all_of(std::string_view text, std::string_view more) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return is_alnum(c) || more.find(c) != std::string_view::npos;
    });
}

std::string metadata_text(json_members& in) {
    auto const values = in.strings("metadata");
    if (!values || values->empty())
        return "{}";
    boost::json::object o; // its own escapes: a text is compared with those of earlier versions
    for (auto const& [name, value] : *values)
        o[name] = value;
    return boost::json::serialize(o);
}

void read_texts(json_members& in, ledger::order& o) {
    auto const take = [&](char const* name, std::size_t bytes) {
        auto value = in.text(name, bytes).value_or("");
        if (has_control(value))
            in.refuse(name, "must hold no control character");
        return value;
    };
    o.body = take("body", 127);
    if (o.body.empty())
        in.refuse("body", "is missing: what the customer sees, at most 127 bytes");
    o.attach = take("attach", 127);
    if (o.attach.find('&') != std::string::npos)
        in.refuse("attach", "must hold no '&': WeChat signs it unescaped");
    o.detail = take("detail", 6000);
    o.goods_tag = take("goods_tag", 32);
    o.limit_pay = take("limit_pay", 32);
    if (!o.limit_pay.empty() && o.limit_pay != "no_credit")
        in.refuse("limit_pay", "must be no_credit");
}

void read_identities(json_members& in, ledger::order& o, std::string const& peer) {
    if (auto const openid = in.text("openid", 128)) {
        if (!is_openid(*openid))
            in.refuse("openid", "must be 1 to 128 letters, digits, - or _");
        o.openid = *openid;
    }
    if (auto const number = in.text("out_trade_no", 32)) {
        if (!is_out_trade_no(*number))
            in.refuse("out_trade_no", "must be 6 to 32 of A-Z a-z 0-9 _ - | *");
        o.out_trade_no = *number;
    }
    o.spbill_create_ip = in.text("spbill_create_ip", 64).value_or(peer);
    boost::system::error_code ec;
    auto const ip = boost::asio::ip::make_address(o.spbill_create_ip, ec);
    if (ec || (ip.is_v6() && ip.to_v6().scope_id() != 0))
        in.refuse("spbill_create_ip", "must be an IPv4 or IPv6 address");
}

void read_expiry(json_members& in, ledger::order& o, unix_ms now) {
    o.created_at = now;
    o.expires_at = now + week_ms;
    auto const text = in.text("time_expire", 40);
    if (!text)
        return;
    auto const at = from_rfc3339(*text);
    bool const utc = text->ends_with('Z') || text->ends_with('z') || text->ends_with("+00:00");
    if (!at || !utc)
        in.refuse("time_expire", "must be an RFC 3339 time in UTC, as 2026-01-31T08:00:00Z");
    else if (*at <= now + minute_ms || *at > now + week_ms)
        in.refuse("time_expire", "must be more than a minute and at most seven days from now");
    else
        o.time_expire = o.expires_at = *at / 1000 * 1000; // WeChat's times have seconds
}

void read_trade_type(json_members& in, ledger::order& o) {
    o.trade_type = in.text("trade_type", 16).value_or("JSAPI");
    if (o.trade_type != "JSAPI" && o.trade_type != "NATIVE" && o.trade_type != "APP" &&
        o.trade_type != "MWEB")
        in.refuse("trade_type", "must be JSAPI, NATIVE, APP or MWEB");
    if (o.trade_type != "JSAPI" && !o.openid.empty())
        in.refuse("openid", "is of a JSAPI order; of any other, who pays is known when it is paid");
    auto const only_of = [&](char const* name, std::size_t bytes, char const* type) {
        auto value = in.text(name, bytes).value_or("");
        if (has_control(value))
            in.refuse(name, "must hold no control character");
        if (!value.empty() && o.trade_type != type)
            in.refuse(name, std::string("is of an order whose trade_type is ") + type);
        return value;
    };
    o.product_id = only_of("product_id", 32, "NATIVE");
    if (o.trade_type == "NATIVE" && o.product_id.empty())
        in.refuse("product_id", "is missing: what the code is shown for, at most 32 bytes");
    o.scene_info = only_of("scene_info", 256, "MWEB");
    if (o.trade_type == "MWEB" && o.scene_info.empty())
        in.refuse("scene_info", R"(is missing: {"h5_info":{…}} as a text, at most 256 bytes)");
}

} // namespace

bool is_out_trade_no(std::string_view text) {
    return text.size() >= 6 && text.size() <= 32 && all_of(text, "_-|*");
}

bool is_openid(std::string_view text) {
    return !text.empty() && text.size() <= 128 && all_of(text, "_-");
}

answer<ledger::order>
read_payment_request(std::string_view body, merchant const& m, std::string const& peer, unix_ms now) {
    auto const parsed = parse_json_object(body);
    if (!parsed)
        return parsed.error();
    json_members in(*parsed);
    ledger::order o;
    o.merchant = m.name;
    o.mch_id = m.account.mch_id;
    o.appid = m.account.appid;
    o.sign_type = m.account.sign_type;
    auto const fee = in.integer("total_fee", 1, max_amount.count());
    if (!fee)
        in.refuse("total_fee", "is missing: the amount in fen, an integer from 1");
    o.total_fee = fen(fee.value_or(0));
    read_texts(in, o);
    read_identities(in, o, peer);
    read_expiry(in, o, now);
    read_trade_type(in, o);
    o.metadata = metadata_text(in);
    if (auto const mistake = in.finish())
        return *mistake;
    return o;
}

std::string_view different_field(ledger::order const& stored, ledger::order const& asked) {
    // An openid may be left out to be filled in at checkout, so only two that differ are a conflict. The
    // caller's address and times that the program filled in are no part of what was asked.
    if (!asked.openid.empty() && stored.openid != asked.openid)
        return "openid";
    if (stored.total_fee != asked.total_fee)
        return "total_fee";
    if (stored.body != asked.body)
        return "body";
    if (stored.attach != asked.attach)
        return "attach";
    if (stored.detail != asked.detail)
        return "detail";
    if (stored.goods_tag != asked.goods_tag)
        return "goods_tag";
    if (stored.limit_pay != asked.limit_pay)
        return "limit_pay";
    if (stored.trade_type != asked.trade_type)
        return "trade_type";
    if (stored.product_id != asked.product_id)
        return "product_id";
    if (stored.scene_info != asked.scene_info)
        return "scene_info";
    if (stored.time_expire != asked.time_expire)
        return "time_expire";
    if (stored.metadata != asked.metadata)
        return "metadata";
    return {};
}

} // namespace wxgate::gateway
