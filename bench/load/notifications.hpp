// WeChat's payment notifications for the waiting orders of a history: what WeChat would post, the same at
// every repetition.
#pragma once

#include "load/history.hpp"

#include <wxgate/fields.hpp>
#include <wxgate/messages.hpp>

#include <string>

namespace wxgate::bench {

/// Its memory is used again: one thread at a time.
class notification_writer {
public:
    /// `time_end` of all of them is `paid_at`.
    notification_writer(history orders, account merchant, unix_ms paid_at);

    /// That the i-th order was paid, signed with the merchant's key and the order's algorithm.
    std::string const& good(std::uint64_t i);

    /// The same with a signature that is wrong in its last digit.
    std::string const& forged(std::uint64_t i);

    /// What the i-th order costs, in fen.
    std::int64_t fee(std::uint64_t i);

private:
    void fill(std::uint64_t i);
    std::string const& signed_with(std::string const& signature);

    history orders_;
    account merchant_;
    std::string time_end_;
    past_order order_;
    fields message_;
    std::string document_;
};

} // namespace wxgate::bench
