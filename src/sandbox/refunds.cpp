#include "sandbox/refunds.hpp"

#include "base/assert.hpp"

namespace wxgate::sandbox {

namespace {

constexpr std::size_t max_refunds = 50; // of one order, however they ended

business_error mismatch() {
    return {"REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致，请核实后再试"};
}

refund_plan first_plan(intervals const& all) {
    refund_plan p;
    p.settle = all.refund_settle;
    return p;
}

// What is refunded, or may yet be.
fen sum_of_live(std::vector<refund_entry const*> const& all) {
    std::int64_t sum = 0;
    for (auto const* const r : all)
        if (r->status != refund_status::REFUNDCLOSE)
            sum += r->refund_fee.count();
    return fen(sum);
}

} // namespace

refund_book::refund_book(order_book& orders, intervals const& all, random_text random)
    : orders_(orders), intervals_(all), random_(std::move(random)), plan_(first_plan(all)) {
}

refund_book::result refund_book::ask(fields const& request, merchant const& by, unix_ms now) {
    age(now);
    order const* const o = orders_.find_named(request, by.mch_id, now);
    if (o == nullptr || !is_paid(*o))
        return {nullptr, {"ORDERNOTEXIST", "订单不存在"}};
    fen const total = fen::parse(request.get("total_fee")).value();
    fen const fee = fen::parse(request.get("refund_fee")).value();
    if (auto const* const known = find(by.mch_id, request.get("out_refund_no"), now)) {
        bool const same = known->of == o && known->refund_fee == fee && o->total_fee == total;
        if (!same)
            return {nullptr, mismatch()};
        return {known, {}};
    }
    if (auto refused = refusal(*o, total, fee, by, now))
        return {nullptr, std::move(*refused)};
    return {&accept(*o, request, fee, by, now), {}};
}

// The last that is looked at is what passes by itself: first the time since the last one, then the money.
std::optional<business_error>
refund_book::refusal(order const& o, fen total, fen fee, merchant const& by, unix_ms now) const {
    if (total != o.total_fee)
        return mismatch();
    if (now - o.paid_at > intervals_.refund_window.count())
        return business_error{"TRADE_OVERDUE", "订单已经超过退款期限"};
    if (auto const at = by_order_.find(&o); at != by_order_.end()) {
        auto const& others = at->second;
        fen const live = sum_of_live(others);
        if (live == o.total_fee)
            return business_error{"ERROR", "订单已全额退款"};
        if (fee.count() > o.total_fee.count() - live.count())
            return business_error{"ERROR", "累计退款金额大于支付金额"};
        if (others.size() >= max_refunds)
            return business_error{"ERROR", "单笔订单退款次数超过上限，最多50次"};
        if (now - others.back()->accepted < intervals_.refund_spacing.count())
            return business_error{"FREQUENCY_LIMITED", "单笔订单请求频率过高，请于1分钟后重试"};
    } else if (fee > o.total_fee) {
        return business_error{"ERROR", "累计退款金额大于支付金额"};
    }
    if (balance(by) < fee.count())
        return business_error{"NOTENOUGH", "基本账户余额不足，请充值后重新发起"};
    return std::nullopt;
}

refund_entry const&
refund_book::accept(order const& o, fields const& request, fen fee, merchant const& by, unix_ms now) {
    refund_entry& r = refunds_.emplace_back();
    r.of = &o;
    r.out_refund_no = request.get("out_refund_no");
    r.refund_fee = fee;
    r.refund_account = request.get("refund_account");
    if (r.refund_account.empty())
        r.refund_account = "REFUND_SOURCE_UNSETTLED_FUNDS";
    r.notify_url = request.get("notify_url");
    r.accepted = now;
    do // 5000, six digits, the day, eleven digits: 29
        r.refund_id =
            "5000" + random_digits(random_, 6) + beijing_time(now).substr(0, 8) + random_digits(random_, 11);
    while (by_id_.contains(key(by.mch_id, r.refund_id)));
    by_number_.emplace(key(by.mch_id, r.out_refund_no), &r);
    by_id_.emplace(key(by.mch_id, r.refund_id), &r);
    by_order_[&o].push_back(&r);
    if (plan_.settle)
        endings_.emplace(now + plan_.settle->count(), ending{&r, plan_.ends_as});
    set_balance(by.mch_id, balance(by) - fee.count());
    orders_.begin_refund(o, now);
    return r;
}

refund_entry const* refund_book::find(std::string_view mch_id, std::string_view out_refund_no, unix_ms now) {
    age(now);
    auto const at = by_number_.find(key(mch_id, out_refund_no));
    return at == by_number_.end() ? nullptr : at->second;
}

refund_entry const* refund_book::find_id(std::string_view mch_id, std::string_view refund_id, unix_ms now) {
    age(now);
    auto const at = by_id_.find(key(mch_id, refund_id));
    return at == by_id_.end() ? nullptr : at->second;
}

std::vector<refund_entry const*> refund_book::of(order const& o, unix_ms now) {
    age(now);
    auto const at = by_order_.find(&o);
    if (at == by_order_.end())
        return {};
    return at->second;
}

std::deque<refund_entry> const& refund_book::all(unix_ms now) {
    age(now);
    return refunds_;
}

void refund_book::settle(refund_entry const& r, refund_status as, unix_ms now) {
    age(now);
    auto const at = by_number_.find(key(r.of->mch_id, r.out_refund_no));
    WXGATE_ASSERT(at != by_number_.end() && at->second == &r && r.status == refund_status::PROCESSING);
    end(*at->second, as, now);
}

// Ends those whose time has come.
void refund_book::age(unix_ms now) {
    while (!endings_.empty() && endings_.begin()->first <= now) {
        auto const [at, what] = *endings_.begin();
        endings_.erase(endings_.begin());
        if (what.refund->status == refund_status::PROCESSING)
            end(*what.refund, what.as, at);
    }
}

void refund_book::end(refund_entry& r, refund_status as, unix_ms at) {
    WXGATE_ASSERT(
        as == refund_status::SUCCESS || as == refund_status::CHANGE || as == refund_status::REFUNDCLOSE
    );
    r.status = as;
    r.ended = at;
    if (as == refund_status::REFUNDCLOSE)
        balances_[r.of->mch_id] += r.refund_fee.count(); // it is there since the refund was accepted
    ended_.push_back(&r);
}

std::vector<refund_entry const*> refund_book::take_ended(unix_ms now) {
    age(now);
    return std::exchange(ended_, {});
}

std::optional<unix_ms> refund_book::next_end() const noexcept {
    if (endings_.empty())
        return std::nullopt;
    return endings_.begin()->first;
}

std::int64_t refund_book::balance(merchant const& m) const {
    auto const at = balances_.find(m.mch_id);
    return at == balances_.end() ? m.balance : at->second;
}

void refund_book::set_balance(std::string_view mch_id, std::int64_t balance) {
    balances_.insert_or_assign(std::string(mch_id), balance);
}

void refund_book::clear() {
    by_number_.clear();
    by_id_.clear();
    by_order_.clear();
    endings_.clear();
    ended_.clear();
    balances_.clear();
    refunds_.clear();
    plan_ = first_plan(intervals_);
}

} // namespace wxgate::sandbox
