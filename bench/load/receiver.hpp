// The shop's side: hears the webhooks, answers 204, and keeps what the money check and the latencies need.
#pragma once

#include "load/http_driver.hpp"
#include "load/money.hpp"

#include <map>

namespace wxgate::bench {

/// A fresh secret, as a secret_file of the gateway has it: whsec_ and base64.
std::string make_webhook_secret();

struct receiver_options {
    host_port listen{"127.0.0.1", 0};
    std::string secret;       // whsec_…; "": signatures are not looked at
    unsigned check_each = 64; // every so many messages a signature is verified; the first one always
};

/// One message, the moment it was heard. The views live during the call.
struct webhook {
    std::string_view type; // payment.succeeded, …
    std::string_view out_trade_no;
    std::string_view out_refund_no; // of a refund.*
    std::int64_t fee = 0;           // total_fee; of a refund.* refund_fee
    std::string_view id;            // webhook-id
    bool again = false;             // this id was heard before
    load_clock::time_point at;
};

/// Runs on `context`, all on its thread; answers only while that runs.
class receiver {
public:
    receiver(asio::io_context& context, receiver_options options);
    ~receiver();
    receiver(receiver const&) = delete;
    receiver& operator=(receiver const&) = delete;

    /// http://127.0.0.1:PORT/hook
    std::string url() const;

    /// Called for every message, after it was counted and before it is answered; or nothing.
    void on_webhook(std::function<void(webhook const&)> told);

    /// From now on everything is answered with this status and not counted (503: a shop that is away); 204 is
    /// the usual.
    void answer_with(unsigned status);

    struct counts {
        std::uint64_t messages = 0; // repetitions included
        std::uint64_t again = 0;    // ids heard before
        std::uint64_t malformed = 0;
        std::uint64_t checked = 0; // signatures
        std::uint64_t badly_signed = 0;
        std::uint64_t bytes = 0;                                   // heads and bodies of all messages
        std::map<std::string, std::uint64_t, std::less<>> by_type; // repetitions not included
    };

    counts const& counted() const noexcept;

    /// Sums of payment.succeeded and refund.succeeded, each webhook-id once.
    money heard() const noexcept;

    /// When an order's payment.succeeded was heard first; nothing when it was not.
    std::optional<load_clock::time_point> paid_at(std::string_view out_trade_no) const;

    /// Cuts everything.
    void close();

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

} // namespace wxgate::bench
