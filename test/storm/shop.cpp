#include "shop.hpp"

#include <stdexcept>
#include <thread>

namespace wxgate::test {

namespace {

constexpr auto patience = 8s; // for what a story cannot go on without
constexpr auto soon = 2500ms; // for the rest
constexpr auto breath = 25ms; // between two tries

bool is_good(unsigned status) {
    return status >= 200 && status < 300;
}

// As good as no answer: to be tried again.
bool is_away(reply const& r) {
    return r.status == 0 || r.status == 429 || r.status == 502 || r.status == 503 || r.status == 504;
}

// A conflict that time mends.
bool is_early(deed what, reply const& r) {
    if (r.status != 409)
        return false;
    auto const code = text_of(r.parsed(), "code");
    bool const asks = what == deed::refund || what == deed::ask_refund;
    return code == "in_progress" || (asks && code == "invalid_state"); // not known to be paid yet
}

// A refusal that has its place in the contract. Of one number only one request is ever made, so nothing is
// refused for being another one.
bool is_expected(deed what, reply const& r) {
    switch (r.status) {
    case 409: {
        auto const code = text_of(r.parsed(), "code");
        return code != "order_conflict" && code != "refund_conflict" && code != "idempotency_mismatch";
    }
    case 403:
        return what == deed::approve_own || what == deed::meddle;
    case 404:
        return what == deed::meddle;
    case 422: // WeChat's own refusal, when it could not be asked what the order is
        return what == deed::create || what == deed::repeat || what == deed::close || what == deed::sync;
    default:
        return false;
    }
}

} // namespace

shop::shop(
    system_under_test const& system,
    std::vector<story> const& stories,
    std::vector<std::uint16_t> gateways,
    record& seen,
    std::atomic<bool> const& stopping
)
    : system_(system), stories_(stories), gateways_(std::move(gateways)), seen_(seen), stopping_(stopping) {
}

void shop::trade() {
    for (auto const& s : stories_) {
        if (stopping_)
            return;
        tell(s);
    }
}

void shop::tell(story const& s) {
    order_so_far o(s);
    for (auto const& each : s.steps) {
        if (stopping_)
            return;
        carry_out(o, each);
        if (o.number.empty()) // the gateway was away all the time: what became of it nobody knows here
            return;
    }
}

void shop::carry_out(order_so_far& o, step const& s) {
    switch (s.what) {
    case deed::create:
    case deed::repeat:
        return create(o, s.what);
    case deed::pay:
    case deed::pay_again:
        return pay(o, s.what, "");
    case deed::cancel:
        return pay(o, s.what, "?outcome=cancel");
    case deed::fail:
        return pay(o, s.what, "?outcome=fail");
    case deed::read:
        return look(o, s.what, "");
    case deed::sync:
        return look(o, s.what, "?sync=1");
    case deed::events:
        return look_at_list(o, s.what, "/v1/payments/" + o.number + "/events");
    case deed::list:
        return look_at_list(o, s.what, "/v1/payments?limit=5");
    case deed::close:
        return close(o);
    case deed::refund:
        return refund(o, s.n);
    case deed::ask_refund:
        return ask_refund(o, s.n);
    case deed::approve:
    case deed::approve_own:
    case deed::reject:
        return decide(o, s);
    case deed::refund_sync:
        return look_at_refund(o, s.n);
    case deed::too_much:
        return too_much(o);
    case deed::meddle:
        return meddle(o);
    case deed::wait:
        std::this_thread::sleep_for(milliseconds(s.n));
        return;
    }
}

void shop::create(order_so_far& o, deed what) {
    auto const& plan = o.plan;
    json::object body = {
        {"openid", plan.openid},
        {"total_fee", plan.total_fee},
        {"body", "storm"},
        {"metadata", json::object{{"storm", plan.token}}}};
    header_list headers;
    if (plan.out_trade_no.empty())
        headers.emplace_back("Idempotency-Key", plan.token);
    else
        body["out_trade_no"] = plan.out_trade_no;
    auto const r =
        insist(what, patience, [&] { return key_of(plan.merchant).post("/v1/payments", body, headers); });
    if (!is_good(r.status))
        return;
    auto const made = r.parsed();
    seen_.payment(plan.merchant, plan.token, made);
    if (text_of(member(made, "metadata"), "storm") != plan.token)
        seen_.strange(plan.token + " was answered with another order: " + r.describe());
    o.number = text_of(made, "out_trade_no");
    if (auto values = member(made, "request_payment"); values.is_object())
        o.request_payment = std::move(values);
}

void shop::pay(order_so_far const& o, deed what, std::string const& query) {
    if (!o.request_payment.is_object())
        return;
    auto const r = attempt([&] {
        return system_.control().post("/control/request-payment" + query, o.request_payment);
    });
    seen_.count(to_string(what), r.status);
}

void shop::look(order_so_far const& o, deed what, std::string const& query) {
    auto const r =
        insist(what, soon, [&] { return anywhere(o.plan.merchant).get("/v1/payments/" + o.number + query); });
    if (is_good(r.status))
        seen_.payment(o.plan.merchant, o.plan.token, r.parsed());
}

void shop::look_at_list(order_so_far const& o, deed what, std::string const& target) {
    insist(what, soon, [&] { return anywhere(o.plan.merchant).get(target); });
}

void shop::close(order_so_far const& o) {
    auto const r = insist(deed::close, soon, [&] {
        return key_of(o.plan.merchant).post_text("/v1/payments/" + o.number + "/close");
    });
    if (is_good(r.status))
        seen_.payment(o.plan.merchant, o.plan.token, r.parsed());
}

void shop::keep_refund(order_so_far& o, int n, reply const& r) {
    if (!is_good(r.status))
        return;
    auto const made = r.parsed();
    seen_.refund(o.plan.merchant, made);
    o.refunds[n] = text_of(made, "out_refund_no");
    if (text_of(made, "reason") != o.plan.refunds[static_cast<std::size_t>(n)].purpose)
        seen_.strange(
            o.plan.refunds[static_cast<std::size_t>(n)].purpose +
            " was answered with another refund: " + r.describe()
        );
}

void shop::refund(order_so_far& o, int n) {
    auto const& plan = o.plan.refunds[static_cast<std::size_t>(n)];
    json::object body = {{"refund_fee", plan.fee}, {"reason", plan.purpose}};
    header_list headers;
    if (plan.out_refund_no.empty())
        headers.emplace_back("Idempotency-Key", plan.purpose);
    else
        body["out_refund_no"] = plan.out_refund_no;
    keep_refund(o, n, insist(deed::refund, patience, [&] {
                    return anywhere(o.plan.merchant)
                        .post("/v1/payments/" + o.number + "/refunds", body, headers);
                }));
}

void shop::ask_refund(order_so_far& o, int n) {
    auto const& plan = o.plan.refunds[static_cast<std::size_t>(n)];
    json::object const body = {
        {"refund_fee", plan.fee}, {"reason", plan.purpose}, {"out_refund_no", plan.out_refund_no}};
    keep_refund(o, n, insist(deed::ask_refund, patience, [&] {
                    return as_operator("alice", "/admin/v1/payments/" + o.number + "/refunds", body);
                }));
}

void shop::decide(order_so_far const& o, step const& s) {
    auto const found = o.refunds.find(s.n);
    if (found == o.refunds.end())
        return;
    bool const rejects = s.what == deed::reject;
    json::object body = {{"reason", "storm"}};
    if (!rejects)
        body["refund_fee"] = o.plan.refunds[static_cast<std::size_t>(s.n)].fee;
    auto const target = "/admin/v1/refunds/" + found->second + (rejects ? "/reject" : "/approve");
    auto const* const who = s.what == deed::approve_own ? "alice" : "bob";
    auto const r = insist(s.what, soon, [&] { return as_operator(who, target, body); });
    if (!is_good(r.status))
        return;
    seen_.refund(o.plan.merchant, r.parsed());
    if (s.what == deed::approve_own)
        seen_.strange(found->second + " was approved by who asked for it");
}

void shop::look_at_refund(order_so_far const& o, int n) {
    auto const found = o.refunds.find(n);
    if (found == o.refunds.end())
        return;
    auto const r = insist(deed::refund_sync, soon, [&] {
        return anywhere(o.plan.merchant).get("/v1/refunds/" + found->second + "?sync=1");
    });
    if (is_good(r.status))
        seen_.refund(o.plan.merchant, r.parsed());
}

// Of the whole amount, though parts of it are refunded: 409, unless those were given back meanwhile.
void shop::too_much(order_so_far const& o) {
    auto const purpose = o.plan.token + "x";
    json::object const body = {
        {"refund_fee", o.plan.total_fee}, {"reason", purpose}, {"out_refund_no", "R-" + purpose}};
    auto const r = insist(deed::too_much, soon, [&] {
        return anywhere(o.plan.merchant).post("/v1/payments/" + o.number + "/refunds", body);
    });
    if (is_good(r.status))
        seen_.refund(o.plan.merchant, r.parsed());
}

void shop::meddle(order_so_far const& o) {
    auto const& key = key_of(o.plan.meddler);
    auto const path = "/v1/payments/" + o.number;
    json::object const body = {{"refund_fee", 1}, {"reason", o.plan.token + "m"}};
    for (int i = 0; i < 3; ++i) {
        auto const r = insist(deed::meddle, soon, [&] {
            return i == 0   ? key.get(path)
                   : i == 1 ? key.post_text(path + "/close")
                            : key.post(path + "/refunds", body);
        });
        if (is_good(r.status))
            seen_.trespassed(
                o.plan.meddler,
                o.number,
                (i == 0   ? "GET"
                 : i == 1 ? "close"
                          : "refund") +
                    (": " + r.describe())
            );
    }
}

reply shop::insist(deed what, milliseconds bound, call const& make) {
    auto const until = steady::now() + bound;
    for (;;) {
        auto r = attempt(make);
        bool const again = is_away(r) || is_early(what, r);
        if (again && !stopping_ && steady::now() < until) {
            std::this_thread::sleep_for(breath);
            continue;
        }
        seen_.count(to_string(what), r.status);
        if (!again && !is_good(r.status) && !is_expected(what, r))
            seen_.strange(std::string(to_string(what)) + ": " + r.describe());
        return r;
    }
}

reply shop::attempt(call const& make) {
    try {
        return make();
    } catch (std::runtime_error const&) { // nobody listens
        return {};
    }
}

// The session is in the store: it outlives the process that began it.
reply shop::as_operator(std::string const& name, std::string const& target, json::value const& body) {
    auto at = operators_.find(name);
    if (at == operators_.end())
        at = operators_.emplace(name, system_.sign_in(name)).first;
    auto r = at->second.post(target, body);
    if (r.status == 401) {
        seen_.strange("the session of " + name + " is gone: " + r.describe());
        operators_.erase(at);
        r.status = 0;
    }
    return r;
}

api const& shop::key_at(std::string const& merchant, std::uint16_t gateway) {
    auto const place = std::pair(merchant, gateway);
    auto at = keys_.find(place);
    if (at == keys_.end())
        at = keys_.emplace(place, api(gateway, system_.with_key(merchant).bearer(), true)).first;
    return at->second;
}

api const& shop::key_of(std::string const& merchant) {
    return key_at(merchant, gateways_.front());
}

api const& shop::anywhere(std::string const& merchant) {
    return key_at(merchant, gateways_[next_gateway_++ % gateways_.size()]);
}

} // namespace wxgate::test
