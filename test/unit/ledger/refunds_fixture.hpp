// A paid order of 100 fen on a real SQLite file, and refunds of it.
#pragma once

#include "base/ids.hpp"
#include "fixture.hpp"
#include "ledger/events.hpp"
#include "ledger/refunds.hpp"

namespace refund_test {

using namespace wxgate;
using namespace wxgate::ledger;
using refund_row = wxgate::ledger::refund;

inline cause const why{"test", "request-1", R"({"by":"tester"})"};
inline std::string const owner = "this process";
inline std::string const notify_url = "https://pay.example.com/notify/shop/refund";

inline order new_order(std::string number) {
    order o;
    o.mch_id = "10000100";
    o.out_trade_no = std::move(number);
    o.merchant = "shop";
    o.appid = "wx2421b1c4370ec43b";
    o.openid = "oCustomer";
    o.total_fee = fen(100);
    o.body = "tea";
    o.trade_type = "JSAPI";
    o.spbill_create_ip = "127.0.0.1";
    o.notify_url = "https://pay.example.com/notify/shop/payment";
    o.created_at = now_ms();
    o.expires_at = o.created_at + 1000;
    return o;
}

inline refund_row new_refund(std::string number, std::int64_t fee, std::string of = "order-0001") {
    refund_row r;
    r.mch_id = "10000100";
    r.out_refund_no = std::move(number);
    r.merchant = "shop";
    r.out_trade_no = std::move(of);
    r.refund_fee = fen(fee);
    r.reason = "too small";
    r.requested_by = "shop-backend";
    return r;
}

inline refund_key key_of_refund(std::string n) {
    return {"shop", "10000100", std::move(n)};
}

struct with_paid_order : ledger_fixture {
    with_paid_order() { make_paid("order-0001", now_ms()); }

    void make_paid(std::string n, unix_ms paid_at) {
        BOOST_TEST_REQUIRE(run(orders_.create(new_order(n), why))->changed);
        payment p;
        p.appid = "wx2421b1c4370ec43b";
        p.sign_type = sign_type::hmac_sha256;
        p.transaction_id = "42" + n;
        p.openid = "oCustomer";
        p.total_fee = fen(100);
        p.paid_at = paid_at;
        BOOST_TEST_REQUIRE(run(orders_.pay({"shop", "10000100", n}, p, why))->changed);
    }

    order the_order(std::string n = "order-0001") {
        return **run(orders_.find({"shop", "10000100", std::move(n)}));
    }

    refund_row the_refund(std::string n = "R1") { return **run(all.find(key_of_refund(std::move(n)))); }

    bool make(std::string n, std::int64_t fee, bool approved = false) {
        return run(all.create(new_refund(std::move(n), fee), approved, why))->changed;
    }

    bool approve(std::string n, std::string by = "alice") {
        return run(all.decide(key_of_refund(std::move(n)), refund_status::APPROVED, std::move(by), "", why))
            ->changed;
    }

    // WeChat's word, or a conclusion of `by`, who must have the lease.
    bool record(std::string n, refund_status to, std::string by = "nobody") {
        refund_step s;
        s.to = to;
        if (is_accepted(to))
            return run(all.adopt(key_of_refund(n), s, why))->changed;
        auto const r = run(all.find(key_of_refund(n)));
        std::int64_t const version = r->has_value() ? (*r)->version : 0;
        return run(all.record(key_of_refund(n), {std::move(by), version}, s, why))->changed;
    }

    refund_look look(std::string n = "R1") { return {owner, the_refund(std::move(n)).version}; }

    std::vector<std::string> event_types() {
        std::vector<std::string> types;
        auto const log = run(events_of(*db, order_key{"shop", "10000100", "order-0001"}));
        for (auto const& e : *log)
            types.push_back(e.type);
        return types;
    }

    audience shop;
    orders orders_{*db, shop};
    refund_limits limits;
    refunds all{*db, limits, shop};
};

} // namespace refund_test
