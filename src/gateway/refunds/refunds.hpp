// The use cases of refunds: ask for one, read, decide. They know no HTTP. What WeChat is to be told is the
// sender's business.
#pragma once

#include "gateway/payments/payments.hpp"
#include "gateway/refunds/refund_work.hpp"

namespace wxgate::gateway {

/// Belongs to one worker.
class refunds {
public:
    refunds(shared_state& shared, refund_work& work)
        : shared_(shared), work_(work), refunds_(*shared.store, shared.refund_limits, shared.audience) {}

    struct asked {
        ledger::refund refund;
        bool is_new = false;
    };

    /// Records the request and reserves its amount. The same request again gives the same refund; other
    /// parameters under its number are refused. Where the merchant's refunds are approved by themselves and
    /// an API key asks, it is sent at once, and this completes when WeChat has answered (or has not, in
    /// time).
    awaitable<answer<asked>> request(merchant const& m, ledger::refund r, call_context call);

    /// request() under an Idempotency-Key. `hash` is of the request.
    awaitable<answer<asked>>
    request_once(merchant const& m, ledger::refund r, std::string key, std::string hash, call_context call);

    awaitable<answer<ledger::refund>> get(merchant const& m, std::string out_refund_no);

    /// get(), after asking WeChat about one that has not ended there; not too often.
    awaitable<answer<ledger::refund>>
    refreshed(merchant const& m, std::string out_refund_no, call_context call);

    /// What an operator decides, and was shown when deciding.
    struct decision {
        refund_status to = refund_status::APPROVED; // or REJECTED
        std::string by;
        std::string reason;
        std::optional<fen> refund_fee; // when told: must be the refund's
    };

    /// Approves or rejects what waits. Refused: decided already, or asked for by the same operator (403).
    awaitable<answer<ledger::refund>> decide(ledger::refund_key key, decision d, call_context call);

    /// Asks WeChat about it and records what it says (`source` stands in the event); shared by all who ask at
    /// the same time.
    awaitable<answer<ledger::refund>>
    confirm(merchant const& m, ledger::refund r, std::string source, call_context call);

private:
    awaitable<answer<ledger::refund_made>>
    make(ledger::refund const& r, bool approved, ledger::cause const& why);

    awaitable<answer<ledger::refund>>
    query(merchant const& m, ledger::refund r, std::string source, call_context call);

    shared_state& shared_;
    refund_work& work_;
    ledger::refunds refunds_;
};

} // namespace wxgate::gateway
