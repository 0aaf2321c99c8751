// Orders and refunds of merchants that hear of changes, on a real SQLite file, and what they are told.
#pragma once

#include "ledger/outbox.hpp"
#include "refunds_fixture.hpp"

#include <algorithm>
#include <tuple>

namespace refund_test {

inline order_key key_of_order(std::string n) {
    return {"shop", "10000100", std::move(n)};
}

inline payment payment_of(std::string const& n, trade_state state = trade_state::SUCCESS) {
    payment p;
    p.appid = "wx2421b1c4370ec43b";
    p.sign_type = sign_type::hmac_sha256;
    p.transaction_id = "42" + n;
    p.openid = "oCustomer";
    p.total_fee = fen(100);
    p.paid_at = now_ms();
    p.trade_state = state;
    return p;
}

// order-0001 was paid before anybody listened.
struct with_audience : with_paid_order {
    with_audience() {
        shop.set({"shop"});
        shop.on_message = [this] { ++told; };
    }

    void create(std::string n) {
        BOOST_TEST_REQUIRE(run(orders_.create(new_order(std::move(n)), why))->changed);
    }

    // Whether it changed anything.
    bool pay(std::string const& n, trade_state state = trade_state::SUCCESS) {
        return run(orders_.pay(key_of_order(n), payment_of(n, state), why))->changed;
    }

    bool move(std::string n, trade_state to) {
        return run(orders_.move(key_of_order(std::move(n)), to, why))->changed;
    }

    // Created and paid; the shop has heard of it.
    void create_paid(std::string const& n) {
        create(n);
        BOOST_TEST_REQUIRE(pay(n));
    }

    bool reject(std::string n, std::string by = "alice") {
        return run(all.decide(key_of_refund(std::move(n)), refund_status::REJECTED, std::move(by), "", why))
            ->changed;
    }

    // All messages, in the order of their changes.
    std::vector<webhook> messages() {
        webhook_filter f;
        f.limit = 1000;
        auto found = *run(outbox_.list(f));
        std::sort(found.begin(), found.end(), [](webhook const& a, webhook const& b) {
            return std::tie(a.out_trade_no, a.order_version, a.type) <
                   std::tie(b.out_trade_no, b.order_version, b.type);
        });
        return found;
    }

    std::vector<std::string> types(std::string const& n) {
        std::vector<std::string> list;
        for (auto const& w : messages())
            if (w.out_trade_no == n)
                list.push_back(w.type);
        return list;
    }

    // The only one of this type about this order; fails the test when there is none, or another.
    webhook the_message(std::string const& n, std::string const& type) {
        std::vector<webhook> found;
        for (auto& w : messages())
            if (w.out_trade_no == n && w.type == type)
                found.push_back(std::move(w));
        BOOST_TEST_REQUIRE(found.size() == 1U, type << " of " << n);
        return found.front();
    }

    webhook_message content(std::string const& n, std::string const& type) {
        return **run(outbox_.message(the_message(n, type).id));
    }

    // Every version of the order has its event, without a gap.
    void check_log(std::string const& n) {
        auto const log = *run(events_of(*db, key_of_order(n)));
        std::int64_t version = 0;
        for (auto const& e : log)
            BOOST_TEST(e.version == ++version, n);
        BOOST_TEST(version == the_order(n).version, n);
    }

    // Each message is of one event: its id, version and time. (Anomalies have none.)
    void check_of_events(std::string const& n) {
        auto const log = *run(events_of(*db, key_of_order(n)));
        for (auto const& w : messages()) {
            if (w.out_trade_no != n || w.type == "anomaly.detected")
                continue;
            auto const e = std::find_if(log.begin(), log.end(), [&](event const& each) {
                return "evt_" + each.id == w.id;
            });
            BOOST_TEST_REQUIRE((e != log.end()), w.type);
            BOOST_TEST(e->version == w.order_version, w.type);
            BOOST_TEST(e->created_at == w.created_at, w.type);
            BOOST_TEST(e->out_refund_no == w.out_refund_no, w.type);
        }
    }

    int told = 0; // how often the sender was woken
    outbox outbox_{*db};
};

using type_list = std::vector<std::string>;

} // namespace refund_test
