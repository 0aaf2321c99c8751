// downloadbill and downloadfundflow (protocol A12): the calls whose answer is neither XML nor signed.
#include "sandbox/wechat_api.hpp"
#include "wire/gunzip.hpp"

namespace wxgate::sandbox {

api_reply wechat_api::do_downloadbill(verified const& v) {
    auto const type = v.request.get("bill_type");
    std::optional<std::string> bill;
    if (type != "RECHARGE_REFUND") // refunds to coupons, which this sandbox does not have
        bill = bills_.write(
            v.by,
            v.request.get("bill_date"),
            wire::parse_bill_type(type).value_or(wire::bill_type::all),
            v.now,
            v.request.get("sub_mch_id")
        );
    if (!bill)
        return {bill_refusal_xml("No Bill Exist", "20002"), "no such bill"};
    if (v.request.get("tar_type") == "GZIP")
        return {wire::gzip(*bill), {}};
    return {std::move(*bill), {}};
}

api_reply wechat_api::do_downloadfundflow(verified const& v) {
    auto const account = parse_fund_account(v.request.get("account_type"));
    std::optional<std::string> table;
    if (account == fund_account::basic) // money moves there only
        table = flows_.write(v.by, v.request.get("bill_date"), v.now);
    if (!table)
        return {bill_refusal_xml("No Bill Exist", "20002"), "no such bill"};
    if (v.request.get("tar_type") == "GZIP")
        return {wire::gzip(*table), {}};
    return {std::move(*table), {}};
}

} // namespace wxgate::sandbox
