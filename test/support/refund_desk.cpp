#include "support/refund_desk.hpp"

namespace wxgate::test {

void refund_desk::open() {
    wechat_.behave([this](call const& c) { return decide(c); });
}

void refund_desk::on_refund(std::string const& out_refund_no, rule r) {
    std::lock_guard const lock(guard_);
    entries_[out_refund_no].on_refund = std::move(r);
}

void refund_desk::on_query(std::string const& out_refund_no, rule r) {
    std::lock_guard const lock(guard_);
    entries_[out_refund_no].on_query = std::move(r);
}

void refund_desk::settle(std::string const& out_refund_no, std::string const& status) {
    std::lock_guard const lock(guard_);
    entries_[out_refund_no].status = status;
}

answer refund_desk::decide(call const& c) {
    bool const refund = c.path == "/secapi/pay/refund";
    if (!refund && c.path != "/pay/refundquery")
        return wechat_.well_behaved(c);
    rule how;
    int n = 0;
    {
        std::lock_guard const lock(guard_);
        auto& e = entries_[value_of(c.fields, "out_refund_no")];
        how = refund ? e.on_refund : e.on_query;
        n = refund ? ++e.asked : ++e.queried;
    }
    if (how)
        if (auto said = how(c, n))
            return *said;
    return refund ? accept(c) : tell(c);
}

answer refund_desk::accept(call const& c) {
    std::lock_guard const lock(guard_);
    auto& e = entries_[value_of(c.fields, "out_refund_no")];
    if (!e.accepted) {
        e.accepted = true;
        e.request = c.fields;
        e.refund_id = "5000" + new_transaction_id().substr(4);
    }
    answer a;
    a.body = wechat_.accepted(
        c,
        {{"transaction_id", "4200000000202611230000000000"},
         {"out_trade_no", value_of(e.request, "out_trade_no")},
         {"out_refund_no", value_of(e.request, "out_refund_no")},
         {"refund_id", e.refund_id},
         {"refund_fee", value_of(e.request, "refund_fee")},
         {"total_fee", value_of(e.request, "total_fee")},
         {"cash_fee", value_of(e.request, "total_fee")}}
    );
    return a;
}

message refund_desk::told(call const& c, entry const& e) const {
    auto const number = value_of(c.fields, "out_refund_no");
    auto const fee = value_of(e.request, "refund_fee");
    message m = {
        {"transaction_id", "4200000000202611230000000000"},
        {"out_trade_no", value_of(e.request, "out_trade_no")},
        {"total_fee", value_of(e.request, "total_fee")},
        {"refund_fee", fee},
        {"refund_count", "1"},
        {"out_refund_no_0", number},
        {"refund_id_0", e.refund_id},
        {"refund_fee_0", fee},
        {"refund_status_0", e.status}};
    if (e.status == "SUCCESS")
        m.emplace_back("refund_success_time_0", "2026-11-23 12:00:00");
    return m;
}

answer refund_desk::tell(call const& c) {
    std::lock_guard const lock(guard_);
    auto const& e = entries_[value_of(c.fields, "out_refund_no")];
    answer a;
    a.body = e.accepted ? wechat_.accepted(c, told(c, e)) : wechat_.refused(c, "REFUNDNOTEXIST", "not exist");
    return a;
}

answer refund_desk::told_with(call const& c, message const& changes) {
    std::lock_guard const lock(guard_);
    auto fields = told(c, entries_[value_of(c.fields, "out_refund_no")]);
    for (auto const& [name, value] : changes)
        set(fields, name, value);
    answer a;
    a.body = wechat_.accepted(c, fields);
    return a;
}

bool refund_desk::knows(std::string const& out_refund_no) const {
    std::lock_guard const lock(guard_);
    auto const found = entries_.find(out_refund_no);
    return found != entries_.end() && found->second.accepted;
}

std::string refund_desk::refund_id(std::string const& out_refund_no) const {
    std::lock_guard const lock(guard_);
    auto const found = entries_.find(out_refund_no);
    return found == entries_.end() ? "" : found->second.refund_id;
}

std::vector<call> refund_desk::about(std::string const& out_refund_no) const {
    std::vector<call> some;
    for (auto& c : wechat_.calls())
        if (value_of(c.fields, "out_refund_no") == out_refund_no)
            some.push_back(std::move(c));
    return some;
}

std::size_t refund_desk::asked(std::string const& out_refund_no) const {
    std::size_t n = 0;
    for (auto const& c : about(out_refund_no))
        n += c.path == "/secapi/pay/refund" ? 1U : 0U;
    return n;
}

std::size_t refund_desk::queried(std::string const& out_refund_no) const {
    return about(out_refund_no).size() - asked(out_refund_no);
}

std::string refund_desk::trouble(std::string const& out_refund_no, std::size_t queries) const {
    std::optional<message> first;
    std::size_t queried = queries;
    for (auto const& c : about(out_refund_no)) {
        if (c.path != "/secapi/pay/refund") {
            ++queried;
            continue;
        }
        if (queried < queries)
            return out_refund_no + ": called again after " + std::to_string(queried) + " queries";
        queried = 0;
        auto fields = c.fields;
        remove(fields, "nonce_str");
        remove(fields, "sign");
        if (!first)
            first = fields;
        if (naive_canonical(fields) != naive_canonical(*first))
            return out_refund_no + ": called again with other parameters";
    }
    return {};
}

} // namespace wxgate::test
