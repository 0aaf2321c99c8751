#include "gateway/payments/payments.hpp"

#include "base/failpoint.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "gateway/api/idempotent.hpp"
#include "gateway/api/json_text.hpp"
#include "gateway/payments/payment_request.hpp"
#include "ledger/anomalies.hpp"
#include "wire/digest.hpp"

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;

namespace {

// Ours: sortable by time, within WeChat's 32 characters.
std::string make_out_trade_no() {
    return make_id();
}

std::string detail_of(failure const& f) {
    json_object o;
    o["outcome"] = f.message();
    return std::move(o).text();
}

ledger::cause because(std::string source, call_context const& call) {
    return {std::move(source), call.request_id, "{}", call.trace};
}

unified_order_request to_request(ledger::order const& o, account const& who) {
    unified_order_request r;
    r.out_trade_no = o.out_trade_no;
    r.total_fee = o.total_fee;
    r.body = o.body;
    (who.sub_appid.empty() ? r.openid : r.sub_openid) = o.openid;
    r.trade_type = o.trade_type;
    r.product_id = o.product_id;
    r.scene_info = o.scene_info;
    r.notify_url = o.notify_url;
    r.spbill_create_ip = o.spbill_create_ip;
    r.attach = o.attach;
    r.detail = o.detail;
    r.goods_tag = o.goods_tag;
    r.limit_pay = o.limit_pay;
    r.fee_type = o.fee_type;
    if (o.time_expire)
        r.time_expire = sys_seconds(std::chrono::seconds(*o.time_expire / 1000));
    r.sign_type = o.sign_type;
    return r;
}

// The order under a number that was asked for again: a conflict with what it is, or nothing.
std::optional<problem> refuse_state(ledger::order const& o) {
    if (ledger::is_paid(o.trade_state))
        return conflict("order_paid", "the order is paid");
    if (!ledger::is_open(o.trade_state))
        return conflict("order_closed", "the order is closed; a new payment needs a new out_trade_no");
    return std::nullopt;
}

std::int64_t first_look(shared_state const& shared) {
    return shared.resolver_limits.looks.front().count();
}

std::string flight_of(ledger::order const& o) {
    return o.mch_id + '/' + o.out_trade_no;
}

} // namespace

std::string client_secret(ledger::order const& o, account const& who) {
    auto const view = [](auto const& digest) {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
        return std::string_view(reinterpret_cast<char const*>(digest.data()), digest.size());
    };
    auto const key = wire::hmac_sha256(who.api_key, {"wxgate client_secret v1"});
    auto const created = std::to_string(o.created_at);
    auto const proof = wire::hmac_sha256(view(key), {o.merchant, "\n", o.out_trade_no, "\n", created});
    std::string text(wire::sha256_digest{}.size() * 2, '\0');
    wire::write_hex(proof, text.data(), false);
    return "cs_" + text;
}

bool waits_for_customer(ledger::order const& o) noexcept {
    return o.trade_type == "JSAPI" && o.openid.empty() && o.trade_state == trade_state::CREATED;
}

std::string const& user_of(account const& who, std::string const& openid, std::string const& sub_openid) {
    return who.sub_appid.empty() || sub_openid.empty() ? openid : sub_openid;
}

bool has_fresh_prepay(ledger::order const& o, unix_ms now) {
    constexpr unix_ms minute = 60'000; // less, for the customer to press the button
    unix_ms const life = (o.trade_type == "MWEB" ? 5 : 120) * minute - minute;
    return !o.prepay_id.empty() && now - o.prepay_at < life && now < o.expires_at;
}

awaitable<answer<payments::created>>
payments::create(merchant const& m, ledger::order asked, call_context call) {
    bool const numbered = !asked.out_trade_no.empty();
    if (!numbered)
        asked.out_trade_no = make_out_trade_no();
    asked.notify_url = shared_.public_url + "/notify/" + m.name + "/payment";
    bool const waits = waits_for_customer(asked);
    asked.due_at = waits ? asked.expires_at : asked.created_at + first_look(shared_);
    recording recorded;
    if (!waits) {
        std::function<awaitable<answer<ledger::order_ptr>>()> work = [&] {
            return record_and_prepare(m, asked, call, recorded);
        };
        auto const ready = co_await shared_.prepays.run(flight_of(asked), std::move(work), call.deadline);
        if (recorded && *recorded && (*recorded)->changed && ready) {
            if (!*ready)
                co_return ready->error();
            co_return created{**ready, true};
        }
    }
    if (!recorded)
        recorded = co_await record(asked, call);
    if (!*recorded)
        co_return from_store(recorded->error());
    co_return co_await go_on(m, asked, std::move(**recorded), std::move(call));
}

awaitable<result<ledger::change>> payments::record(ledger::order const& asked, call_context const& call) {
    WXGATE_FAILPOINT("pay.before_insert");
    auto recorded = co_await orders_.create(asked, because("api", call));
    WXGATE_FAILPOINT("pay.after_insert");
    co_return recorded;
}

// The number is in flight from before its order is there: nobody else can have asked WeChat about a new one.
awaitable<answer<ledger::order_ptr>> payments::record_and_prepare(
    merchant const& m, ledger::order const& asked, call_context call, recording& recorded
) {
    recorded = co_await record(asked, call);
    if (!*recorded || !(*recorded)->changed)
        co_return not_found(); // `recorded` tells more
    co_return co_await call_unified_order(m, (*recorded)->now, std::move(call));
}

// With an order whose number was there, or that has no customer yet.
awaitable<answer<payments::created>>
payments::go_on(merchant const& m, ledger::order const& asked, ledger::change recorded, call_context call) {
    if (!recorded.now)
        co_return conflict(
            "order_conflict", "the number is another merchant's of this mch_id", "out_trade_no"
        );
    created result{std::move(recorded.now), recorded.changed};
    if (!result.is_new) {
        if (auto const field = different_field(*result.order, asked); !field.empty())
            co_return conflict(
                "order_conflict",
                "the number stands for an order with another " + std::string(field),
                std::string(field)
            );
        if (auto refusal = refuse_state(*result.order))
            co_return *refusal;
    }
    if (waits_for_customer(*result.order) || has_fresh_prepay(*result.order, now_ms()))
        co_return result;
    auto prepared_order = co_await prepared(m, result.order, !result.is_new, std::move(call));
    if (!prepared_order)
        co_return prepared_order.error();
    result.order = std::move(*prepared_order);
    co_return result;
}

awaitable<answer<payments::created>> payments::create_once(
    merchant const& m, ledger::order asked, std::string key, std::string hash, call_context call
) {
    if (asked.out_trade_no.empty())
        asked.out_trade_no = make_out_trade_no();
    auto claim = co_await claim_key(
        *shared_.store, m.name, std::move(key), std::move(hash), asked.out_trade_no, call.deadline
    );
    if (!claim)
        co_return claim.error();
    if (claim->done) {
        auto order = co_await get(m, claim->number);
        if (!order)
            co_return order.error();
        co_return created{std::move(*order), false};
    }
    asked.out_trade_no = claim->number;
    auto result = co_await create(m, std::move(asked), std::move(call));
    co_await release_key(*shared_.store, m.name, std::move(*claim), result.has_value());
    co_return result;
}

awaitable<answer<ledger::order_ptr>> payments::get(merchant const& m, std::string out_trade_no) {
    ledger::order_key key{m.name, m.account.mch_id, std::move(out_trade_no)};
    auto found = co_await orders_.find(std::move(key));
    if (!found)
        co_return from_store(found.error());
    if (!*found)
        co_return not_found();
    co_return std::make_shared<ledger::order const>(std::move(**found));
}

// prepare(), once for all who ask at the same time, on whatever worker.
awaitable<answer<ledger::order_ptr>>
payments::prepared(merchant const& m, ledger::order_ptr order, bool doubtful, call_context call) {
    auto const until = call.deadline;
    std::function<awaitable<answer<ledger::order_ptr>>()> work = [&] {
        return prepare(m, order, doubtful, call);
    };
    auto const shared = co_await shared_.prepays.run(flight_of(*order), std::move(work), until);
    if (shared)
        co_return *shared;
    unknown const late{make_error_code(errc::timed_out), "another request for the same order", true, {}};
    co_return from_upstream(late);
}

awaitable<answer<ledger::order_ptr>>
payments::prepare(merchant const& m, ledger::order_ptr order, bool doubtful, call_context call) {
    // Someone may have prepared it between our reading and now.
    auto current = co_await get(m, order->out_trade_no);
    if (!current)
        co_return current.error();
    order = std::move(*current);
    if (auto refusal = refuse_state(*order))
        co_return *refusal;
    if (has_fresh_prepay(*order, now_ms()))
        co_return order;
    if (doubtful) {
        auto asked = co_await query(m, order, call);
        if (!asked)
            co_return asked.error();
        if (auto refusal = refuse_state(**asked))
            co_return *refusal;
        order = std::move(*asked);
    }
    co_return co_await call_unified_order(m, std::move(order), std::move(call));
}

awaitable<answer<ledger::order_ptr>>
payments::call_unified_order(merchant const& m, ledger::order_ptr order, call_context call) {
    for (int attempt = 1;; ++attempt) {
        auto request = to_request(*order, m.account);
        auto answered = co_await wechat_.unified_order(m.account, std::move(request), call.deadline);
        if (answered) {
            WXGATE_FAILPOINT("pay.before_commit2");
            auto pay_url = answered->code_url.empty() ? answered->mweb_url : answered->code_url;
            auto kept = co_await orders_.set_prepay(
                *order, answered->prepay_id, because("api", call), std::move(pay_url)
            );
            WXGATE_FAILPOINT("pay.before_reply");
            if (!kept)
                co_return from_store(kept.error());
            co_return std::move(kept->now);
        }
        failure const why = answered.error();
        if (auto said = why.as_refused())
            co_return co_await after_refusal(m, std::move(order), std::move(*said), std::move(call));
        if (!why.as_unknown()->sent)
            co_return from_upstream(why); // upstream already tried the backup
        auto asked = co_await after_unknown(m, order, why, call);
        if (!asked)
            co_return asked.error();
        if (attempt == 2)
            co_return from_upstream(why);
        order = std::move(*asked); // WeChat says it is unpaid or not there: the same call again is safe
    }
}

// WeChat refused unifiedorder. Where its word says what the order is, that is recorded.
awaitable<answer<ledger::order_ptr>>
payments::after_refusal(merchant const& m, ledger::order_ptr order, refused said, call_context call) {
    if (said.err_code == "ORDERPAID") {
        auto asked = co_await ask(m, order, call);
        if (asked && ledger::is_paid((*asked)->trade_state))
            co_return conflict("order_paid", "the order is paid");
    }
    if (said.err_code == "ORDERCLOSED") {
        auto closed = co_await moved(std::move(order), trade_state::CLOSED, std::move(call), "api");
        if (!closed)
            co_return closed.error();
        co_return *refuse_state(**closed);
    }
    co_return from_upstream(said);
}

// Nobody can say what became of unifiedorder: noted, then WeChat is asked. An order in the answer means that
// the call may be made again with the same parameters; a problem, that this request ends here.
awaitable<answer<ledger::order_ptr>>
payments::after_unknown(merchant const& m, ledger::order_ptr order, failure what, call_context call) {
    ledger::cause why = because("api", call);
    why.detail = detail_of(what);
    auto const noted = co_await orders_.note(key_of(*order), "UNKNOWN", std::move(why));
    if (!noted)
        co_return from_store(noted.error());
    auto asked = co_await ask(m, order, std::move(call));
    if (asked) {
        if (auto refusal = refuse_state(**asked))
            co_return *refusal;
        co_return std::move(*asked);
    }
    bool const nothing_there = asked.error().is_refused_as("ORDERNOTEXIST");
    bool const refused_unsigned = what.as_unknown()->code == errc::unsigned_failure;
    if (nothing_there && !refused_unsigned && noted->now)
        co_return noted->now;
    co_return from_upstream(what);
}

awaitable<answer<ledger::order_ptr>>
payments::refreshed(merchant const& m, std::string out_trade_no, call_context call) {
    auto order = co_await get(m, std::move(out_trade_no));
    if (!order)
        co_return order.error();
    std::string flight = flight_of(**order);
    if (waits_for_customer(**order) || !shared_.query_pace.take(flight))
        co_return order;
    auto const until = call.deadline;
    std::function<awaitable<answer<ledger::order_ptr>>()> work = [&] { return query(m, *order, call); };
    auto const shared = co_await shared_.queries.run(std::move(flight), std::move(work), until);
    if (shared)
        co_return *shared;
    co_return order;
}

// ask(), where a refusal or an unknown answer leaves the order as it is known here.
awaitable<answer<ledger::order_ptr>>
payments::query(merchant const& m, ledger::order_ptr order, call_context call) {
    auto asked = co_await ask(m, order, std::move(call));
    if (asked)
        co_return std::move(*asked);
    if (asked.error().is_refused_as("ORDERNOTEXIST"))
        co_return order;
    co_return from_upstream(asked.error());
}

awaitable<outcome<ledger::order_ptr>>
payments::ask(merchant const& m, ledger::order_ptr order, call_context call) {
    order_query_request request;
    request.out_trade_no = order->out_trade_no;
    request.sign_type = order->sign_type;
    auto status = co_await wechat_.order_query(m.account, std::move(request), call.deadline);
    if (!status)
        co_return status.error();
    co_return co_await adopt(m, std::move(order), std::move(*status), std::move(call));
}

// Records what a query says. The order as it then stands.
awaitable<outcome<ledger::order_ptr>>
payments::adopt(merchant const& m, ledger::order_ptr order, order_status status, call_context call) {
    auto const key = key_of(*order);
    result<ledger::change> changed = ledger::change{false, order};
    bool const paid = ledger::is_paid(status.trade_state);
    bool const same_currency = status.fee_type.empty() || status.fee_type == order->fee_type;
    if (paid && same_currency) {
        ledger::payment p;
        p.appid = m.account.appid;
        p.sign_type = order->sign_type;
        p.transaction_id = status.transaction_id;
        p.openid = user_of(m.account, status.openid, status.sub_openid);
        p.total_fee = status.total_fee.value_or(fen{});
        p.paid_at = status.time_end ? status.time_end->time_since_epoch().count() * 1000 : now_ms();
        p.trade_state = status.trade_state;
        changed = co_await orders_.pay(key, std::move(p), because("query", call));
    } else if (!paid && ledger::may_move(order->trade_state, status.trade_state)) {
        changed = co_await orders_.move(key, status.trade_state, because("query", call));
    }
    if (!changed) {
        unknown const lost{changed.error(), "the store", true, {}};
        co_return lost;
    }
    if (paid && changed->now && !ledger::is_paid(changed->now->trade_state)) {
        ledger::anomaly a{key, "query_mismatch", status.transaction_id, "{}", call.trace};
        auto const kept = co_await ledger::record(*shared_.store, shared_.audience, std::move(a));
        log::error(
            "WeChat says paid, but not what was ordered",
            {{"out_trade_no", key.out_trade_no}, {"recorded", kept.has_value()}}
        );
    }
    co_return changed->now ? changed->now : order;
}

awaitable<answer<ledger::order_ptr>>
payments::moved(ledger::order_ptr order, trade_state to, call_context call, std::string source) {
    auto const changed = co_await orders_.move(key_of(*order), to, because(std::move(source), call));
    if (!changed)
        co_return from_store(changed.error());
    co_return changed->now ? changed->now : order;
}

awaitable<answer<ledger::order_ptr>>
payments::close(merchant const& m, std::string out_trade_no, call_context call) {
    auto order = co_await get(m, std::move(out_trade_no));
    if (!order)
        co_return order.error();
    if (ledger::is_paid((*order)->trade_state))
        co_return conflict("order_paid", "the order is paid; refund it instead");
    if (!ledger::is_open((*order)->trade_state))
        co_return order; // closed already
    if (waits_for_customer(**order))
        co_return co_await moved(
            std::move(*order), trade_state::CLOSED, std::move(call), "api"
        ); // WeChat never had it
    // Whether WeChat has it, and how an earlier close ended, is not always known: asked first.
    auto asked = co_await ask(m, *order, call);
    if (!asked && asked.error().is_refused_as("ORDERNOTEXIST")) // no prepay_id was ever handed out
        co_return co_await moved(std::move(*order), trade_state::CLOSED, std::move(call), "api");
    if (!asked)
        co_return from_upstream(asked.error());
    if (ledger::is_paid((*asked)->trade_state))
        co_return conflict("order_paid", "the order is paid; refund it instead");
    if (!ledger::is_open((*asked)->trade_state))
        co_return std::move(*asked); // closed there
    order = std::move(*asked);
    co_return co_await close_upstream(m, std::move(*order), std::move(call), "api");
}

awaitable<answer<ledger::order_ptr>>
payments::close_upstream(merchant const& m, ledger::order_ptr order, call_context call, std::string source) {
    close_order_request request;
    request.out_trade_no = order->out_trade_no;
    request.sign_type = order->sign_type;
    auto const closed = co_await wechat_.close_order(m.account, std::move(request), call.deadline);
    if (closed || closed.error().is_refused_as("ORDERCLOSED")) {
        auto result =
            co_await moved(std::move(order), trade_state::CLOSED, std::move(call), std::move(source));
        if (result && ledger::is_paid((*result)->trade_state))
            co_return conflict("order_paid", "the order was paid while it was being closed");
        co_return result;
    }
    failure const why = closed.error();
    auto asked = co_await ask(m, std::move(order), std::move(call));
    if (asked && ledger::is_paid((*asked)->trade_state))
        co_return conflict("order_paid", "the order is paid; refund it instead");
    if (asked && (*asked)->trade_state == trade_state::CLOSED)
        co_return std::move(*asked);
    co_return from_upstream(why);
}

awaitable<answer<ledger::order_ptr>>
payments::settle(merchant const& m, ledger::order_ptr order, bool over, call_context call) {
    if (waits_for_customer(*order)) {
        if (!over)
            co_return order;
        co_return co_await moved(std::move(order), trade_state::CLOSED, std::move(call), "resolver");
    }
    auto asked = co_await ask(m, order, call);
    WXGATE_FAILPOINT("resolver.after_query");
    if (!asked && !asked.error().is_refused_as("ORDERNOTEXIST"))
        co_return from_upstream(asked.error());
    if (!asked && over) // WeChat never had it: no prepay_id was ever handed out
        co_return co_await moved(std::move(order), trade_state::CLOSED, std::move(call), "resolver");
    if (!asked)
        co_return order;
    if (!over || !ledger::is_open((*asked)->trade_state))
        co_return std::move(*asked);
    auto closed = co_await close_upstream(m, std::move(*asked), call, "resolver");
    if (closed || closed.error().code != "order_paid")
        co_return closed;
    co_return co_await get(m, order->out_trade_no); // paid while it was being closed: that is recorded
}

awaitable<answer<ledger::order_ptr>>
payments::checkout(merchant const& m, ledger::order_ptr order, std::string login_code, call_context call) {
    if (auto refusal = refuse_state(*order))
        co_return *refusal;
    if (order->trade_type != "JSAPI")
        co_return conflict("invalid_state", "only a JSAPI order is paid in a Mini Program", "trade_type");
    auto const& appid = m.account.sub_appid.empty() ? m.account.appid : m.account.sub_appid;
    auto const login = co_await wechat_.code_to_session(appid, m.app_secret, login_code, call.deadline);
    if (!login)
        co_return from_upstream(login.error());
    bool const never_sent = order->openid.empty();
    if (never_sent) {
        auto const set = co_await orders_.set_openid(
            key_of(*order), login->openid, now_ms() + first_look(shared_), because("checkout", call)
        );
        if (!set)
            co_return from_store(set.error());
        if (set->now)
            order = set->now;
    }
    if (order->openid != login->openid)
        co_return conflict("order_conflict", "the order is another customer's", "openid");
    if (has_fresh_prepay(*order, now_ms()))
        co_return order;
    co_return co_await prepared(m, std::move(order), !never_sent, std::move(call));
}

} // namespace wxgate::gateway
