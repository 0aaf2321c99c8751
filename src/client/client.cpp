#include "base/text.hpp"
#include "client/bill_download.hpp"
#include "client/login.hpp"
#include "client/refund_answer.hpp"
#include "client/upstream.hpp"

#include <wxgate/client.hpp>

#include <algorithm>
#include <map>

namespace wxgate {

using clock = std::chrono::steady_clock;

namespace {

struct operation {
    char const* name;
    char const* path;
    bool repeatable; // changes nothing at WeChat
};

constexpr operation unifiedorder{"unifiedorder", "/pay/unifiedorder", false};
constexpr operation orderquery{"orderquery", "/pay/orderquery", true};
constexpr operation closeorder{"closeorder", "/pay/closeorder", false};
constexpr operation refunding{"refund", "/secapi/pay/refund", false};
constexpr operation refundquery{"refundquery", "/pay/refundquery", true};
constexpr operation downloadbill{"downloadbill", "/pay/downloadbill", true};

refused read_refusal(fields const& answer) {
    refused r;
    r.return_code = answer.get("return_code");
    r.return_msg = answer.get("return_msg");
    r.result_code = answer.get("result_code");
    r.err_code = answer.get("err_code");
    r.err_code_des = answer.get("err_code_des");
    return r;
}

unknown not_believed(errc code, std::string detail, refused said = {}) {
    return {make_error_code(code), std::move(detail), true, std::move(said)};
}

// WeChat may have done these all the same (protocol A6–A9): unknown, not refused.
bool is_busy(std::string_view err_code) {
    return err_code == "SYSTEMERROR" || err_code == "BIZERR_NEED_RETRY" || err_code == "BANKERROR";
}

// The same in words: the unsigned FAIL that says no more than "busy" (protocol A9's decision rule).
bool is_busy_text(std::string_view return_msg) {
    return return_msg.empty() || return_msg.find("系统繁忙") != std::string_view::npos;
}

// What says that the client certificate is at fault, in words (protocol A3): nginx's page, or return_msg.
bool is_certificate_page(net::exchange_reply const& answer) {
    return answer.status == 400 && (answer.body.find("SSL certificate") != std::string::npos);
}

bool is_certificate_text(std::string_view return_msg) {
    return return_msg.find("certificate") != std::string_view::npos ||
           return_msg.find("证书") != std::string_view::npos;
}

// A9's rules in order: transport, HTTP, XML, return_code, signature, whose answer it is, result_code.
outcome<fields> judge(net::exchange_result const& answer, account const& who, sign_type type) {
    if (!answer)
        return unknown{answer.error().code, answer.error().detail, answer.error().sent, {}};
    if (is_certificate_page(*answer))
        return not_believed(errc::certificate_refused, "HTTP 400: WeChat wants another client certificate");
    if (answer->status != 200)
        return not_believed(errc::bad_status, "HTTP " + std::to_string(answer->status));
    fields message;
    xml_limits limits;
    limits.max_fields = 1024; // a refund query lists ten refunds with their coupons
    if (auto const ec = decode_xml(answer->body, message, limits))
        return unknown{ec, {}, true, {}};
    if (message.get("return_code") != "SUCCESS") {
        auto const text = message.get("return_msg");
        auto const code = is_busy_text(text)          ? errc::upstream_busy
                          : is_certificate_text(text) ? errc::certificate_refused
                                                      : errc::unsigned_failure;
        return not_believed(code, std::string(message.get("return_msg")), read_refusal(message));
    }
    if (!verify(message, type, who.api_key))
        return not_believed(errc::bad_signature, "the answer's signature");
    if (message.get("appid") != who.appid || message.get("mch_id") != who.mch_id)
        return not_believed(errc::mismatched_answer, "another appid or mch_id");
    if (message.get("result_code") == "SUCCESS")
        return message;
    auto said = read_refusal(message);
    if (is_busy(said.err_code) || said.err_code.empty())
        return not_believed(errc::upstream_busy, said.err_code, said);
    return said;
}

template <class T>
std::string_view name_of(outcome<T> const& o) {
    if (o)
        return "accepted";
    return o.error().is_refused() ? "refused" : "unknown";
}

// The document, with what every request has.
std::string signed_document(fields message, account const& who, sign_type type) {
    message.set("appid", who.appid);
    message.set("mch_id", who.mch_id);
    message.set("nonce_str", make_nonce());
    message.set("sign_type", to_string(type));
    message.set("sign", sign(message, type, who.api_key));
    std::string body;
    encode_xml(message, body);
    return body;
}

order_status read_status(fields message, trade_state state) {
    order_status s;
    s.trade_state = state;
    s.out_trade_no = message.get("out_trade_no");
    s.transaction_id = message.get("transaction_id");
    s.openid = message.get("openid");
    s.fee_type = message.get("fee_type");
    s.attach = message.get("attach");
    s.time_end = from_wechat_time(message.get("time_end"));
    if (auto const fee = fen::parse(message.get("total_fee")))
        s.total_fee = *fee;
    s.raw = std::move(message);
    return s;
}

} // namespace

class client::impl {
public:
    impl(asio::any_io_executor executor, client_options options)
        : executor_(executor), options_(std::move(options)),
          tls_(net::make_client_tls({options_.ca_file, {}})), upstream_(executor, options_, tls_),
          login_(make_pool(executor, options_.login_url, "login_url", tls_, options_.limits)),
          login_path_(net::parse_url(options_.login_url)->path) {}

    awaitable<outcome<fields>>
    call(operation what, account const& who, fields message, sign_type type, steady_point until) {
        return call_over(upstream_, what, who, std::move(message), type, until);
    }

    // Over the hosts of the merchant's own certificate; a replaced one lives as long as its calls.
    awaitable<outcome<fields>> call_with_certificate(
        operation what, account const& who, fields message, sign_type type, steady_point until
    ) {
        auto const found = identities_.find(who.mch_id);
        if (found == identities_.end())
            co_return unknown{
                make_error_code(errc::certificate_refused), "no client certificate is set", false, {}};
        auto const hosts = found->second;
        co_return co_await call_over(*hosts, what, who, std::move(message), type, until);
    }

    void use_certificate(std::string const& mch_id, client_certificate const& pair) {
        if (pair.empty()) {
            identities_.erase(mch_id);
            return;
        }
        auto& mine = certificates_[mch_id];
        if (identities_.contains(mch_id) && mine.certificate == pair.certificate &&
            mine.private_key == pair.private_key)
            return; // its connections stay
        auto tls = net::make_client_tls({options_.ca_file, {pair.certificate, pair.private_key}});
        identities_[mch_id] = std::make_shared<upstream>(executor_, options_, std::move(tls), mch_id);
        mine = pair;
    }

    awaitable<outcome<fields>> call_over(
        upstream& hosts,
        operation what,
        account const& who,
        fields message,
        sign_type type,
        steady_point until
    ) {
        auto const began = clock::now();
        auto body = signed_document(std::move(message), who, type);
        auto const answer = co_await hosts.post(what.path, std::move(body), what.repeatable, until);
        if (answer && answer->date && options_.observe_date)
            options_.observe_date(std::chrono::milliseconds(*answer->date));
        auto result = judge(answer, who, type);
        if (options_.observe)
            options_.observe(what.name, name_of(result), clock::now() - began);
        co_return result;
    }

    awaitable<outcome<bill_done>>
    bill(account const& who, fields message, sign_type type, bill_sink& rows, steady_point until) {
        auto const began = clock::now();
        auto body = signed_document(std::move(message), who, type);
        bill_download taken(rows, std::max<std::size_t>(options_.limits.bill_group, 1));
        auto const answer = co_await upstream_.download(downloadbill.path, std::move(body), taken, until);
        auto result = co_await taken.finish(answer);
        if (options_.observe)
            options_.observe(downloadbill.name, name_of(result), clock::now() - began);
        co_return result;
    }

    awaitable<outcome<login_result>> login(std::string query, steady_point until) {
        auto const began = clock::now();
        net::exchange_request request;
        request.method = "GET";
        request.target = login_path_ + "/sns/jscode2session?" + query;
        auto const answer = co_await login_->exchange(std::move(request), until);
        auto result = read_login(answer);
        bool const no = !result && result.error().is_refused();
        if (options_.observe)
            options_.observe(
                "jscode2session",
                result ? "accepted"
                : no   ? "refused"
                       : "unknown",
                clock::now() - began
            );
        co_return result;
    }

    upstream& hosts() { return upstream_; }

    void close() {
        upstream_.close();
        login_->close();
        for (auto const& [mch_id, hosts] : identities_)
            hosts->close();
    }

private:
    asio::any_io_executor executor_;
    client_options options_;
    net::tls_context_ptr tls_;
    upstream upstream_;
    // By mch_id: each with a TLS context and pools that carry its refunds and nothing else.
    std::map<std::string, std::shared_ptr<upstream>> identities_;
    std::map<std::string, client_certificate> certificates_;
    std::unique_ptr<net::http_client> login_;
    std::string login_path_;
};

client::client(asio::any_io_executor executor, client_options options)
    : impl_(std::make_unique<impl>(std::move(executor), std::move(options))) {
}

client::~client() = default;
client::client(client&&) noexcept = default;

awaitable<outcome<wxgate::unified_order>>
client::unified_order(account const& who, unified_order_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set("body", request.body);
    m.set_if("detail", request.detail);
    m.set_if("attach", request.attach);
    m.set("out_trade_no", request.out_trade_no);
    m.set_if("fee_type", request.fee_type);
    m.set("total_fee", request.total_fee.to_string());
    m.set("spbill_create_ip", request.spbill_create_ip);
    if (request.time_expire)
        m.set("time_expire", to_wechat_time(*request.time_expire));
    m.set_if("goods_tag", request.goods_tag);
    m.set("notify_url", request.notify_url);
    m.set("trade_type", request.trade_type);
    m.set_if("limit_pay", request.limit_pay);
    m.set_if("openid", request.openid);
    auto answer = co_await impl_->call(unifiedorder, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    wxgate::unified_order order;
    order.prepay_id = answer->get("prepay_id");
    order.trade_type = answer->get("trade_type");
    order.code_url = answer->get("code_url");
    order.mweb_url = answer->get("mweb_url");
    order.raw = std::move(*answer);
    if (order.prepay_id.empty() || order.prepay_id.size() > 64)
        co_return not_believed(errc::mismatched_answer, "no prepay_id");
    co_return order;
}

awaitable<outcome<order_status>>
client::order_query(account const& who, order_query_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set_if("transaction_id", request.transaction_id);
    m.set_if("out_trade_no", request.out_trade_no);
    auto answer = co_await impl_->call(orderquery, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    auto const state = parse_trade_state(answer->get("trade_state"));
    if (!state || *state == trade_state::CREATED)
        co_return not_believed(
            errc::mismatched_answer, "trade_state " + std::string(answer->get("trade_state"))
        );
    bool const same_order =
        request.out_trade_no.empty() || answer->get("out_trade_no") == request.out_trade_no;
    bool const same_payment =
        request.transaction_id.empty() || answer->get("transaction_id") == request.transaction_id;
    if (!same_order || !same_payment)
        co_return not_believed(errc::mismatched_answer, "another order");
    order_status status = read_status(std::move(*answer), *state);
    bool const paid = *state == trade_state::SUCCESS || *state == trade_state::REFUND;
    if (paid && (status.transaction_id.empty() || !status.total_fee))
        co_return not_believed(errc::mismatched_answer, "paid without transaction_id or total_fee");
    co_return status;
}

awaitable<outcome<wxgate::close_order>>
client::close_order(account const& who, close_order_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set("out_trade_no", request.out_trade_no);
    auto answer = co_await impl_->call(closeorder, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    wxgate::close_order closed;
    closed.raw = std::move(*answer);
    co_return closed;
}

void client::use_certificate(std::string const& mch_id, client_certificate const& pair) {
    impl_->use_certificate(mch_id, pair);
}

awaitable<outcome<wxgate::refund>>
client::refund(account const& who, refund_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set_if("transaction_id", request.transaction_id);
    if (request.transaction_id.empty())
        m.set_if("out_trade_no", request.out_trade_no);
    m.set("out_refund_no", request.out_refund_no);
    m.set("total_fee", request.total_fee.to_string());
    m.set("refund_fee", request.refund_fee.to_string());
    m.set_if("refund_desc", request.refund_desc);
    m.set_if("notify_url", request.notify_url);
    auto answer = co_await impl_->call_with_certificate(refunding, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    bool const same = answer->get("out_refund_no") == request.out_refund_no &&
                      answer->get("refund_fee") == request.refund_fee.to_string();
    if (!same || answer->get("refund_id").empty())
        co_return not_believed(errc::mismatched_answer, "another refund");
    wxgate::refund accepted;
    accepted.refund_id = answer->get("refund_id");
    accepted.out_refund_no = request.out_refund_no;
    accepted.out_trade_no = answer->get("out_trade_no");
    accepted.transaction_id = answer->get("transaction_id");
    accepted.refund_fee = request.refund_fee;
    accepted.raw = std::move(*answer);
    co_return accepted;
}

awaitable<outcome<wxgate::refund_query>>
client::refund_query(account const& who, refund_query_request request, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set_if("refund_id", request.refund_id);
    m.set_if("out_refund_no", request.out_refund_no);
    m.set_if("transaction_id", request.transaction_id);
    m.set_if("out_trade_no", request.out_trade_no);
    if (request.offset != 0)
        m.set("offset", std::to_string(request.offset));
    auto answer = co_await impl_->call(refundquery, who, std::move(m), type, until);
    if (!answer)
        co_return answer.error();
    auto read = read_refund_query(std::move(*answer));
    if (!read)
        co_return read.error();
    if (!answers(request, *read))
        co_return not_believed(errc::mismatched_answer, "another refund");
    co_return std::move(*read);
}

awaitable<outcome<bill_done>>
client::download_bill(account const& who, bill_request request, bill_sink& rows, steady_point until) {
    auto const type = request.sign_type.value_or(who.sign_type);
    fields m;
    m.set("bill_date", request.bill_date);
    m.set("bill_type", to_string(request.type));
    m.set("tar_type", "GZIP");
    return impl_->bill(who, std::move(m), type, rows, until);
}

awaitable<outcome<login_result>> client::code_to_session(
    std::string const& appid, std::string const& secret, std::string const& code, steady_point until
) {
    std::string const query = "appid=" + percent_encode(appid) + "&secret=" + percent_encode(secret) +
                              "&js_code=" + percent_encode(code) + "&grant_type=authorization_code";
    return impl_->login(query, until);
}

void client::close() {
    impl_->close();
}

awaitable<bool> client::reachable(steady_point until) {
    return impl_->hosts().reachable(until);
}

} // namespace wxgate
