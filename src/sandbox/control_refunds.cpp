// Control calls about refunds: how they end, and the balance they are paid from.
#include "sandbox/control_calls.hpp"

#include <boost/json.hpp>

namespace wxgate::sandbox {

namespace {

namespace json = boost::json;

constexpr std::int64_t max_balance = 1'000'000'000'000'000;

// How a refund may end.
std::optional<refund_status> parse_end(std::optional<std::string> const& text) {
    auto const s = text ? parse_refund_status(*text) : std::nullopt;
    if (s == refund_status::SUCCESS || s == refund_status::CHANGE || s == refund_status::REFUNDCLOSE)
        return s;
    return std::nullopt;
}

// The refunds of this number, of one merchant or of all.
std::vector<refund_entry const*>
all_named(world& w, std::string_view number, std::optional<std::string> const& mch_id) {
    std::vector<refund_entry const*> out;
    for (auto const& m : w.merchants.all()) {
        if (mch_id && *mch_id != m.mch_id)
            continue;
        if (auto const* const r = w.refunds.find(m.mch_id, number, w.clock.now()))
            out.push_back(r);
    }
    return out;
}

std::string settle_text(refund_plan const& p) {
    return p.settle ? to_text(*p.settle) : "never";
}

} // namespace

control_reply settle_refund(world& w, control_call const& c) {
    auto const usage = [] {
        return refused(
            400,
            R"(write {"out_refund_no":"…","refund_status":"SUCCESS|CHANGE|REFUNDCLOSE"}, and "mch_id" where it takes one)"
        );
    };
    auto const body = parsed(c.body);
    if (!body || !body->is_object())
        return usage();
    auto const& o = body->get_object();
    auto const number = text_member(o, "out_refund_no");
    auto const status = parse_end(text_member(o, "refund_status"));
    auto const mch_id = text_member(o, "mch_id");
    if (!has_only(o, {"out_refund_no", "refund_status", "mch_id"}) || !number || !status ||
        o.contains("mch_id") != mch_id.has_value())
        return usage();

    auto const found = all_named(w, *number, mch_id);
    if (found.empty())
        return refused(404, "no refund has this out_refund_no");
    if (found.size() > 1)
        return refused(400, "several merchants have this out_refund_no; write \"mch_id\" too");
    auto const& r = *found.front();
    if (r.status != refund_status::PROCESSING)
        return refused(409, "this refund has ended already: " + std::string(to_string(r.status)));
    w.refunds.settle(r, *status, w.clock.now());
    w.ripen();
    w.something_is_due();
    json::object out;
    out["out_refund_no"] = r.out_refund_no;
    out["refund_id"] = r.refund_id;
    out["refund_status"] = json::string(to_string(r.status));
    return ok(out);
}

control_reply put_refunds(world& w, control_call const& c) {
    static constexpr char const* usage =
        R"(write {"settle":"30s","refund_status":"SUCCESS"}, or one of the two; settle may be "never", )"
        "refund_status SUCCESS, CHANGE or REFUNDCLOSE";
    auto const body = parsed(c.body);
    if (!body || !body->is_object() || !has_only(body->get_object(), {"settle", "refund_status"}))
        return refused(400, usage);
    auto const& o = body->get_object();
    refund_plan plan = w.refunds.plan();
    if (o.contains("settle")) {
        auto const text = text_member(o, "settle");
        plan.settle = text ? parse_duration(*text) : std::nullopt;
        if (!plan.settle && text != "never")
            return refused(400, usage);
    }
    if (o.contains("refund_status")) {
        auto const status = parse_end(text_member(o, "refund_status"));
        if (!status)
            return refused(400, usage);
        plan.ends_as = *status;
    }
    w.refunds.set_plan(plan);
    json::object out;
    out["settle"] = settle_text(plan);
    out["refund_status"] = json::string(to_string(plan.ends_as));
    return ok(out);
}

control_reply set_balance(world& w, control_call const& c) {
    static constexpr char const* usage =
        R"(write {"mch_id":"…","balance":N}, N fen from 0 to 1000000000000000)";
    auto const body = parsed(c.body);
    if (!body || !body->is_object() || !has_only(body->get_object(), {"mch_id", "balance"}))
        return refused(400, usage);
    auto const& o = body->get_object();
    auto const mch_id = text_member(o, "mch_id");
    auto const* const balance = o.if_contains("balance");
    auto const* const n = balance != nullptr ? balance->if_int64() : nullptr;
    if (!mch_id || n == nullptr || *n < 0 || *n > max_balance)
        return refused(400, usage);
    if (w.merchants.by_mch_id(*mch_id) == nullptr)
        return refused(404, "no merchant has this mch_id");
    w.refunds.set_balance(*mch_id, *n);
    json::object out;
    out["mch_id"] = *mch_id;
    out["balance"] = *n;
    return ok(out);
}

} // namespace wxgate::sandbox
