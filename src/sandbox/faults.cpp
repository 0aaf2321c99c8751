#include "sandbox/faults.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>

namespace wxgate::sandbox {

namespace {

namespace json = boost::json;

constexpr std::size_t max_rules = 64;
constexpr std::int64_t max_ms = 600'000;

struct kind_name {
    fault_kind kind;
    std::string_view name;
    bool call;   // may strike a call
    bool notify; // may strike a notification
};

constexpr std::array kinds{
    kind_name{fault_kind::delay, "delay", true, true},
    kind_name{fault_kind::hang_before, "hang_before", true, false},
    kind_name{fault_kind::hang_after, "hang_after", true, false},
    kind_name{fault_kind::reset_before, "reset_before", true, false},
    kind_name{fault_kind::reset_after, "reset_after", true, false},
    kind_name{fault_kind::system_error, "system_error", true, false},
    kind_name{fault_kind::bad_sign, "bad_sign", true, true},
    kind_name{fault_kind::garbage, "garbage", true, false},
    kind_name{fault_kind::http_500, "http_500", true, false},
    kind_name{fault_kind::duplicate, "duplicate", false, true},
    kind_name{fault_kind::reorder, "reorder", false, true},
    kind_name{fault_kind::drop, "drop", false, true},
    kind_name{fault_kind::sign_probe, "sign_probe", true, true},
};

struct place {
    std::string_view name;
    bool notify;
};

constexpr std::array places{
    place{"unifiedorder", false},
    place{"orderquery", false},
    place{"closeorder", false},
    place{"refund", false},
    place{"refundquery", false},
    place{"downloadbill", false},
    place{"refundv2", false},
    place{"refundqueryv2", false},
    place{"micropay", false},
    place{"reverse", false},
    place{"authcodetoopenid", false},
    place{"shorturl", false},
    place{"report", false},
    place{"downloadfundflow", false},
    place{"notify", true},
    place{"refund_notify", true},
};

template <class Names>
std::string list_of(Names const& names) {
    std::string out;
    for (auto const& n : names)
        out.append(out.empty() ? "" : ", ").append(n.name);
    return out;
}

[[noreturn]] void complain(std::size_t rule, std::string const& what) {
    throw bad_fault_plan("rules[" + std::to_string(rule) + "]: " + what);
}

std::string_view text_of(json::value const& v) {
    if (auto const* const s = v.if_string())
        return {s->data(), s->size()};
    return {};
}

std::optional<std::int64_t> whole_of(json::value const& v) {
    if (auto const* const n = v.if_int64())
        return *n;
    return std::nullopt; // one of 2^63 and more too
}

fault_rule parse_rule(json::value const& value, std::size_t at) {
    auto const* const o = value.if_object();
    if (o == nullptr)
        complain(at, R"(is no object; write {"on":"unifiedorder","do":"delay","ms":200})");
    fault_rule rule;
    for (auto const& [k, v] : *o) {
        std::string_view const key(k.data(), k.size());
        if (key == "on") {
            rule.on = text_of(v);
        } else if (key == "do") {
            auto const name = text_of(v);
            auto const found =
                std::find_if(kinds.begin(), kinds.end(), [&](auto const& n) { return n.name == name; });
            if (found == kinds.end())
                complain(at, "do: unknown; write one of " + list_of(kinds));
            rule.kind = found->kind;
        } else if (key == "p") {
            if (!v.is_number())
                complain(at, "p: no number; write one from 0 to 1");
            rule.p = v.to_number<double>();
            if (!(rule.p >= 0 && rule.p <= 1))
                complain(at, "p: out of range; write a number from 0 to 1");
        } else if (key == "ms") {
            auto const n = whole_of(v);
            if (!n || *n < 0 || *n > max_ms)
                complain(at, "ms: write a whole number from 0 to " + std::to_string(max_ms));
            rule.ms = std::chrono::milliseconds(*n);
        } else if (key == "times") {
            auto const n = whole_of(v);
            if (!n || *n < 1)
                complain(at, "times: write a whole number from 1 up, or leave it out for always");
            rule.times = static_cast<std::uint64_t>(*n);
        } else {
            complain(at, "unknown member; known are on, do, p, ms, times");
        }
    }
    auto const where =
        std::find_if(places.begin(), places.end(), [&](auto const& p) { return p.name == rule.on; });
    if (where == places.end())
        complain(at, "on: missing or unknown; write one of " + list_of(places));
    if (!o->contains("do"))
        complain(at, "do: missing; write one of " + list_of(kinds));
    auto const kind =
        std::find_if(kinds.begin(), kinds.end(), [&](auto const& n) { return n.kind == rule.kind; });
    if (where->notify ? !kind->notify : !kind->call) {
        complain(
            at,
            "do: " + std::string(kind->name) + " cannot strike " + rule.on +
                (where->notify ? "; write delay, duplicate, reorder, drop, bad_sign or sign_probe"
                               : "; duplicate, reorder and drop are for notify and refund_notify")
        );
    }
    return rule;
}

// splitmix64, so that neighbouring seeds and rules give unrelated streams.
std::uint64_t mixed(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15U;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31U);
}

} // namespace

std::string_view to_string(fault_kind k) noexcept {
    for (auto const& n : kinds)
        if (n.kind == k)
            return n.name;
    return "";
}

fault_plan parse_fault_plan(json::value const& value, std::uint64_t default_seed) {
    auto const* const o = value.if_object();
    if (o == nullptr)
        throw bad_fault_plan(R"(the body is no object; write {"seed":7,"rules":[…]})");
    fault_plan plan;
    plan.seed = default_seed;
    for (auto const& [k, v] : *o) {
        std::string_view const key(k.data(), k.size());
        if (key == "seed") {
            auto const n = whole_of(v);
            if (n && *n >= 0)
                plan.seed = static_cast<std::uint64_t>(*n);
            else if (auto const* const u = v.if_uint64())
                plan.seed = *u;
            else
                throw bad_fault_plan("seed: write a whole number from 0 up");
        } else if (key == "rules") {
            auto const* const list = v.if_array();
            if (list == nullptr)
                throw bad_fault_plan("rules: no array");
            if (list->size() > max_rules)
                throw bad_fault_plan("rules: more than " + std::to_string(max_rules));
            for (std::size_t i = 0; i < list->size(); ++i)
                plan.rules.push_back(parse_rule((*list)[i], i));
        } else {
            throw bad_fault_plan("unknown member; known are seed, rules");
        }
    }
    if (!o->contains("rules"))
        throw bad_fault_plan("rules: missing; write an array, empty for none");
    return plan;
}

json::value to_json(fault_plan const& plan) {
    json::array rules;
    for (auto const& r : plan.rules) {
        json::object o;
        o["on"] = r.on;
        o["do"] = to_string(r.kind);
        o["p"] = r.p;
        if (r.ms)
            o["ms"] = r.ms->count();
        if (r.times)
            o["times"] = *r.times;
        rules.push_back(std::move(o));
    }
    json::object out;
    out["seed"] = plan.seed;
    out["rules"] = std::move(rules);
    return out;
}

void fault_engine::set(fault_plan plan) {
    plan_ = std::move(plan);
    states_.clear();
    for (std::size_t i = 0; i < plan_.rules.size(); ++i)
        states_.push_back({std::mt19937_64(mixed(plan_.seed ^ mixed(i))), 0});
}

fault fault_engine::draw(std::string_view on) {
    fault out;
    for (std::size_t i = 0; i < plan_.rules.size(); ++i) {
        auto const& rule = plan_.rules[i];
        auto& s = states_[i];
        if (rule.on != on)
            continue;
        double const toss = static_cast<double>(s.stream() >> 11U) * 0x1p-53; // [0, 1)
        bool const coin = (s.stream() & 1U) != 0;
        if (toss >= rule.p || (rule.times && s.struck >= *rule.times))
            continue;
        if (rule.kind == fault_kind::delay) {
            out.delay += rule.ms.value_or(std::chrono::milliseconds(100));
        } else if (!out.kind) {
            out.kind = rule.kind;
            out.ms = rule.ms;
            out.coin = coin;
        } else {
            continue; // another struck already
        }
        ++s.struck;
    }
    return out;
}

} // namespace wxgate::sandbox
