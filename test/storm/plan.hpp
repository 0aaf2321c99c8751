// What a storm will be, decided by its seed alone: who buys what and does what with it, what WeChat's side
// does wrong and when, when the gateway dies. The same seed, the same plan; what comes of it is another
// matter.
#pragma once

#include "support/wait.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace wxgate::test {

enum class deed {
    create,
    repeat,    // the same POST again
    pay,       // the customer pays
    pay_again, // … once more, with the same request_payment
    cancel,    // … presses cancel
    fail,      // … has no money
    read,      // GET
    sync,      // GET ?sync=1
    events,    // the log
    list,      // a page of all
    close,
    refund,      // number `n` of the story's refunds
    ask_refund,  // the same, asked for by an operator
    approve,     // … by another operator
    approve_own, // … by the one who asked: must not go
    reject,
    refund_sync,
    too_much, // a refund of more than is left: must not go
    meddle,   // another merchant's key tries to read, close and refund it: must not go
    wait      // `n` ms
};

char const* to_string(deed d) noexcept;

struct step {
    deed what;
    int n = 0;
};

struct planned_refund {
    std::string out_refund_no; // "": the gateway makes one, under an Idempotency-Key
    std::int64_t fee = 0;
    std::string purpose; // reason, and so WeChat's refund_desc: no other refund has it
};

/// One order from beginning to end.
struct story {
    std::string token; // in its metadata: no other order has it
    std::string merchant;
    std::string meddler;      // another merchant
    std::string out_trade_no; // "": the gateway makes one, under an Idempotency-Key
    std::string openid;
    std::int64_t total_fee = 0;
    std::vector<planned_refund> refunds;
    std::vector<step> steps;
};

/// From `at` on: what PUT /control/faults and PUT /control/refunds of the sandbox are told.
struct weather {
    milliseconds at{0};
    std::string faults;
    std::string refunds;
};

enum class interruption_kind { kill, terminate };

struct interruption {
    milliseconds at{0};
    interruption_kind kind = interruption_kind::kill;
    std::string failpoint;  // WXGATE_FAILPOINT of the start that follows; "": none
    std::uint64_t seed = 0; // of the power loss
    bool torn = false;      // the power loss leaves some sectors
};

struct plan_options {
    std::uint64_t seed = 1;
    int seconds = 10;
    int kills = -1; // -1: one every two seconds
    bool power_loss = false;
    int nodes = 1; // gateways on one database; more than one wants PostgreSQL
};

struct plan {
    plan_options options;
    std::vector<std::vector<story>> shops; // a thread each
    std::vector<weather> sky;              // by time
    std::vector<interruption> interruptions;
    std::uint64_t receiver_seed = 0; // which webhooks are refused at first
};

/// The merchants of system_under_test: shop (refunds approved by themselves), rival (by people), plain (MD5,
/// by themselves, no webhook).
plan make_plan(plan_options const& options);

/// All of it, as text.
std::string describe(plan const& p);

} // namespace wxgate::test
