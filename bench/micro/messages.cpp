#include "micro/messages.hpp"

#include "wire/xml_writer.hpp"

#include <wxgate/sign.hpp>

#include <algorithm>
#include <iterator>

namespace wxgate::bench {

namespace {

name_values of_five_fields() {
    return {
        {"appid", "wxd930ea5d5a258f4f"},
        {"body", "test"},
        {"device_info", "1000"},
        {"mch_id", "10000100"},
        {"nonce_str", "ibuaiVcKdpRxkhJA"},
    };
}

name_values notification() {
    return {
        {"appid", "wx2421b1c4370ec43b"},
        {"attach", "门店12"},
        {"bank_type", "OTHERS"},
        {"cash_fee", "1288"},
        {"cash_fee_type", "CNY"},
        {"coupon_fee", "11"},
        {"device_info", "WEB"},
        {"fee_type", "CNY"},
        {"is_subscribe", "N"},
        {"mch_id", "10000100"},
        {"nonce_str", "5K8264ILTKCH16CQ"},
        {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        {"out_trade_no", "shop20261123-001"},
        {"result_code", "SUCCESS"},
        {"return_code", "SUCCESS"},
        {"time_end", "20261123121557"},
        {"total_fee", "1299"},
        {"trade_type", "JSAPI"},
        {"transaction_id", "4200001234202611231234567890"},
    };
}

name_values unified_order_request() {
    return {
        {"appid", "wx2421b1c4370ec43b"},
        {"attach", "门店12"},
        {"body", "茶铺-高山乌龙 250 克"},
        {"fee_type", "CNY"},
        {"mch_id", "10000100"},
        {"nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"},
        {"notify_url", "https://pay.example.com/notify/shop/payment"},
        {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        {"out_trade_no", "shop20261123-001"},
        {"sign_type", "MD5"},
        {"spbill_create_ip", "203.0.113.7"},
        {"time_expire", "20261123141500"},
        {"time_start", "20261123121500"},
        {"total_fee", "1299"},
        {"trade_type", "JSAPI"},
    };
}

name_values unified_order_answer() {
    return {
        {"return_code", "SUCCESS"},
        {"return_msg", "OK"},
        {"appid", "wx2421b1c4370ec43b"},
        {"mch_id", "10000100"},
        {"nonce_str", "IITRi8Iabbblz1Jc"},
        {"result_code", "SUCCESS"},
        {"prepay_id", "wx231215001542260489f034281664c10000"},
        {"trade_type", "JSAPI"},
    };
}

void sort_by_name(name_values& list) {
    std::sort(list.begin(), list.end());
}

name_values refund_query_answer() {
    name_values list = {
        {"appid", "wx2421b1c4370ec43b"},
        {"cash_fee", "1299"},
        {"mch_id", "10000100"},
        {"nonce_str", "IITRi8Iabbblz1Jc"},
        {"out_trade_no", "shop20261123-001"},
        {"refund_count", "10"},
        {"refund_fee", "1290"},
        {"result_code", "SUCCESS"},
        {"return_code", "SUCCESS"},
        {"return_msg", "OK"},
        {"total_fee", "1299"},
        {"transaction_id", "4200001234202611231234567890"},
    };
    for (int i = 0; i < 10; ++i) {
        std::string const n = std::to_string(i);
        list.emplace_back("out_refund_no_" + n, "refund-20261124-000" + n);
        list.emplace_back("refund_account_" + n, "REFUND_SOURCE_UNSETTLED_FUNDS");
        list.emplace_back("refund_channel_" + n, "ORIGINAL");
        list.emplace_back("refund_fee_" + n, "129");
        list.emplace_back("refund_id_" + n, "5030000123420261124123456789" + n);
        list.emplace_back("refund_recv_accout_" + n, "支付用户的零钱");
        list.emplace_back("refund_status_" + n, "SUCCESS");
        list.emplace_back("refund_success_time_" + n, "2026-11-24 10:15:0" + n);
    }
    sort_by_name(list);
    return list;
}

// The signature goes where WeChat has it: by its name, and in unifiedorder's answer behind nonce_str.
name_values with_sign(name_values list) {
    std::string const text = sign(to_fields(list), sign_type::md5, sample_key);
    auto const nonce =
        std::find_if(list.begin(), list.end(), [](auto const& p) { return p.first == "nonce_str"; });
    bool const sorted = std::is_sorted(list.begin(), list.end());
    auto const at =
        sorted ? std::lower_bound(list.begin(), list.end(), name_values::value_type("sign", "")) : nonce + 1;
    list.insert(at, {"sign", text});
    return list;
}

bool is_bare(std::string_view name) {
    return name == "total_fee" || name == "coupon_fee" || name == "refund_count" ||
           name.starts_with("refund_fee");
}

std::string as_wechat_writes(name_values const& list) {
    std::string out = "<xml>";
    for (auto const& [name, value] : list) {
        if (is_bare(name))
            wire::append_bare_element(out, name, value);
        else
            wire::append_cdata_element(out, name, value);
        out += '\n';
    }
    return out + "</xml>";
}

std::string as_we_write(name_values const& list) {
    std::string out;
    encode_xml(to_fields(list), out);
    return out;
}

sample_document from_wechat(std::string key, std::string name, name_values const& list) {
    auto full = with_sign(list);
    auto text = as_wechat_writes(full);
    return {std::move(key), std::move(name), std::move(full), std::move(text)};
}

} // namespace

fields to_fields(name_values const& list) {
    fields message;
    for (auto const& [name, value] : list)
        message.set(name, value);
    return message;
}

name_values to_name_values(fields const& message) {
    name_values list;
    for (std::size_t i = 0; i < message.size(); ++i)
        list.emplace_back(message[i].name, message[i].value);
    return list;
}

name_values unsigned_message(std::size_t size) {
    if (size == 5)
        return of_five_fields();
    name_values list = notification();
    list.emplace_back("coupon_count", "1");
    for (int i = 0; list.size() + 3 <= size; ++i) { // a coupon has three fields
        std::string const n = std::to_string(i);
        list.emplace_back("coupon_fee_" + n, "100");
        list.emplace_back("coupon_id_" + n, "200000000123456789" + n);
        list.emplace_back("coupon_type_" + n, "CASH");
    }
    if (list.size() < size)
        list.emplace_back("settlement_total_fee", "1288");
    sort_by_name(list);
    return list;
}

std::vector<sample_document> sample_documents() {
    std::vector<sample_document> list;
    auto order = with_sign(unified_order_request());
    auto text = as_we_write(order);
    list.push_back({"unifiedorder_request", "unifiedorder's request", std::move(order), std::move(text)});
    list.push_back(from_wechat("unifiedorder_answer", "unifiedorder's answer", unified_order_answer()));
    list.push_back(from_wechat("notification", "a payment notification", notification()));
    list.push_back(
        from_wechat("refundquery_answer", "refundquery's answer, ten refunds", refund_query_answer())
    );
    return list;
}

} // namespace wxgate::bench
