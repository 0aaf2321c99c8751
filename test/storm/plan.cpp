#include "plan.hpp"

#include "dice.hpp"

#include <algorithm>
#include <array>

namespace wxgate::test {

namespace {

constexpr int number_of_shops = 6;
constexpr int stories_a_second = 12; // of one shop; more than it has time for

// Where the product has a failpoint (src/base/failpoint.hpp); a build without them takes no notice.
std::vector<std::string> const& failpoints() {
    static std::vector<std::string> const names = {
        "pay.before_insert",
        "pay.after_insert",
        "pay.before_commit2",
        "pay.before_reply",
        "notify.parsed",
        "notify.verified",
        "notify.after_commit",
        "refund.after_request",
        "refund.after_approve",
        "refund.before_call",
        "refund.after_call",
        "refund.after_commit",
        "webhook.after_claim",
        "webhook.after_send",
        "resolver.after_query"};
    return names;
}

// Background loops: an exception in one must not end it (RELIABILITY.md C1).
std::vector<std::string> const& loops() {
    static std::vector<std::string> const names = {"loop.resolver", "loop.webhooks", "loop.refunds"};
    return names;
}

std::string padded(std::uint64_t n, std::size_t digits) {
    auto text = std::to_string(n);
    return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

void add(story& s, deed what, int n = 0) {
    s.steps.push_back({what, n});
}

// Anything may be done twice, and somebody looks now and then.
void maybe_look(story& s, dice& random) {
    if (random.percent(20))
        add(s, random.percent(50) ? deed::read : deed::sync);
    if (random.percent(8))
        add(s, deed::repeat);
    if (random.percent(5))
        add(s, deed::events);
    if (random.percent(3))
        add(s, deed::list);
    if (random.percent(6))
        add(s, deed::meddle);
    if (random.percent(15))
        add(s, deed::wait, static_cast<int>(random.between(1, 120)));
}

void plan_payment(story& s, dice& random) {
    add(s, deed::create);
    maybe_look(s, random);
    if (random.percent(15))
        add(s, random.percent(50) ? deed::cancel : deed::fail);
    add(s, deed::pay);
    if (random.percent(25))
        add(s, deed::pay_again);
    maybe_look(s, random);
}

void plan_refund(story& s, dice& random, std::int64_t fee) {
    auto const n = static_cast<int>(s.refunds.size());
    planned_refund r;
    r.fee = fee;
    r.purpose = s.token + "r" + std::to_string(n);
    if (random.percent(75))
        r.out_refund_no = "R-" + r.purpose;
    s.refunds.push_back(r);
    bool const by_person = s.merchant == "rival" && random.percent(40) && !r.out_refund_no.empty();
    add(s, by_person ? deed::ask_refund : deed::refund, n);
    if (!by_person && random.percent(30))
        add(s, deed::refund, n);
    if (s.merchant == "rival") {
        if (by_person && random.percent(50))
            add(s, deed::approve_own, n);
        add(s, random.percent(80) ? deed::approve : deed::reject, n);
        if (random.percent(20))
            add(s, random.percent(50) ? deed::approve : deed::reject, n); // too late, or once more
    }
    if (random.percent(25))
        add(s, deed::refund_sync, n);
    maybe_look(s, random);
}

void plan_steps(story& s, dice& random) {
    auto const kind = random.below(100);
    if (kind < 35) { // paid, and that is all
        plan_payment(s, random);
        add(s, deed::read);
    } else if (kind < 70) { // paid, and refunded in parts
        plan_payment(s, random);
        auto left = s.total_fee;
        auto const parts = random.between(1, 3);
        for (std::int64_t i = 0; i < parts && left > 0; ++i) {
            auto const fee = i + 1 == parts && random.percent(50) ? left : random.between(1, left);
            plan_refund(s, random, fee);
            left -= fee;
            if (random.percent(20))
                add(s, deed::too_much);
        }
    } else if (kind < 80) { // closed; the customer is late
        add(s, deed::create);
        maybe_look(s, random);
        add(s, deed::close);
        if (random.percent(50))
            add(s, deed::close);
        add(s, deed::pay);
        maybe_look(s, random);
    } else if (kind < 90) { // paid while it is closed
        add(s, deed::create);
        add(s, random.percent(50) ? deed::pay : deed::wait, 5);
        add(s, deed::close);
        add(s, deed::sync);
    } else { // never paid
        add(s, deed::create);
        maybe_look(s, random);
        if (random.percent(50))
            add(s, deed::cancel);
        add(s, deed::sync);
    }
}

story make_story(int shop, int n, dice random) {
    static std::vector<std::string> const merchants = {"shop", "rival", "plain"};
    story s;
    s.token = "s" + std::to_string(shop) + "n" + padded(static_cast<std::uint64_t>(n), 5);
    auto const whose = random.below(merchants.size());
    s.merchant = merchants[static_cast<std::size_t>(whose)];
    s.meddler = merchants[static_cast<std::size_t>((whose + 1 + random.below(2)) % merchants.size())];
    if (random.percent(80))
        s.out_trade_no = "storm-" + s.token;
    s.openid = "oUpFCANARY" + padded(random.below(1'000'000'000), 18);
    s.total_fee = random.between(2, 2000);
    plan_steps(s, random);
    return s;
}

// ---- weather --------------------------------------------------------------------------------------------

std::string rule(std::string const& on, std::string const& what, std::uint64_t percent, std::int64_t ms) {
    return R"({"on":")" + on + R"(","do":")" + what + R"(","p":0.)" + padded(percent, 2) + R"(,"ms":)" +
           std::to_string(ms) + "}";
}

std::string make_faults(dice& random) {
    static std::vector<std::string> const calls = {
        "unifiedorder", "orderquery", "closeorder", "refund", "refundquery"};
    static std::vector<std::string> const call_faults = {
        "delay",
        "hang_before",
        "hang_after",
        "reset_before",
        "reset_after",
        "system_error",
        "bad_sign",
        "garbage",
        "http_500",
        "sign_probe"};
    static std::vector<std::string> const notify_faults = {
        "delay", "duplicate", "reorder", "drop", "bad_sign", "sign_probe"};
    std::string rules;
    auto const n = random.between(0, 7);
    for (std::int64_t i = 0; i < n; ++i) {
        bool const notification = random.percent(30);
        // One draw a statement: the order of a call's arguments is the compiler's.
        std::string on = notification ? "notify" : random.one_of(calls);
        if (notification && random.percent(40))
            on = "refund_notify";
        auto const& what = random.one_of(notification ? notify_faults : call_faults);
        auto const percent = static_cast<std::uint64_t>(random.between(2, 30));
        auto const ms = random.between(20, 1200);
        rules += (rules.empty() ? "" : ",") + rule(on, what, percent, ms);
    }
    return R"({"seed":)" + std::to_string(random.below(1'000'000)) + R"(,"rules":[)" + rules + "]}";
}

std::string make_refunds(dice& random) {
    auto const end = random.below(100);
    auto const* const status = end < 88 ? "SUCCESS" : end < 94 ? "CHANGE" : "REFUNDCLOSE";
    return R"({"settle":")" + std::to_string(random.between(1, 1500)) + R"(ms","refund_status":")" + status +
           "\"}";
}

std::vector<weather> make_sky(milliseconds length, dice random) {
    std::vector<weather> all;
    milliseconds at{0};
    while (at < length) {
        weather w;
        w.at = at;
        w.faults = make_faults(random);
        w.refunds = make_refunds(random);
        all.push_back(std::move(w));
        at += milliseconds(random.between(700, 3000));
    }
    return all;
}

// ---- interruptions ----------------------------------------------------------------------------------------

std::string make_failpoint(dice& random) {
    auto const kind = random.below(100);
    if (kind < 55)
        return {};
    if (kind < 85) {
        auto const& name = random.one_of(failpoints());
        return name + "=kill%0." + padded(static_cast<std::uint64_t>(random.between(2, 30)), 2) + "*once";
    }
    return random.one_of(loops()) + "=throw%0.5";
}

std::vector<interruption> make_interruptions(milliseconds length, int count, dice random) {
    std::vector<interruption> all;
    for (int i = 0; i < count; ++i) {
        interruption one;
        one.at = milliseconds(random.between(300, std::max<std::int64_t>(301, length.count() - 300)));
        one.kind = random.percent(80) ? interruption_kind::kill : interruption_kind::terminate;
        one.failpoint = make_failpoint(random);
        one.seed = random.next();
        one.torn = random.percent(50);
        all.push_back(std::move(one));
    }
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.at < b.at; });
    return all;
}

std::string describe(story const& s) {
    auto text = s.token + " " + s.merchant + " " +
                (s.out_trade_no.empty() ? std::string("keyed") : s.out_trade_no) + " " +
                std::to_string(s.total_fee) + ":";
    for (auto const& each : s.steps) {
        text += std::string(" ") + to_string(each.what);
        switch (each.what) {
        case deed::wait:
            text += "(" + std::to_string(each.n) + ")";
            break;
        case deed::refund:
        case deed::ask_refund:
        case deed::approve:
        case deed::approve_own:
        case deed::reject:
        case deed::refund_sync:
            text += "(" + std::to_string(each.n) + "," +
                    std::to_string(s.refunds[static_cast<std::size_t>(each.n)].fee) + ")";
            break;
        default:
            break;
        }
    }
    return text;
}

} // namespace

char const* to_string(deed d) noexcept {
    static constexpr std::array names = {"create", "repeat",      "pay",        "pay_again", "cancel",
                                         "fail",   "read",        "sync",       "events",    "list",
                                         "close",  "refund",      "ask_refund", "approve",   "approve_own",
                                         "reject", "refund_sync", "too_much",   "meddle",    "wait"};
    return names[static_cast<std::size_t>(d)];
}

plan make_plan(plan_options const& options) {
    plan p;
    p.options = options;
    if (p.options.kills < 0)
        p.options.kills = options.seconds / 2;
    dice random(options.seed);
    // Streams of their own: one part can change and the others stay.
    auto stories = random.fork();
    auto const sky = random.fork();
    auto const ends = random.fork();
    p.receiver_seed = random.next();
    for (int shop = 0; shop < number_of_shops; ++shop) {
        auto mine = stories.fork();
        auto& all = p.shops.emplace_back();
        for (int n = 0; n < options.seconds * stories_a_second; ++n)
            all.push_back(make_story(shop, n, mine.fork()));
    }
    milliseconds const length = std::chrono::seconds(options.seconds);
    p.sky = make_sky(length, sky);
    p.interruptions = make_interruptions(length, p.options.kills, ends);
    return p;
}

std::string describe(plan const& p) {
    auto text = "seed " + std::to_string(p.options.seed) + ", " + std::to_string(p.options.seconds) + " s, " +
                std::to_string(p.options.kills) + " interruptions" +
                (p.options.power_loss ? ", each with a power loss" : "") + "\n";
    for (auto const& w : p.sky)
        text += "at " + std::to_string(w.at.count()) + " ms: faults " + w.faults + ", refunds " + w.refunds +
                "\n";
    for (auto const& i : p.interruptions)
        text += "at " + std::to_string(i.at.count()) +
                " ms: " + (i.kind == interruption_kind::kill ? "kill -9" : "SIGTERM") +
                (p.options.power_loss && i.kind == interruption_kind::kill
                     ? std::string(i.torn ? ", torn power loss" : ", power loss")
                     : std::string()) +
                (i.failpoint.empty() ? "" : ", then " + i.failpoint) + "\n";
    text += "receivers' seed " + std::to_string(p.receiver_seed) + "\n";
    for (auto const& shop : p.shops)
        for (auto const& s : shop)
            text += describe(s) + "\n";
    return text;
}

} // namespace wxgate::test
