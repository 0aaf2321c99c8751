#include "load/notifier.hpp"

#include "load/interrupt.hpp"

#include <wxgate/notification.hpp>

#include <utility>

namespace wxgate::bench {

namespace {

constexpr std::size_t settled_at_a_time = 64;
constexpr unsigned ok = 200;
constexpr unsigned bad_request = 400;
constexpr unsigned unavailable = 503;

} // namespace

notified judge_answer(bool forged, bool repeated, http_answer const& a) {
    if (a.ended != http_answer::how::answered)
        return notified::unanswered;
    if (a.status == unavailable)
        return header_of(a.head, "Retry-After").empty() ? notified::refused_bluntly : notified::refused;
    if (forged && a.status == bad_request && a.body == notification_refused)
        return notified::turned_away;
    if (!forged && a.status == ok && a.body == notification_accepted)
        return repeated ? notified::repeated : notified::recorded;
    return notified::wrong;
}

ending ending_of(notified n) noexcept {
    switch (n) {
    case notified::recorded:
    case notified::repeated:
    case notified::turned_away:
        return ending::done;
    case notified::unanswered:
        return ending::failed;
    case notified::refused:
    case notified::refused_bluntly:
    case notified::wrong:
        break;
    }
    return ending::refused;
}

notifier::notifier(
    load_loop& loop,
    http_driver& to,
    request_head head,
    notification_writer orders,
    std::uint64_t count,
    notifier_options options
)
    : loop_(loop), to_(to), head_(std::move(head)), orders_(std::move(orders)), count_(count),
      options_(options), is_acknowledged_(count) {
    acknowledged_.reserve(count);
}

void notifier::begin(unit& u) {
    note const n = draw();
    send(n, [this, number = u.number, n](notified how, http_answer const& a) { heard(number, n, how, a); });
}

void notifier::start_counting() {
    counts_ = notifier_counts();
}

notifier::note notifier::draw() {
    double const at = std::uniform_real_distribution<double>(0, 1)(random_);
    if (at < options_.forged)
        return {kind::forged, random_() % count_};
    bool const nothing_new = open_.empty() && next_ == count_;
    ran_out_ = ran_out_ || nothing_new;
    bool const repeat = at < options_.forged + options_.duplicates || nothing_new;
    if (repeat && !acknowledged_.empty())
        return {kind::duplicate, acknowledged_[random_() % acknowledged_.size()]};
    return {kind::fresh, take_fresh()};
}

// What was refused comes first: WeChat sends it again, too.
std::uint64_t notifier::take_fresh() {
    if (open_.empty())
        return next_ < count_ ? next_++ : random_() % count_;
    auto const first = open_.front();
    open_.pop_front();
    return first;
}

void notifier::send(note n, std::function<void(notified, http_answer const&)> done) {
    auto const& document = n.what == kind::forged ? orders_.forged(n.order) : orders_.good(n.order);
    ++under_way_;
    to_.send(head_.with(document), [this, n, done = std::move(done)](http_answer const& a) {
        --under_way_;
        auto const how = judge_answer(n.what == kind::forged, n.what == kind::duplicate, a);
        remember(n, how);
        done(how, a);
    });
}

void notifier::heard(std::uint64_t number, note n, notified how, http_answer const& a) {
    if (how == notified::recorded && loop_.measuring())
        ++counts_.good;
    if (auto const* const u = loop_.find(number)) {
        if (loop_.counts(*u))
            count(*u, how, a.at);
        if (timeline_ != nullptr && how == notified::refused)
            timeline_->add_refused(a.at);
        if (timeline_ != nullptr && n.what == kind::fresh && how == notified::recorded)
            timeline_->add_good(u->intended, a.at);
    }
    loop_.end(number, ending_of(how), a.at);
}

// The money is what was acknowledged, whether the loop still waited for it or not.
void notifier::remember(note n, notified how) {
    if (n.what != kind::fresh || is_acknowledged_[n.order])
        return;
    if (how != notified::recorded) {
        open_.push_back(n.order);
        return;
    }
    is_acknowledged_[n.order] = true;
    acknowledged_.push_back(n.order);
    ++told_.payments;
    told_.paid += orders_.fee(n.order);
}

void notifier::count(unit const& u, notified how, load_clock::time_point at) {
    ++counts_.became[static_cast<std::size_t>(how)];
    auto const latency = at - u.intended;
    if (how == notified::recorded)
        counts_.recorded.record(latency);
    else if (how == notified::repeated)
        counts_.repeated.record(latency);
    else if (how == notified::turned_away)
        counts_.turned_away.record(latency);
    else if (how == notified::refused)
        counts_.refused.record(latency);
}

std::size_t notifier::settle(asio::io_context& context, std::chrono::milliseconds bound) {
    auto const until = load_clock::now() + bound;
    auto const all_done = [this] { return open_.empty() && under_way_ == 0; };
    while (!all_done() && load_clock::now() < until && !interrupt_came()) {
        settle_some();
        run_until(context, all_done, std::chrono::milliseconds(200)); // late answers of the load add to it
    }
    return open_.size() + under_way_;
}

void notifier::settle_some() {
    while (!open_.empty() && settling_ < settled_at_a_time) {
        ++settling_;
        note const n{kind::fresh, take_fresh()};
        send(n, [this](notified, http_answer const&) {
            --settling_;
            settle_some();
        });
    }
}

} // namespace wxgate::bench
