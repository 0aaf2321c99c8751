// The use cases of payments: create, read, ask WeChat, close, check out. They know no HTTP.
#pragma once

#include "gateway/shared.hpp"

#include <wxgate/client.hpp>

namespace wxgate::gateway {

/// One request, as a use case sees it.
struct call_context {
    std::string request_id;
    steady_point deadline;
    wxgate::trace trace = {};
};

/// Belongs to one worker, like the client it calls through. No order in an answer is null.
class payments {
public:
    payments(shared_state& shared, client& wechat, ledger::courier& by)
        : shared_(shared), wechat_(wechat), orders_(*shared.store, shared.audience, &by) {}

    struct created {
        ledger::order_ptr order;
        bool is_new = false;
    };

    /// Records the order, then has WeChat prepare it. The same request again gives the same order; other
    /// parameters under its number are refused.
    awaitable<answer<created>> create(merchant const& m, ledger::order asked, call_context call);

    /// create() under an Idempotency-Key. `hash` is of the request's body.
    awaitable<answer<created>>
    create_once(merchant const& m, ledger::order asked, std::string key, std::string hash, call_context call);

    awaitable<answer<ledger::order_ptr>> get(merchant const& m, std::string out_trade_no);

    /// get(), after asking WeChat; a question that is under way is shared, and one order is not asked about
    /// too often.
    awaitable<answer<ledger::order_ptr>>
    refreshed(merchant const& m, std::string out_trade_no, call_context call);

    /// Closes at WeChat, then here.
    awaitable<answer<ledger::order_ptr>>
    close(merchant const& m, std::string out_trade_no, call_context call);

    /// The Mini Program itself, with the order's client_secret and a login code: fills in the customer, then
    /// prepares.
    awaitable<answer<ledger::order_ptr>>
    checkout(merchant const& m, ledger::order_ptr order, std::string login_code, call_context call);

    /// What the resolver does with an order that is not paid: asks WeChat, and when the order's time is
    /// `over` closes it there and then here. An order that is paid while it is being closed ends as paid. A
    /// problem: WeChat did not say.
    awaitable<answer<ledger::order_ptr>>
    settle(merchant const& m, ledger::order_ptr order, bool over, call_context call);

    /// Asks WeChat about the order and records what it says. The failure is the query's own.
    awaitable<outcome<ledger::order_ptr>> ask(merchant const& m, ledger::order_ptr order, call_context call);

private:
    using recording = std::optional<result<ledger::change>>;

    // Records a new order and has WeChat prepare it, in one flight; without a value in `recorded`, somebody
    // else's flight of this number was waited for.
    awaitable<answer<ledger::order_ptr>>
    record_and_prepare(merchant const& m, ledger::order const& asked, call_context call, recording& recorded);
    awaitable<answer<created>>
    go_on(merchant const& m, ledger::order const& asked, ledger::change recorded, call_context call);
    awaitable<result<ledger::change>> record(ledger::order const& asked, call_context const& call);
    awaitable<answer<ledger::order_ptr>>
    call_unified_order(merchant const& m, ledger::order_ptr order, call_context call);

    // `doubtful`: an earlier request may have called unifiedorder and not learnt how it ended, so WeChat is
    // asked first.
    awaitable<answer<ledger::order_ptr>>
    prepared(merchant const& m, ledger::order_ptr order, bool doubtful, call_context call);
    awaitable<answer<ledger::order_ptr>>
    prepare(merchant const& m, ledger::order_ptr order, bool doubtful, call_context call);
    awaitable<answer<ledger::order_ptr>>
    after_refusal(merchant const& m, ledger::order_ptr order, refused said, call_context call);
    awaitable<answer<ledger::order_ptr>>
    after_unknown(merchant const& m, ledger::order_ptr order, failure what, call_context call);
    awaitable<answer<ledger::order_ptr>> query(merchant const& m, ledger::order_ptr order, call_context call);
    awaitable<answer<ledger::order_ptr>>
    close_upstream(merchant const& m, ledger::order_ptr order, call_context call, std::string source);
    awaitable<answer<ledger::order_ptr>>
    moved(ledger::order_ptr order, trade_state to, call_context call, std::string source);
    awaitable<outcome<ledger::order_ptr>>
    adopt(merchant const& m, ledger::order_ptr order, order_status status, call_context call);

    shared_state& shared_;
    client& wechat_;
    ledger::orders orders_;
};

/// Proves to /v1/checkout that its caller was given this order. Derived from the merchant's key; nothing is
/// stored.
std::string client_secret(ledger::order const& o, account const& who);

/// Whether what the order is paid with can still be used: WeChat's prepay_id and code_url are good for two
/// hours, its mweb_url for five minutes.
bool has_fresh_prepay(ledger::order const& o, unix_ms now);

/// Whether somebody must still say who pays: a JSAPI order without an openid, of which WeChat never heard.
bool waits_for_customer(ledger::order const& o) noexcept;

/// The user as the merchant knows one: under its own appid, or, in service-provider mode, under the
/// sub_appid.
std::string const& user_of(account const& who, std::string const& openid, std::string const& sub_openid);

} // namespace wxgate::gateway
