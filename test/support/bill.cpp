#include "support/bill.hpp"

#include "support/database.hpp"
#include "wire/gunzip.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace wxgate::test {

namespace {

constexpr std::int64_t beijing = 8 * 3600;
constexpr std::int64_t day = 24 * 3600;

std::string yuan(std::int64_t fen) {
    std::array<char, 32> text{};
    std::snprintf(
        text.data(),
        text.size(),
        "%s%lld.%02lld",
        fen < 0 ? "-" : "",
        static_cast<long long>((fen < 0 ? -fen : fen) / 100),
        static_cast<long long>((fen < 0 ? -fen : fen) % 100)
    );
    return text.data();
}

std::string padded(int i) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%08d", i);
    return text.data();
}

} // namespace

std::string
bill_text(merchant_config const& of, std::string const& date, std::vector<bill_line> const& lines) {
    std::string text =
        "\xEF\xBB\xBF交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"
        "交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,"
        "充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
        "\r\n";
    auto const noon = date.substr(0, 4) + "-" + date.substr(4, 2) + "-" + date.substr(6, 2) + " 12:00:00";
    std::int64_t paid = 0;
    std::int64_t refunded = 0;
    for (auto const& l : lines) {
        bool const refund = !l.out_refund_no.empty();
        auto const amount = yuan(l.fee);
        (refund ? refunded : paid) += l.fee;
        text += "`" + noon + ",`" + of.appid + ",`" + of.mch_id + ",`0,`,`" + l.transaction_id + ",`" +
                l.out_trade_no + ",`oSomebody,`JSAPI,`" + (refund ? "REFUND" : l.state) + ",`OTHERS,`CNY,`" +
                (refund ? "0.00" : amount) + ",`0.00,";
        if (refund)
            text +=
                "`" + l.refund_id + ",`" + l.out_refund_no + ",`" + amount + ",`0.00,`ORIGINAL,`" + l.state;
        else
            text += "`0,`0,`0.00,`0.00,`,`";
        text += ",`tea,`,`0.00600,`0.60%,`" + (refund ? std::string("0.00") : amount) + ",`" +
                (refund ? amount : std::string("0.00")) + ",`\r\n";
    }
    text +=
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";
    return text + "`" + std::to_string(lines.size()) + ",`" + yuan(paid) + ",`" + yuan(refunded) +
           ",`0.00,`0.12345,`" + yuan(paid) + ",`" + yuan(refunded) + "\r\n";
}

std::string gzipped(std::string const& text) {
    return wire::gzip(text);
}

std::string no_bill_xml() {
    return "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[No Bill "
           "Exist]]></return_msg>"
           "<error_code><![CDATA[20002]]></error_code></xml>";
}

std::string beijing_date(int days) {
    std::time_t const there = std::time(nullptr) + beijing + days * day;
    std::tm parts{};
    ::gmtime_r(&there, &parts);
    std::array<char, 16> text{};
    std::strftime(text.data(), text.size(), "%Y%m%d", &parts);
    return text.data();
}

std::int64_t begin_of(std::string const& date) {
    std::tm parts{};
    parts.tm_year = std::stoi(date.substr(0, 4)) - 1900;
    parts.tm_mon = std::stoi(date.substr(4, 2)) - 1;
    parts.tm_mday = std::stoi(date.substr(6, 2));
    return (static_cast<std::int64_t>(::timegm(&parts)) - beijing) * 1000;
}

std::int64_t beijing_seconds() {
    return (static_cast<std::int64_t>(std::time(nullptr)) + beijing) % day;
}

bill_line inserted_line(std::string const& prefix, int i) {
    bill_line l;
    l.out_trade_no = prefix + padded(i);
    l.transaction_id = "4200" + prefix + padded(i);
    l.fee = 100 + i % 1000;
    return l;
}

void insert_paid(
    std::string const& file,
    merchant_config const& of,
    std::string const& date,
    std::string const& prefix,
    int count
) {
    auto const n = std::to_string(count);
    auto const first = std::to_string(begin_of(date) + 3'600'000);
    change_offline(
        file,
        "WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " + n +
            ") INSERT INTO orders (mch_id, out_trade_no, merchant, appid, sign_type, openid, total_fee, "
            "fee_type, body, trade_type, spbill_create_ip, notify_url, metadata, trade_state, "
            "previous_state, "
            "prepay_id, prepay_at, transaction_id, paid_at, version, last_event, created_at, updated_at, "
            "expires_at) SELECT '" +
            of.mch_id + "', '" + prefix + "' || substr(CAST(100000000 + i AS TEXT), 2), '" + of.name +
            "', '" + of.appid +
            "', 'HMAC-SHA256', 'oSomebody', 100 + i % 1000, 'CNY', 'tea', 'JSAPI', '127.0.0.1', "
            "'http://127.0.0.1/notify', '{}', 'SUCCESS', 'NOTPAY', 'wx1', " +
            first + ", '4200" + prefix + "' || substr(CAST(100000000 + i AS TEXT), 2), " + first +
            " + i * 79200000 / " + n + ", 1, 'E" + prefix + "' || i, " + first + ", " + first + ", " + first +
            " FROM n"
    );
}

} // namespace wxgate::test
