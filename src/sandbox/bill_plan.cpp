#include "sandbox/bill_plan.hpp"

#include "base/text.hpp"

#include <wxgate/messages.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>

namespace wxgate::sandbox {

namespace {

namespace json = boost::json;

constexpr std::size_t max_rules = 64;
constexpr std::size_t max_text = 128;
constexpr std::int64_t max_fee = 1'000'000'000'000'000;

struct change_name {
    bill_change change;
    std::string_view name;
};

constexpr std::array changes{
    change_name{bill_change::drop, "drop"},
    change_name{bill_change::add, "add"},
    change_name{bill_change::amount, "amount"},
    change_name{bill_change::state, "state"},
    change_name{bill_change::fee, "fee"},
};

struct text_member_name {
    std::string_view name;
    std::string bill_rule::*where;
    bool only_added; // means something with `add` only
};

constexpr std::array text_members{
    text_member_name{"mch_id", &bill_rule::mch_id, false},
    text_member_name{"out_trade_no", &bill_rule::out_trade_no, false},
    text_member_name{"out_refund_no", &bill_rule::out_refund_no, false},
    text_member_name{"state", &bill_rule::state, false},
    text_member_name{"transaction_id", &bill_rule::transaction_id, true},
    text_member_name{"refund_id", &bill_rule::refund_id, true},
    text_member_name{"openid", &bill_rule::openid, true},
};

[[noreturn]] void complain(std::size_t rule, std::string const& what) {
    throw bad_bill_plan("rules[" + std::to_string(rule) + "]: " + what);
}

std::string_view text_of(json::value const& v) {
    if (auto const* const s = v.if_string())
        return {s->data(), s->size()};
    return {};
}

std::string_view text_of(json::object const& o, std::string_view name) {
    auto const* const v = o.if_contains({name.data(), name.size()});
    return v != nullptr ? text_of(*v) : std::string_view{};
}

std::int64_t whole_of(json::value const& v, std::int64_t least, std::int64_t most, std::size_t at) {
    auto const* const n = v.if_int64();
    if (n == nullptr || *n < least || *n > most)
        complain(at, "write a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return *n;
}

std::string member_text(json::value const& v, std::string_view name, std::size_t at) {
    auto const text = text_of(v);
    if (text.empty() || text.size() > max_text || has_control(text))
        complain(at, std::string(name) + ": write a text of 1 to 128 bytes without control characters");
    return std::string(text);
}

// What each kind of rule demands and takes.
void check_rule(bill_rule const& r, json::object const& o, std::size_t at) {
    using enum bill_change;
    bool const added = r.change == add;
    if (added ? r.out_trade_no.empty() : r.out_trade_no.empty() == r.out_refund_no.empty())
        complain(
            at,
            added ? "out_trade_no: missing" : "write either out_trade_no or out_refund_no, whose row is meant"
        );
    if ((added || r.change == amount) != o.contains("amount"))
        complain(at, "amount: is for do amount and add, which demand it");
    if (r.change == state ? r.state.empty() : !added && !r.state.empty())
        complain(at, "state: is for do state, which demands it, and add");
    if (r.change == fee ? !r.fee : !added && r.fee.has_value())
        complain(at, "fee: is for do fee, which demands it, and add");
    for (auto const& m : text_members)
        if (m.only_added && !added && !(r.*m.where).empty())
            complain(at, std::string(m.name) + ": is for do add");
    if (r.out_refund_no.empty() && !r.refund_id.empty())
        complain(at, "refund_id: without out_refund_no");
}

bill_rule parse_rule(json::value const& value, std::size_t at) {
    auto const* const o = value.if_object();
    if (o == nullptr)
        complain(at, R"(is no object; write {"do":"drop","out_trade_no":"…"})");
    bill_rule rule;
    auto const name = text_of(*o, "do");
    auto const change =
        std::find_if(changes.begin(), changes.end(), [&](change_name const& c) { return c.name == name; });
    if (change == changes.end())
        complain(at, "do: missing or unknown; write one of drop, add, amount, state, fee");
    rule.change = change->change;
    for (auto const& [k, v] : *o) {
        std::string_view const key(k.data(), k.size());
        auto const text =
            std::find_if(text_members.begin(), text_members.end(), [&](text_member_name const& m) {
                return m.name == key;
            });
        if (text != text_members.end())
            rule.*text->where = member_text(v, key, at);
        else if (key == "amount")
            rule.amount = fen(whole_of(v, 0, max_amount.count(), at));
        else if (key == "fee")
            rule.fee = whole_of(v, -max_fee, max_fee, at);
        else if (key != "do")
            complain(at, "unknown member " + std::string(key));
    }
    check_rule(rule, *o, at);
    return rule;
}

} // namespace

std::string_view to_string(bill_change c) noexcept {
    for (auto const& n : changes)
        if (n.change == c)
            return n.name;
    return "";
}

dated_bill_plan parse_bill_plan(json::value const& value) {
    auto const* const o = value.if_object();
    if (o == nullptr)
        throw bad_bill_plan(R"(the body is no object; write {"bill_date":"20261123","rules":[…]})");
    dated_bill_plan out;
    for (auto const& [k, v] : *o) {
        std::string_view const key(k.data(), k.size());
        if (key == "bill_date") {
            out.bill_date = text_of(v);
        } else if (key == "available") {
            if (!v.is_bool())
                throw bad_bill_plan("available: write true (at once), false (never), or leave it out");
            out.plan.available = v.get_bool();
        } else if (key == "rules") {
            auto const* const list = v.if_array();
            if (list == nullptr)
                throw bad_bill_plan("rules: no array");
            if (list->size() > max_rules)
                throw bad_bill_plan("rules: more than " + std::to_string(max_rules));
            for (std::size_t i = 0; i < list->size(); ++i)
                out.plan.rules.push_back(parse_rule((*list)[i], i));
        } else {
            throw bad_bill_plan("unknown member; known are bill_date, available, rules");
        }
    }
    if (out.bill_date.size() != 8 || !from_wechat_time(out.bill_date + "000000"))
        throw bad_bill_plan("bill_date: missing or no day; write yyyyMMdd");
    return out;
}

json::value to_json(dated_bill_plan const& p) {
    json::array rules;
    for (auto const& r : p.plan.rules) {
        json::object o;
        o["do"] = to_string(r.change);
        for (auto const& m : text_members)
            if (auto const& text = r.*m.where; !text.empty())
                o[m.name] = text;
        if (r.change == bill_change::amount || r.change == bill_change::add)
            o["amount"] = r.amount.count();
        if (r.fee)
            o["fee"] = *r.fee;
        rules.push_back(std::move(o));
    }
    json::object out;
    out["bill_date"] = p.bill_date;
    if (p.plan.available)
        out["available"] = *p.plan.available;
    out["rules"] = std::move(rules);
    return out;
}

} // namespace wxgate::sandbox
