// The workload of `notify`: WeChat's side of the notifications, with repetitions and forgeries among them.
#pragma once

#include "load/load.hpp"
#include "load/money.hpp"
#include "load/notifications.hpp"
#include "load/timeline.hpp"

#include <array>
#include <deque>
#include <random>

namespace wxgate::bench {

/// What became of a notification.
enum class notified {
    recorded,        // SUCCESS, to the first of its order
    repeated,        // SUCCESS, to one that was sent before
    turned_away,     // 400 and FAIL, to a forged one
    refused,         // 503 with Retry-After
    refused_bluntly, // 503 without
    wrong,           // any other answer
    unanswered       // the connection broke, or the driver's patience ended
};
inline constexpr std::size_t notified_kinds = 7;

struct notifier_options {
    double duplicates = 0.1; // share of all
    double forged = 0.05;    // share of all
};

/// What was counted between two calls of notifier::start_counting().
struct notifier_counts {
    /// Of the units that count (load_loop::counts).
    std::array<std::uint64_t, notified_kinds> became{};
    std::uint64_t good = 0; // recorded, at a time inside the window
    histogram recorded;     // latency of those that were recorded
    histogram repeated;     // … and of the others
    histogram turned_away;
    histogram refused;

    std::uint64_t of(notified n) const noexcept { return became[static_cast<std::size_t>(n)]; }
};

/// The orders are sent in their order, each until it is acknowledged. Like everything of the load it runs on
/// the loop's thread, and it outlives what it has sent.
class notifier final : public workload {
public:
    /// `to` outlives it, and so does `loop`. `merchant` is its name in the path.
    notifier(
        load_loop& loop,
        http_driver& to,
        request_head head,
        notification_writer orders,
        std::uint64_t count,
        notifier_options options
    );

    void begin(unit& u) override;

    void start_counting();

    notifier_counts const& counted() const noexcept { return counts_; }

    /// Where it is noted what happens when, from now on; null: nowhere.
    void note_in(timeline* where) noexcept { timeline_ = where; }

    /// Sends what is not acknowledged again, as WeChat does, until it is, at most `bound`. Gives how many are
    /// left.
    std::size_t settle(asio::io_context& context, std::chrono::milliseconds bound);

    /// What has been acknowledged so far.
    money const& acknowledged() const noexcept { return told_; }

    /// There were not enough orders: what was sent instead are repetitions.
    bool ran_out() const noexcept { return ran_out_; }

private:
    enum class kind { fresh, duplicate, forged };

    struct note {
        kind what = kind::fresh;
        std::uint64_t order = 0;
    };

    note draw();
    std::uint64_t take_fresh();
    void send(note n, std::function<void(notified, http_answer const&)> done);
    void heard(std::uint64_t number, note n, notified how, http_answer const& a);
    void remember(note n, notified how);
    void count(unit const& u, notified how, load_clock::time_point at);
    void settle_some();

    load_loop& loop_;
    http_driver& to_;
    request_head const head_;
    notification_writer orders_;
    std::uint64_t const count_;
    notifier_options const options_;
    std::mt19937_64 random_{1};
    std::uint64_t next_ = 0;         // the first order that nobody has heard of
    std::deque<std::uint64_t> open_; // sent, and not acknowledged
    std::vector<std::uint64_t> acknowledged_;
    std::vector<bool> is_acknowledged_; // by order
    std::size_t under_way_ = 0;
    std::size_t settling_ = 0; // of those that are under way
    money told_;
    bool ran_out_ = false;
    notifier_counts counts_;
    timeline* timeline_ = nullptr;
};

/// What an answer means. Pure.
notified judge_answer(bool forged, bool repeated, http_answer const& a);

/// How the unit ended.
ending ending_of(notified n) noexcept;

} // namespace wxgate::bench
