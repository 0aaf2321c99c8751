#include "load/refunder.hpp"

#include "load/load.hpp"
#include "load/operator_session.hpp"
#include "load/payments.hpp"

#include <utility>

namespace wxgate::bench {

namespace {

constexpr unsigned accepted = 201;
constexpr unsigned asked_for = 202;

} // namespace

refunder::refunder(asio::io_context& context, stage const& s, refund_plan plan)
    : plan_(std::move(plan)),
      to_(s.gateway()), api_{{"Authorization", s.authorization()}, {"Content-Type", "application/json"}},
      admin_(s.admin()), gateway_(context, to_, {plan_.customers, plan_.timeout}), begun_(plan_.count) {
    if (!plan_.approve)
        return;
    operator_ = sign_in(admin_.value(), s.operators().back());
    desk_.emplace(context, *admin_, driver_options{plan_.customers, plan_.timeout});
}

void refunder::start() {
    over_time_ = timeline(load_clock::now());
    for (std::size_t i = 0; i < plan_.customers; ++i)
        ask_next();
}

void refunder::ask_next() {
    if (next_ == plan_.count)
        return;
    auto const number = next_++;
    auto const name = numbered(plan_.tag, number);
    request_head const head("POST", "/v1/payments/" + name + "/refunds", to_.text(), api_);
    auto const body =
        R"({"out_refund_no":")" + name + R"(","refund_fee":)" + std::to_string(refund_fee(number)) + "}";
    begun_[number] = load_clock::now();
    ++calls_;
    gateway_.send(head.with(body), [this, number](http_answer const& a) { asked(number, a); });
}

void refunder::asked(std::uint64_t number, http_answer const& a) {
    --calls_;
    ++statuses_[a.status];
    if (a.status != accepted && a.status != asked_for) {
        fail("a refund was not taken", a);
        return;
    }
    answered.record(a.at - begun_[number]);
    if (plan_.approve)
        approve(number);
    else
        ask_next();
}

void refunder::approve(std::uint64_t number) {
    request_head const head(
        "POST", "/admin/v1/refunds/" + numbered(plan_.tag, number) + "/approve", admin_->text(), operator_
    );
    ++calls_;
    desk_->send(head.with(""), [this, number](http_answer const& a) { decided(number, a); });
}

void refunder::decided(std::uint64_t number, http_answer const& a) {
    --calls_;
    if (!a.ok())
        fail("a refund was not approved", a);
    else
        approved.record(a.at - begun_[number]);
}

// Its customer goes on.
void refunder::fail(char const* what, http_answer const& a) {
    ++failed_;
    if (first_mistake_.empty())
        first_mistake_ = std::string(what) + ": status " + std::to_string(a.status) + " " +
                         std::string(a.mistake) + std::string(a.body.substr(0, 300));
    ask_next();
}

void refunder::heard(webhook const& w) {
    if (w.type != "refund.succeeded" || w.again)
        return;
    auto const number = number_of(plan_.tag, w.out_refund_no);
    if (!number || *number >= next_)
        return;
    if (succeeded_++ == 0)
        first_ = w.at;
    last_ = w.at;
    ended.record(w.at - begun_[*number]);
    over_time_.add_good(begun_[*number], w.at);
    if (plan_.approve)
        ask_next();
}

double refunder::rate() const noexcept {
    auto const length = std::chrono::duration<double>(last_ - first_).count();
    return succeeded_ > 1 && length > 0 ? static_cast<double>(succeeded_ - 1) / length : 0.0;
}

std::int64_t refunder::refund_fee(std::uint64_t number) noexcept {
    auto const all = payments::total_fee(number);
    return number % 2 == 0 ? all : all / 2;
}

} // namespace wxgate::bench
