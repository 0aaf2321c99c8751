// Payment notifications: their exact bytes, and WeChat's schedule of sending them (protocol A10). No I/O, no
// clock.
#pragma once

#include "sandbox/answer.hpp"
#include "sandbox/clock.hpp"
#include "sandbox/orders.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

/// The body of the notification that `o` was paid: fields by name, total_fee bare, everything else in CDATA,
/// signed with the order's algorithm, no sign_type.
std::string payment_notification_xml(order const& o, std::string_view api_key, signing how = signing::right);

/// True when this is the answer after which WeChat sends no more: HTTP 200, XML, return_code SUCCESS.
bool is_acknowledgement(unsigned status, std::string_view body);

/// One notification on its way: what is sent, and how far it came.
struct notification {
    std::string out_trade_no;
    std::string out_refund_no; // of a refund
    std::string kind;          // "payment" or "refund"
    std::string fault_name;    // "notify" or "refund_notify"
    std::string url;
    /// Writes the body. Not to be called once `forgotten`: what it is written from is gone.
    std::function<std::string(signing)> write;

    std::uint64_t attempts = 0; // sent, or lost by a fault
    bool acknowledged = false;
    bool forgotten = false;
    std::size_t tries = 0; // places of the schedule that are used up
};

using notification_ptr = std::shared_ptr<notification>;

/// What is to be sent and when. A notification is either waiting for its time here or handed out by
/// take_due() until settle() or the end.
class notification_queue {
public:
    explicit notification_queue(intervals const& all) : schedule_(all.notify_schedule) {}

    /// Due at once.
    void add(notification_ptr n, unix_ms now);

    /// The next one that is due, or null. It is then the caller's to settle().
    notification_ptr take_due(unix_ms now);

    /// A try ended: acknowledged, or due again after the schedule's next wait. After the schedule's last,
    /// given up.
    void settle(notification_ptr const& n, unix_ms now);

    /// When the next one is due; nothing when none waits.
    std::optional<unix_ms> next_due() const noexcept;

    std::deque<notification_ptr> const& all() const noexcept { return all_; }

    /// Forgets all, those that are handed out too.
    void clear();

private:
    std::array<milliseconds, 15> schedule_;
    std::deque<notification_ptr> all_; // in the order they were added
    std::multimap<unix_ms, notification_ptr> waiting_;
};

} // namespace wxgate::sandbox
