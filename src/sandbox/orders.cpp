#include "sandbox/orders.hpp"

#include "base/assert.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace wxgate::sandbox {

namespace {

// What is compared when a number comes again (protocol A5: WeChat does not say; these never vary by
// themselves).
constexpr std::array compared = {
    "appid",
    "body",
    "detail",
    "attach",
    "total_fee",
    "notify_url",
    "trade_type",
    "openid",
    "sub_openid",
    "product_id",
    "limit_pay",
    "time_expire",
    "goods_tag",
    "sub_mch_id"};

std::string number_key(std::string_view mch_id, std::string_view number) {
    return std::string(mch_id).append("/").append(number);
}

std::string lower_hex(random_text const& random, std::size_t n) {
    std::string out = random(n);
    for (char& c : out)
        c = "0123456789abcdef"[static_cast<unsigned char>(c) % 16];
    return out;
}

std::optional<business_error> check_expiry(std::string_view text, unix_ms now, milliseconds shortest) {
    if (text.empty())
        return std::nullopt;
    auto const at = from_wechat_time(text);
    if (!at)
        return business_error{"INVALID_REQUEST", "time_expire参数格式错误"};
    auto const expires = std::chrono::duration_cast<milliseconds>(at->time_since_epoch()).count();
    if (expires - now <= shortest.count())
        return business_error{"INVALID_REQUEST", "time_expire时间过短，至少1分钟"};
    return std::nullopt;
}

} // namespace

std::string order_terms(fields const& request) {
    std::string out;
    for (std::string_view const name : compared) {
        auto const value = request.get(name);
        out.append(name).append("=").append(std::to_string(value.size())).append(":").append(value);
    }
    return out; // fee_type is CNY, said or not
}

order_book::placed order_book::place(fields const& request, sign_type type, unix_ms now) {
    auto const mch_id = request.get("mch_id");
    auto const number = request.get("out_trade_no");
    std::string const terms = order_terms(request);
    if (order* const o = lookup(mch_id, number, now)) {
        if (is_paid(*o))
            return {nullptr, {"ORDERPAID", "该订单已支付"}};
        if (o->state == trade_state::CLOSED)
            return {nullptr, {"ORDERCLOSED", "该订单已关闭"}};
        if (o->terms != terms)
            return {nullptr, {"INVALID_REQUEST", "201 商户订单号重复"}};
        auto const life = o->trade_type == "MWEB" ? intervals_.mweb_life : intervals_.prepay_life;
        if (now - o->prepay_issued >= life.count())
            issue_prepay(*o, now);
        else if (o->trade_type == "NATIVE")
            issue_code_url(*o); // a second call voids the old one
        return {o, {}};
    }
    if (auto refused = check_expiry(request.get("time_expire"), now, intervals_.shortest_expiry))
        return {nullptr, std::move(*refused)};

    order& o = add(request, type, now);
    issue_prepay(o, now);
    return {&o, {}};
}

order& order_book::add(fields const& request, sign_type type, unix_ms now) {
    order& o = orders_.emplace_back();
    o.appid = request.get("appid");
    o.mch_id = request.get("mch_id");
    o.out_trade_no = request.get("out_trade_no");
    o.openid = request.get("openid");
    o.sub_mch_id = request.get("sub_mch_id");
    o.sub_appid = request.get("sub_appid");
    o.sub_openid = request.get("sub_openid");
    o.product_id = request.get("product_id");
    o.trade_type = request.get("trade_type");
    o.body = request.get("body");
    o.attach = request.get("attach");
    if (auto const device = request.find("device_info"))
        o.device_info = std::string(*device);
    o.fee_type = "CNY";
    o.notify_url = request.get("notify_url");
    o.nonce_str = request.get("nonce_str");
    o.total_fee = fen::parse(request.get("total_fee")).value();
    o.sign_type = type;
    if (auto const at = from_wechat_time(request.get("time_expire")))
        o.time_expire = std::chrono::duration_cast<milliseconds>(at->time_since_epoch()).count();
    o.created = now;
    o.terms = order_terms(request);
    by_number_.emplace(number_key(o.mch_id, o.out_trade_no), &o);
    return o;
}

void order_book::issue_code_url(order& o) {
    by_url_.erase(o.code_url);
    o.code_url = "weixin://wxpay/bizpayurl?pr=" + random_(9);
    by_url_.insert_or_assign(o.code_url, &o);
}

void order_book::issue_prepay(order& o, unix_ms now) {
    do // "wx", ddHHmmss, 22 hex digits and four zeros: 36 characters, as WeChat's are now
        o.prepay_id = "wx" + beijing_time(now).substr(6) + lower_hex(random_, 22) + "0000";
    while (by_prepay_.contains(o.prepay_id));
    o.prepay_issued = now;
    by_prepay_.emplace(o.prepay_id, prepay{&o, now});
    if (o.trade_type == "NATIVE")
        issue_code_url(o);
    if (o.trade_type == "MWEB") {
        by_url_.erase(o.mweb_url);
        o.mweb_url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=" + o.prepay_id +
                     "&package=" + random_digits(random_, 10);
        by_url_.insert_or_assign(o.mweb_url, &o);
    }
}

// Closes an unpaid order whose life is over, and lets a customer type the password.
void order_book::age(order& o, unix_ms now) {
    if (o.state == trade_state::USERPAYING && o.pays_at && now >= *o.pays_at)
        become_paid(o, *o.pays_at);
    if (o.state == trade_state::NOTPAY && now - o.created >= intervals_.order_life.count())
        o.state = trade_state::CLOSED;
}

order* order_book::lookup(std::string_view mch_id, std::string_view out_trade_no, unix_ms now) {
    auto const at = by_number_.find(number_key(mch_id, out_trade_no));
    if (at == by_number_.end())
        return nullptr;
    age(*at->second, now);
    return at->second;
}

order const* order_book::find(std::string_view mch_id, std::string_view out_trade_no, unix_ms now) {
    return lookup(mch_id, out_trade_no, now);
}

order const*
order_book::find_transaction(std::string_view mch_id, std::string_view transaction_id, unix_ms now) {
    auto const at = by_transaction_.find(std::string(transaction_id));
    if (at == by_transaction_.end() || at->second->mch_id != mch_id)
        return nullptr;
    age(*at->second, now);
    return at->second;
}

order const* order_book::find_named(fields const& request, std::string_view mch_id, unix_ms now) {
    auto const transaction_id = request.get("transaction_id");
    order const* const o = transaction_id.empty() ? find(mch_id, request.get("out_trade_no"), now)
                                                  : find_transaction(mch_id, transaction_id, now);
    return o != nullptr && o->sub_mch_id == request.get("sub_mch_id") ? o : nullptr;
}

order const* order_book::find_prepay(std::string_view prepay_id, unix_ms now) {
    auto const at = by_prepay_.find(std::string(prepay_id));
    if (at == by_prepay_.end())
        return nullptr;
    age(*at->second.of, now);
    return at->second.of;
}

order const* order_book::find_url(std::string_view url, unix_ms now) {
    auto const at = by_url_.find(std::string(url));
    if (at == by_url_.end())
        return nullptr;
    age(*at->second, now);
    return at->second;
}

std::optional<business_error>
order_book::close(std::string_view mch_id, std::string_view out_trade_no, unix_ms now) {
    order* const o = lookup(mch_id, out_trade_no, now);
    if (o == nullptr)
        return business_error{"ORDERNOTEXIST", "order not exist"};
    if (o->trade_type == "MICROPAY") // that is reverse's
        return business_error{"TRADE_STATE_ERROR", "当前交易不允许进行普通关单"};
    if (is_paid(*o))
        return business_error{"ORDERPAID", "order paid"};
    o->state = trade_state::CLOSED;
    return std::nullopt;
}

std::optional<std::string>
order_book::unpayable(order const& o, std::string_view prepay_id, unix_ms now) const {
    if (is_paid(o))
        return "该订单已支付";
    if (o.state != trade_state::NOTPAY || now - o.created >= intervals_.order_life.count())
        return "该订单已关闭";
    if (o.time_expire && now >= *o.time_expire)
        return "该订单已过期 (time_expire)";
    auto const at = by_prepay_.find(std::string(prepay_id));
    if (at == by_prepay_.end() || now - at->second.issued >= intervals_.prepay_life.count())
        return "prepay_id已过期 (two hours)";
    if (o.trade_type == "MWEB" && now - o.prepay_issued >= intervals_.mweb_life.count())
        return "mweb_url已过期 (five minutes)";
    return std::nullopt;
}

void order_book::pay(order const& paid, unix_ms now) {
    order* const o = lookup(paid.mch_id, paid.out_trade_no, now);
    WXGATE_ASSERT(o == &paid && o->state == trade_state::NOTPAY);
    become_paid(*o, now);
}

void order_book::become_paid(order& o, unix_ms at) {
    o.state = trade_state::SUCCESS;
    o.paid_at = at;
    o.bank_type = "OTHERS";
    if (o.openid.empty()) // not a JSAPI order: somebody pays, and has an openid
        o.openid = "oSandboxPayer000000000000000";
    do // 4200, six digits, the day, ten digits: 28
        o.transaction_id =
            "4200" + random_digits(random_, 6) + beijing_time(at).substr(0, 8) + random_digits(random_, 10);
    while (by_transaction_.contains(o.transaction_id));
    by_transaction_.emplace(o.transaction_id, &o);
}

void order_book::begin_refund(order const& paid, unix_ms now) {
    order* const o = lookup(paid.mch_id, paid.out_trade_no, now);
    WXGATE_ASSERT(o == &paid && is_paid(*o));
    o->state = trade_state::REFUND;
}

std::deque<order> const& order_book::all(unix_ms now) {
    for (auto& o : orders_)
        age(o, now);
    return orders_;
}

void order_book::clear() {
    by_number_.clear();
    by_transaction_.clear();
    by_prepay_.clear();
    by_url_.clear();
    used_codes_.clear();
    orders_.clear();
}

} // namespace wxgate::sandbox
