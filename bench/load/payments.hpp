// Payments as a load: create, pay (what the phone does), and the webhook that says so.
#pragma once

#include "load/http_driver.hpp"
#include "load/load.hpp"
#include "load/receiver.hpp"
#include "load/stage.hpp"

namespace wxgate::bench {

/// How a payment begins: which request makes it, and what of the answer pays it. Of a gateway, or of a proxy.
class payment_maker {
public:
    payment_maker() = default;
    payment_maker(payment_maker const&) = delete;
    payment_maker& operator=(payment_maker const&) = delete;
    virtual ~payment_maker() = default;

    /// The whole request.
    virtual std::string create(std::string const& out_trade_no, std::int64_t total_fee) = 0;

    /// The request_payment object out of the answer's body; "" when the answer has none.
    virtual std::string request_payment(std::string_view answer) = 0;
};

/// POST /v1/payments of the stage's gateway.
std::unique_ptr<payment_maker> make_gateway_payments(stage const& s);

/// POST /pay/unifiedorder at `proxy`, signed as the gateway would sign it, with the notify_url at the proxy;
/// request_payment is signed here. `s` is an own stage and outlives it.
std::unique_ptr<payment_maker> make_proxy_payments(stage const& s, host_port const& proxy);

/// A payment is done when it is …
enum class payment_end {
    created, // … answered by the gateway
    paid,    // … paid at the sandbox
    told     // … heard of by the receiver
};

/// All that it is given outlives it, and it outlives the runs of the loop and what the drivers have under
/// way.
class payments final : public workload {
public:
    /// `control` is the sandbox's, null when only `created` is wanted. Numbers begin with `tag`.
    payments(
        load_loop& loop,
        payment_maker& maker,
        http_driver& gateway,
        http_driver* control,
        std::string tag,
        payment_end until
    );

    void begin(unit& u) override;

    /// To be called for every webhook.
    void heard(webhook const& w);

    std::string const& tag() const noexcept { return tag_; }

    std::string out_trade_no(std::uint64_t number) const { return numbered(tag_, number); }

    /// What the order of this number is of, in fen: 100 to 9999.
    static std::int64_t total_fee(std::uint64_t number) noexcept {
        return 100 + static_cast<std::int64_t>(number * 7919 % 9900);
    }

    /// Of the units that count. The latencies are from the intended start.
    struct seen {
        histogram created;
        histogram paid;
        std::map<unsigned, std::uint64_t> statuses; // of the first call; 0: no answer
        std::string first_mistake;                  // of whatever did not go as it should
    };

    seen const& now() const noexcept { return seen_; }

    void forget() { seen_ = {}; }

private:
    void created(std::uint64_t number, http_answer const& a);
    void paid(std::uint64_t number, http_answer const& a);
    void went_wrong(std::uint64_t number, char const* where, http_answer const& a);

    load_loop& loop_;
    payment_maker& maker_;
    http_driver& gateway_;
    http_driver* control_;
    request_head pay_;
    std::string tag_;
    payment_end until_;
    seen seen_;
};

/// The table "NAME: status codes".
table statuses_table(std::string const& name, payments::seen const& s);

} // namespace wxgate::bench
