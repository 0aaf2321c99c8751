// WeChat's signed calls as a function: the bytes of a request in, the bytes of the answer out. No I/O; the
// time is a parameter. The order of checks is protocol A14's: method and body, XML, fields, merchant,
// client certificate, signature, then business.
#pragma once

#include "sandbox/answer.hpp"
#include "sandbox/bill.hpp"
#include "sandbox/checks.hpp"
#include "sandbox/fund_flow.hpp"
#include "sandbox/orders.hpp"
#include "sandbox/refunds.hpp"
#include "sandbox/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::sandbox {

/// How a call is to be answered, when faults are at work. A call that fails the checks is refused as ever.
struct call_faults {
    bool system_error = false; // answered SYSTEMERROR; the work is done all the same when `work` is set
    bool work = true;
    bool invent =
        false; // not done, and answered as if all had gone well (with a signature that cannot verify)
    signing sign = signing::right;
};

struct api_reply {
    std::string body;
    std::string note; // why it was refused, for the sandbox's log; no secret
};

class wechat_api {
public:
    /// All must outlive this object.
    wechat_api(
        merchant_table const& merchants,
        order_book& orders,
        refund_book& refunds,
        bill_book& bills,
        random_text random
    )
        : merchants_(merchants), orders_(orders), refunds_(refunds), bills_(bills),
          flows_(orders, refunds, bills), random_(std::move(random)) {}

    struct operation;

    /// The signed call of this path, or null. Static storage.
    static operation const* find_operation(std::string_view path) noexcept;

    /// `certificate_name` is whom the caller's verified certificate names; empty when it gave none.
    api_reply call(
        operation const& op,
        std::string_view method,
        std::string_view body,
        unix_ms now,
        call_faults const& faults = {},
        std::string_view certificate_name = {}
    );

private:
    // One call that passed the checks.
    struct verified {
        fields const& request;
        merchant const& by;
        wxgate::sign_type sign_type;
        unix_ms now;
    };

    // What every verified answer begins with, up to result_code.
    answer head(verified const& v, std::optional<std::string_view> device_info, bool success);
    answer failed(verified const& v, business_error const& why);

    // After mch_id: whom a provider calls for.
    static void add_shop(answer& a, fields const& request);

    // Each does its call's work.
    answer do_unifiedorder(verified const& v);
    answer do_orderquery(verified const& v);
    answer do_closeorder(verified const& v);
    answer do_refund(verified const& v);
    answer do_refundquery(verified const& v);
    answer do_micropay(verified const& v);
    answer do_reverse(verified const& v);
    answer do_authcodetoopenid(verified const& v);
    answer do_shorturl(verified const& v);
    api_reply do_report(verified const& v);
    api_reply do_downloadbill(verified const& v);
    api_reply do_downloadfundflow(verified const& v);
    // Each does nothing and makes up an answer that says all went well.
    answer invent_unifiedorder(verified const& v);
    answer invent_orderquery(verified const& v);
    answer invent_refund(verified const& v);
    answer invent_refundquery(verified const& v);
    answer invent_micropay(verified const& v);
    answer invent_reverse(verified const& v);
    answer invent_authcodetoopenid(verified const& v);

    answer placed(verified const& v, order const& o);
    answer charged(verified const& v, order const& o);
    answer recalled(verified const& v, bool again);
    answer owned(verified const& v, std::string_view openid);
    answer paid(verified const& v, order const& o);
    answer unpaid(verified const& v, order const& o);
    answer closed(verified const& v);
    answer refunding(verified const& v, refund_entry const& r);
    answer order_refunds(verified const& v, std::vector<refund_entry const*> const& all);
    answer refund_page(
        verified const& v,
        std::vector<refund_entry const*> const& page,
        fen sum,
        std::optional<std::size_t> total_count
    );

    refund_entry const* named_refund(verified const& v);
    static void invent_entry(verified const& v, order& o, refund_entry& r);

    merchant_table const& merchants_;
    order_book& orders_;
    refund_book& refunds_;
    bill_book& bills_;
    fund_flow_book flows_;
    random_text random_;
};

/// A row of the table of calls; a new call is a new row.
struct wechat_api::operation {
    std::string_view path;
    std::string_view name; // as faults and the request log name it
    std::optional<complaint> (*check)(fields const& request);
    answer (wechat_api::*work)(verified const& v);
    answer (wechat_api::*invent)(verified const& v);
    bool certificate = false; // demands the merchant's client certificate
    /// Instead of `work` and `invent`: the answer is not signed.
    api_reply (wechat_api::*plain)(verified const& v) = nullptr;
    bool table = false; // a bill: its refusals are made like downloadbill's
    bool hmac = false;  // signed with HMAC-SHA256 only
};

} // namespace wxgate::sandbox
