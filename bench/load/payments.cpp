#include "load/payments.hpp"

#include <wxgate/sign.hpp>

#include <ctime>

namespace wxgate::bench {

namespace {

// As a shop's are: of the protocol's own examples.
constexpr std::string_view openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
constexpr std::string_view goods = "腾讯充值中心-QQ会员充值";
constexpr std::string_view attach = "支付测试-A01";
constexpr std::string_view own_address = "127.0.0.1";

class gateway_payments final : public payment_maker {
public:
    explicit gateway_payments(stage const& s)
        : head_(
              "POST",
              "/v1/payments",
              s.gateway().text(),
              {{"Authorization", s.authorization()}, {"Content-Type", "application/json"}}
          ) {}

    std::string create(std::string const& out_trade_no, std::int64_t total_fee) override {
        body_.assign(R"({"out_trade_no":")").append(out_trade_no);
        body_.append(R"(","total_fee":)").append(std::to_string(total_fee));
        body_.append(R"(,"openid":")").append(openid);
        body_.append(R"(","body":")").append(goods);
        body_.append(R"(","attach":")").append(attach).append("\"}");
        return head_.with(body_);
    }

    std::string request_payment(std::string_view answer) override {
        return std::string(json_member(answer, "request_payment"));
    }

private:
    request_head head_;
    std::string body_;
};

class proxy_payments final : public payment_maker {
public:
    proxy_payments(stage const& s, host_port const& proxy)
        : who_(s.merchant()),
          head_("POST", "/pay/unifiedorder", proxy.text(), {{"Content-Type", "text/xml; charset=utf-8"}}),
          notify_url_("http://" + proxy.text() + "/notify/" + stage_merchant + "/payment") {}

    // Field by field what wxgate::client sends.
    std::string create(std::string const& out_trade_no, std::int64_t total_fee) override {
        message_.clear();
        message_.set("body", goods);
        message_.set("attach", attach);
        message_.set("out_trade_no", out_trade_no);
        message_.set("fee_type", "CNY");
        message_.set("total_fee", std::to_string(total_fee));
        message_.set("spbill_create_ip", own_address);
        message_.set("notify_url", notify_url_);
        message_.set("trade_type", "JSAPI");
        message_.set("openid", openid);
        message_.set("appid", who_.appid);
        message_.set("mch_id", who_.mch_id);
        message_.set("nonce_str", make_nonce());
        message_.set("sign_type", to_string(who_.sign_type));
        message_.set("sign", sign(message_, who_.sign_type, who_.api_key));
        document_.clear();
        encode_xml(message_, document_);
        return head_.with(document_);
    }

    std::string request_payment(std::string_view answer) override {
        constexpr std::string_view opening = "<prepay_id><![CDATA[";
        auto const at = answer.find(opening);
        if (at == std::string_view::npos)
            return {};
        auto const rest = answer.substr(at + opening.size());
        auto const values = make_request_payment(
            who_.appid,
            rest.substr(0, rest.find("]]>")),
            who_.sign_type,
            who_.api_key,
            static_cast<long long>(std::time(nullptr))
        );
        std::string json = R"({"appId":")" + values.appId;
        json.append(R"(","timeStamp":")").append(values.timeStamp);
        json.append(R"(","nonceStr":")").append(values.nonceStr);
        json.append(R"(","package":")").append(values.package);
        json.append(R"(","signType":")").append(values.signType);
        json.append(R"(","paySign":")").append(values.paySign).append("\"}");
        return json;
    }

private:
    account who_;
    request_head head_;
    std::string notify_url_;
    fields message_;
    std::string document_;
};

ending ending_of(http_answer const& a) noexcept {
    switch (a.ended) {
    case http_answer::how::answered:
        return ending::refused;
    case http_answer::how::timed_out:
        return ending::timed_out;
    case http_answer::how::failed:
        break;
    }
    return ending::failed;
}

} // namespace

std::unique_ptr<payment_maker> make_gateway_payments(stage const& s) {
    return std::make_unique<gateway_payments>(s);
}

std::unique_ptr<payment_maker> make_proxy_payments(stage const& s, host_port const& proxy) {
    return std::make_unique<proxy_payments>(s, proxy);
}

payments::payments(
    load_loop& loop,
    payment_maker& maker,
    http_driver& gateway,
    http_driver* control,
    std::string tag,
    payment_end until
)
    : loop_(loop), maker_(maker), gateway_(gateway), control_(control),
      pay_("POST", "/control/request-payment", "sandbox", {{"Content-Type", "application/json"}}),
      tag_(std::move(tag)), until_(control == nullptr ? payment_end::created : until) {
}

void payments::begin(unit& u) {
    auto const number = u.number;
    gateway_.send(
        maker_.create(out_trade_no(number), total_fee(number)),
        [this, number](http_answer const& a) { created(number, a); }
    );
}

void payments::created(std::uint64_t number, http_answer const& a) {
    unit const* const u = loop_.find(number);
    if (u == nullptr)
        return; // it has timed out
    if (loop_.counts(*u))
        ++seen_.statuses[a.status];
    if (!a.ok()) {
        went_wrong(number, "create", a);
        return;
    }
    if (loop_.counts(*u))
        seen_.created.record(a.at - u->intended);
    if (until_ == payment_end::created) {
        loop_.end(number, ending::done, a.at);
        return;
    }
    auto const body = maker_.request_payment(a.body);
    if (body.empty()) {
        went_wrong(number, "create, which gave no request_payment", a);
        return;
    }
    control_->send(pay_.with(body), [this, number](http_answer const& paid_) { paid(number, paid_); });
}

void payments::paid(std::uint64_t number, http_answer const& a) {
    unit const* const u = loop_.find(number);
    if (u == nullptr)
        return; // it has timed out, or the shop was faster to hear of it
    if (!a.ok()) {
        went_wrong(number, "request-payment", a);
        return;
    }
    if (loop_.counts(*u))
        seen_.paid.record(a.at - u->intended);
    if (until_ == payment_end::paid)
        loop_.end(number, ending::done, a.at);
}

void payments::heard(webhook const& w) {
    if (until_ != payment_end::told || w.type != "payment.succeeded")
        return;
    if (auto const number = number_of(tag_, w.out_trade_no))
        loop_.end(*number, ending::done, w.at);
}

void payments::went_wrong(std::uint64_t number, char const* where, http_answer const& a) {
    if (seen_.first_mistake.empty())
        seen_.first_mistake = std::string(where) + ": status " + std::to_string(a.status) + " " +
                              std::string(a.mistake) + std::string(a.body.substr(0, 300));
    loop_.end(number, ending_of(a), a.at);
}

table statuses_table(std::string const& name, payments::seen const& s) {
    table t;
    t.title = name + ": status codes";
    t.columns = {"status", "count"};
    for (auto const& [status, count] : s.statuses)
        t.rows.push_back({status == 0 ? "none" : std::to_string(status), std::to_string(count)});
    return t;
}

} // namespace wxgate::bench
