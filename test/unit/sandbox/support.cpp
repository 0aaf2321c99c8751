#include "support.hpp"

#include "sandbox/control.hpp"

#include <boost/test/unit_test.hpp>

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace wxgate::sandbox::test {

settings one_merchant(unsigned time_scale) {
    merchant m;
    m.name = "any";
    m.appid = "wxd930ea5d5a258f4f";
    m.mch_id = "10000100";
    m.api_key = key;
    merchant other = m;
    other.name = "other";
    other.appid = "wx0000000000000001";
    other.mch_id = "10000200";
    other.api_key = other_key;
    settings s;
    s.time_scale = time_scale;
    s.merchants = merchant_table({m, other});
    return s;
}

random_text counting() {
    return [n = std::make_shared<unsigned long long>(0)](std::size_t size) {
        std::string digits = std::to_string(++*n);
        return std::string(size - std::min(size, digits.size()), '0') + digits.substr(0, size);
    };
}

std::string fixture::call(std::string_view path, fields const& request, std::string_view certificate) {
    auto const* const op = wechat_api::find_operation(path);
    BOOST_TEST_REQUIRE((op != nullptr));
    return w.api.call(*op, "POST", xml(request), now, {}, certificate).body;
}

fields fixture::ask(std::string_view path, fields const& request, sign_type type) {
    fields answer;
    std::string const bytes = call(path, signed_with(request, type));
    BOOST_TEST_REQUIRE(!decode_xml(bytes, answer), bytes);
    if (answer.get("return_code") != "FAIL")
        BOOST_TEST(verify(answer, type, key), bytes);
    return answer;
}

std::string fixture::place(fields const& request, sign_type type) {
    auto const answer = ask("/pay/unifiedorder", request, type);
    BOOST_TEST_REQUIRE(answer.get("result_code") == "SUCCESS");
    return std::string(answer.get("prepay_id"));
}

order const& fixture::paid(std::string_view out_trade_no, values changes) {
    place(order_request(out_trade_no, changes));
    order const& o = *w.orders.find("10000100", out_trade_no, now);
    w.orders.pay(o, now);
    return o;
}

fields fixture::refund(std::string_view out_refund_no, std::string_view refund_fee, values changes) {
    return ask("/secapi/pay/refund", order_refund_request(out_refund_no, refund_fee, changes));
}

std::string fixture::status_of(std::string_view out_refund_no) {
    auto const* const r = w.refunds.find("10000100", out_refund_no, now);
    return r == nullptr ? "" : std::string(to_string(r->status));
}

std::pair<unsigned, boost::json::value> fixture::control(
    std::string_view method, std::string_view path, std::string_view query, std::string_view body
) {
    auto const reply = wxgate::sandbox::control(w, method, path, query, body);
    return {reply.status, boost::json::parse(reply.body)};
}

fields with(fields const& base, values changes) {
    fields out;
    auto const change = [&](std::string_view name) {
        for (auto const& c : changes)
            if (c.first == name)
                return &c;
        return static_cast<std::pair<std::string_view, std::string_view> const*>(nullptr);
    };
    for (std::size_t i = 0; i < base.size(); ++i)
        if (change(base[i].name) == nullptr)
            out.set(base[i].name, base[i].value);
    for (auto const& [name, value] : changes)
        out.set_if(name, value);
    return out;
}

fields request(values more) {
    fields f;
    f.set("appid", "wxd930ea5d5a258f4f");
    f.set("mch_id", "10000100");
    f.set("nonce_str", "ibuaiVcKdpRxkhJA");
    return with(f, more);
}

fields order_request(std::string_view out_trade_no, values changes) {
    auto const base = request({
        {"body", "shop-goods"},
        {"out_trade_no", out_trade_no},
        {"total_fee", "1299"},
        {"spbill_create_ip", "127.0.0.1"},
        {"notify_url", "http://127.0.0.1:8080/notify/shop/payment"},
        {"trade_type", "JSAPI"},
        {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    });
    return with(base, changes);
}

fields order_refund_request(std::string_view out_refund_no, std::string_view refund_fee, values changes) {
    auto const base = request({
        {"out_trade_no", "order0001"},
        {"out_refund_no", out_refund_no},
        {"total_fee", "1299"},
        {"refund_fee", refund_fee},
        {"notify_url", "http://127.0.0.1:8080/notify/shop/refund"},
    });
    return with(base, changes);
}

fields signed_with(fields message, sign_type type, std::string_view api_key) {
    if (type == sign_type::hmac_sha256)
        message.set("sign_type", "HMAC-SHA256");
    message.set("sign", sign(message, type, api_key));
    return message;
}

std::string xml(fields const& message) {
    std::string out;
    encode_xml(message, out);
    return out;
}

std::string request_payment_json(std::string_view prepay_id, sign_type type, std::string_view api_key) {
    auto const v = make_request_payment("wxd930ea5d5a258f4f", prepay_id, type, api_key, noon / 1000);
    boost::json::object o;
    o["appId"] = v.appId;
    o["timeStamp"] = v.timeStamp;
    o["nonceStr"] = v.nonceStr;
    o["package"] = v.package;
    o["signType"] = v.signType;
    o["paySign"] = v.paySign;
    return boost::json::serialize(o);
}

scratch::scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "wxgate-sandbox-test-XXXXXX").string();
    BOOST_TEST_REQUIRE((::mkdtemp(name.data()) != nullptr));
    path_ = name;
}

scratch::~scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path scratch::write(std::string const& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
}

std::string scratch::read(std::string const& name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace wxgate::sandbox::test
