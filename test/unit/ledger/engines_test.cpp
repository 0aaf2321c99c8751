// The same work on SQLite and on PostgreSQL: every answer is the same, and so is what is there in the end.
// Needs a server (conf/scratch-postgres).
#include "ledger/anomalies.hpp"
#include "ledger/idempotency.hpp"
#include "ledger/outbox.hpp"
#include "refunds_fixture.hpp"
#include "support/wait.hpp"

#include <algorithm>
#include <random>
#include <sstream>

using namespace refund_test;

namespace {

boost::test_tools::assertion_result with_server(boost::unit_test::test_unit_id) {
    return wxgate::test::on_postgres();
}

// A test that takes its time must not see an order's minute end.
refund_limits with_a_long_minute() {
    refund_limits l;
    l.order_interval = milliseconds(3'600'000);
    l.lease = milliseconds(3'600'000);
    return l;
}

// A ledger on one engine.
struct engine {
    explicit engine(std::shared_ptr<store::store> s) : db(std::move(s)) { shop.set({"shop"}); }

    std::shared_ptr<store::store> db;
    audience shop;
    orders all_orders{*db, shop};
    refunds all_refunds{*db, with_a_long_minute(), shop};
    outbox messages{*db};
    idempotency_keys keys{*db};
};

// One step of a sequence, as drawn: the same for both.
struct step {
    unsigned what = 0;
    std::string number; // of an order
    std::string refund;
    std::int64_t fee = 0;
    trade_state state = trade_state::NOTPAY;
    refund_status status = refund_status::REQUESTED;
    std::string transaction;
    bool flag = false;
    std::string who;
};

constexpr unsigned kinds_of_steps = 16;

step draw(std::mt19937& random) {
    step s;
    s.what = static_cast<unsigned>(random() % kinds_of_steps);
    s.number = "order-" + std::to_string(1000 + random() % 8);
    s.refund = "R" + std::to_string(random() % 24);
    s.fee = static_cast<std::int64_t>(random() % 70 + 1);
    s.state = all_states[random() % all_states.size()];
    s.status = all_refund_statuses[random() % all_refund_statuses.size()];
    s.transaction = "42" + std::to_string(random() % 3 == 0 ? random() % 8 : 1000 + random() % 8);
    s.flag = random() % 2 == 0;
    s.who = random() % 2 == 0 ? "alice" : "bob";
    return s;
}

// ---- answers as text

template <class T>
bool failed(std::ostringstream& out, result<T> const& r) {
    if (r.has_value())
        return false;
    out << "error " << r.error().message();
    return true;
}

void show(std::ostringstream& out, order const* o) {
    if (o == nullptr) {
        out << " none";
        return;
    }
    out << ' ' << o->out_trade_no << ' ' << to_string(o->trade_state) << " v" << o->version << ' '
        << o->total_fee.count() << ' ' << o->refunded_fee.count() << ' ' << o->refund_reserved.count() << ' '
        << o->refund_count << ' ' << o->prepay_id << ' ' << o->transaction_id << ' ' << o->openid << ' '
        << o->paid_at.value_or(-1) << (o->due_at ? " due" : " over") << ' ' << o->tries;
}

void show(std::ostringstream& out, std::optional<refund_row> const& r) {
    if (!r) {
        out << " none";
        return;
    }
    out << ' ' << r->out_refund_no << ' ' << r->out_trade_no << ' ' << to_string(r->refund_status) << " v"
        << r->version << ' ' << r->refund_fee.count() << ' ' << r->decided_by << ' ' << r->refund_id << ' '
        << r->err_code << ' ' << r->in_doubt << r->ever_in_doubt << r->failing << ' ' << r->attempts << ' '
        << r->tries << (r->due_at ? " due" : " not due");
}

std::string told(result<change> const& r) {
    std::ostringstream out;
    if (!failed(out, r)) {
        out << r->changed;
        show(out, r->now.get());
    }
    return out.str();
}

std::string told(result<refund_change> const& r) {
    std::ostringstream out;
    if (!failed(out, r)) {
        out << r->changed;
        show(out, r->now);
    }
    return out.str();
}

std::string told(result<void> const& r) {
    return r.has_value() ? "done" : "error " + r.error().message();
}

struct both : ledger_fixture {
    both() {
        lite =
            std::make_unique<engine>(store::open({"sqlite:" + (folder / "both.db").string(), {}, migrations()}
            ));
        server = std::make_unique<engine>(db);
    }

    ~both() { lite->db->close(); }

    std::string change_an_order(engine& e, step const& s);
    std::string change_a_refund(engine& e, step const& s);
    std::string work_on_refunds(engine& e, step const& s);
    std::string do_other_work(engine& e, step const& s);

    std::string perform(engine& e, step const& s) {
        if (s.what < 6)
            return change_an_order(e, s);
        if (s.what < 9)
            return change_a_refund(e, s);
        return s.what < 12 ? work_on_refunds(e, s) : do_other_work(e, s);
    }

    std::string dump(engine& e);
    std::vector<std::string> buy_at_once(engine& e, int how_many);

    std::unique_ptr<engine> lite;
    std::unique_ptr<engine> server;
};

order_key key_of(std::string const& n) {
    return {"shop", "10000100", n};
}

payment paid_with(step const& s) {
    payment p;
    p.appid = "wx2421b1c4370ec43b";
    p.sign_type = sign_type::hmac_sha256;
    p.transaction_id = s.transaction;
    p.openid = s.fee % 9 == 0 ? "oSomebody" : "oCustomer";
    p.total_fee = fen(s.fee % 7 == 0 ? 99 : 100);
    p.paid_at = now_ms() / 100'000'000 * 100'000'000; // the same for both
    p.trade_state = s.flag ? trade_state::SUCCESS : trade_state::REFUND;
    return p;
}

std::string both::change_an_order(engine& e, step const& s) {
    switch (s.what) {
    case 0: {
        auto o = new_order(s.number);
        o.merchant = s.fee % 11 == 0 ? "another" : "shop";
        if (s.fee % 5 == 0)
            o.openid.clear();
        o.due_at = 1000;
        return told(run(e.all_orders.create(o, why)));
    }
    case 1:
        return told(run(e.all_orders.set_prepay(unseen(key_of(s.number)), "wx" + std::to_string(s.fee), why))
        );
    case 2:
        return told(run(e.all_orders.set_openid(key_of(s.number), "oCustomer", 2000, why)));
    case 3:
        return told(run(e.all_orders.note(key_of(s.number), "UNKNOWN", why)));
    case 4:
        return is_paid(s.state) ? std::string()
                                : told(run(e.all_orders.move(key_of(s.number), s.state, why)));
    default:
        return told(run(e.all_orders.pay(key_of(s.number), paid_with(s), why)));
    }
}

std::string both::change_a_refund(engine& e, step const& s) {
    if (s.what == 6) {
        auto r = new_refund(s.refund, s.fee, s.number);
        r.requested_kind = s.fee % 3 == 0 ? requester_kind::operator_ : requester_kind::api;
        r.requested_by = r.requested_kind == requester_kind::api ? "shop-backend" : "alice";
        auto const made = run(e.all_refunds.create(r, s.flag && s.fee % 3 != 0, why));
        std::ostringstream out;
        if (!failed(out, made)) {
            out << made->changed;
            show(out, made->now);
            show(out, made->order ? &*made->order : nullptr);
        }
        return out.str();
    }
    if (s.what == 7) {
        auto const to = s.flag ? refund_status::APPROVED : refund_status::REJECTED;
        return told(run(e.all_refunds.decide(key_of_refund(s.refund), to, s.who, "because", why)));
    }
    if (!is_accepted(s.status))
        return {};
    refund_step word;
    word.to = s.status;
    word.refund_id = "50" + s.refund;
    if (s.status == refund_status::CHANGE)
        word.anomaly = "refund_change";
    return told(run(e.all_refunds.adopt(key_of_refund(s.refund), word, why)));
}

std::string both::work_on_refunds(engine& e, step const& s) {
    if (s.what == 9) {
        auto taken = run(e.all_refunds.claim(owner, 100));
        std::ostringstream out;
        if (failed(out, taken))
            return out.str();
        std::sort(taken->begin(), taken->end(), [](auto const& a, auto const& b) {
            return a.out_refund_no < b.out_refund_no;
        });
        for (auto const& r : *taken)
            show(out, r);
        return out.str();
    }
    if (s.what == 10)
        return told(run(e.all_refunds.begin_attempt(key_of_refund(s.refund), owner, notify_url, why)));
    auto const seen = run(e.all_refunds.find(key_of_refund(s.refund)));
    if (!seen || !*seen)
        return {};
    refund_step next;
    if (s.flag && !is_accepted(s.status) && s.status != refund_status::REQUESTED)
        next.to = s.status;
    else
        next.type = "REFUND_LOOK";
    next.err_code = s.fee % 2 == 0 ? "NOTENOUGH" : "";
    next.tries = s.fee;
    next.due_at = 3000;
    refund_look const look{owner, (*seen)->version};
    return told(run(e.all_refunds.record(key_of_refund(s.refund), look, next, why)));
}

std::string both::do_other_work(engine& e, step const& s) {
    std::ostringstream out;
    if (s.what == 12) {
        anomaly a;
        a.key = key_of(s.number);
        a.kind = "amount_mismatch";
        a.fingerprint = s.transaction;
        return told(run(ledger::record(*e.db, e.shop, a)));
    }
    if (s.what == 13) {
        auto const until = s.flag ? now_ms() + 3'600'000 : now_ms() - 1000;
        auto const hash = "hash-" + std::to_string(s.fee % 3);
        auto const claim = run(e.keys.claim("shop", s.refund, hash, s.number, s.who, until));
        if (!failed(out, claim))
            out << static_cast<int>(claim->what) << claim->number;
        return out.str();
    }
    if (s.what == 14)
        return told(run(e.keys.release("shop", s.refund, s.who, s.flag)));
    auto taken = run(e.messages.claim("shop", s.who, milliseconds(3'600'000), s.fee));
    if (failed(out, taken))
        return out.str();
    out << taken->size(); // which ones is their ids' matter: those are random
    for (auto const& w : *taken) {
        webhook_try t;
        t.id = w.id;
        t.owner = s.who;
        t.state = webhook_state::delivered;
        t.status = 200;
        out << told(run(e.messages.record({t})));
    }
    return out.str();
}

// All that is there but what is random or a time.
std::string both::dump(engine& e) {
    std::string text;
    for (std::string_view const sql :
         {"SELECT mch_id || '|' || out_trade_no || '|' || merchant || '|' || trade_state || '|' || "
          "previous_state || "
          "'|' || version || '|' || refunded_fee || '|' || refund_reserved || '|' || refund_count || '|' || "
          "COALESCE(transaction_id, '-') || '|' || COALESCE(openid, '-') || '|' || COALESCE(last_refund, "
          "'-') FROM "
          "orders ORDER BY mch_id, out_trade_no",
          "SELECT out_trade_no || '|' || version || '|' || type || '|' || trade_state || '|' || "
          "previous_state || '|' "
          "|| source || '|' || detail || '|' || COALESCE(out_refund_no, '-') || '|' || "
          "COALESCE(refund_status, '-') "
          "FROM events ORDER BY mch_id, out_trade_no, version",
          "SELECT out_refund_no || '|' || out_trade_no || '|' || refund_fee || '|' || refund_status || '|' "
          "|| version "
          "|| '|' || in_doubt || '|' || ever_in_doubt || '|' || attempts || '|' || COALESCE(decided_by, '-') "
          "|| '|' "
          "|| COALESCE(err_code, '-') FROM refunds ORDER BY mch_id, out_refund_no",
          "SELECT out_trade_no || '|' || kind || '|' || fingerprint || '|' || seen || '|' || detail FROM "
          "anomalies "
          "ORDER BY merchant, out_trade_no, kind, fingerprint",
          "SELECT key || '|' || request_hash || '|' || number || '|' || done || '|' || owner FROM "
          "idempotency_keys "
          "ORDER BY merchant, key",
          "SELECT type || '|' || out_trade_no || '|' || COALESCE(out_refund_no, '-') || '|' || order_version "
          "|| '|' "
          "|| COALESCE(refund_status, '-') || '|' || COALESCE(trade_state, '-') FROM outbox ORDER BY "
          "out_trade_no, "
          "order_version, type, COALESCE(out_refund_no, '-')"}) {
        store::batch b;
        b.push_back({sql, {}});
        auto const r = run(e.db->read(std::move(b)));
        BOOST_TEST_REQUIRE(r.has_value(), sql);
        for (std::size_t i = 0; i < r->front().size(); ++i)
            text += r->front().text(i, 0) + '\n';
    }
    return text;
}

// An order from its making to its payment, which is told twice; of some a wrong amount is told.
awaitable<void> buy(engine& e, int i, std::string& heard) {
    step s;
    s.number = "order-" + std::to_string(1000 + i);
    s.transaction = "42" + std::to_string(i);
    s.fee = i % 7 == 3 ? 7 : 1; // another amount than the order's
    s.flag = true;
    auto o = new_order(s.number);
    if (i % 3 != 0)
        o.attach = "for " + s.number + ", \"quoted\" {and} \\ NULL";
    if (i % 5 == 0)
        o.openid.clear();
    o.due_at = 1000 + i;
    auto const made = co_await e.all_orders.create(o, why);
    heard = told(made);
    if (!made || !made->now)
        co_return;
    std::string const prepay = "wx" + s.number;
    auto const prepaid = co_await e.all_orders.set_prepay(*made->now, prepay, why);
    heard += told(prepaid);
    auto const key = key_of(s.number);
    auto const how = paid_with(s);
    auto const paid = co_await e.all_orders.pay(key, how, why);
    heard += told(paid);
    auto const again = co_await e.all_orders.pay(key, how, why); // as WeChat tells it
    heard += told(again);
}

std::vector<std::string> both::buy_at_once(engine& e, int how_many) {
    std::vector<std::string> heard(static_cast<std::size_t>(how_many));
    for (int i = 0; i < how_many; ++i)
        boost::asio::co_spawn(
            context,
            buy(e, i, heard[static_cast<std::size_t>(i)]),
            [](std::exception_ptr failed) { BOOST_TEST(!failed); }
        );
    context.restart();
    context.run();
    return heard;
}

} // namespace

BOOST_AUTO_TEST_SUITE(engines, *boost::unit_test::precondition(with_server))

BOOST_FIXTURE_TEST_CASE(random_sequences_do_the_same_on_both, both) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        std::mt19937 random(seed);
        for (int i = 0; i < 700; ++i) {
            auto const s = draw(random);
            auto const here = perform(*lite, s);
            auto const there = perform(*server, s);
            BOOST_TEST_REQUIRE(here == there, "seed " << seed << ", step " << i << " (" << s.what << ")");
        }
        BOOST_TEST(dump(*lite) == dump(*server), "seed " << seed);
    }
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds") > 10);
    BOOST_TEST(count("SELECT COUNT(*) FROM outbox") > 10);
}

// Many at once, whose statements PostgreSQL runs together: each hears its own.
BOOST_FIXTURE_TEST_CASE(many_orders_at_once_do_the_same_on_both, both) {
    constexpr int many = 150;
    auto const here = buy_at_once(*lite, many);
    auto const there = buy_at_once(*server, many);
    BOOST_TEST(here == there, boost::test_tools::per_element());
    BOOST_TEST(dump(*lite) == dump(*server));
    BOOST_TEST(count("SELECT COUNT(*) FROM orders WHERE trade_state = 'SUCCESS'") == 129);
    BOOST_TEST(count("SELECT COUNT(*) FROM outbox") == 129);
}

// One order, changed at once by several and in different ways: each change has its event.
BOOST_FIXTURE_TEST_CASE(an_order_that_many_change_at_once, both) {
    for (int round = 0; round < 20; ++round) {
        auto const out_trade_no = "order-" + std::to_string(1000 + round);
        auto const made = run(server->all_orders.create(new_order(out_trade_no), why));
        BOOST_TEST_REQUIRE(made->changed);
        step s;
        s.transaction = "42" + std::to_string(round);
        s.fee = 1;
        s.flag = true;
        auto const counted = [](std::exception_ptr failed, result<change> const& r) {
            BOOST_TEST((!failed && r.has_value()));
        };
        for (int i = 0; i < 3; ++i) {
            boost::asio::co_spawn(
                context, server->all_orders.set_prepay(*made->now, "wx" + std::to_string(i), why), counted
            );
            boost::asio::co_spawn(
                context, server->all_orders.pay(key_of(out_trade_no), paid_with(s), why), counted
            );
            boost::asio::co_spawn(
                context, server->all_orders.note(key_of(out_trade_no), "LOOKED", why), counted
            );
        }
        context.restart();
        context.run();
    }
    BOOST_TEST(count("SELECT COUNT(*) FROM orders WHERE trade_state = 'SUCCESS'") == 20);
    BOOST_TEST(
        count("SELECT COUNT(*) FROM orders AS o WHERE version <> (SELECT COUNT(*) FROM events AS e WHERE "
              "e.mch_id = o.mch_id AND e.out_trade_no = o.out_trade_no)") == 0
    );
    BOOST_TEST(count("SELECT COUNT(*) FROM outbox") == 20);
}

// Rows are found by their keys from the first payment on, when the database knows nothing yet about its
// tables, and whatever it plans then stays planned for a while.
BOOST_FIXTURE_TEST_CASE(rows_are_found_by_their_keys, both) {
    buy_at_once(*server, 200);
    for (int i = 200; i < 250; ++i) {
        step s;
        s.number = "order-" + std::to_string(1000 + i);
        s.transaction = "42" + std::to_string(i);
        s.fee = 100;
        s.flag = true;
        auto const o = new_order(s.number);
        BOOST_TEST_REQUIRE(run(server->all_orders.create(o, why))->changed);
        BOOST_TEST_REQUIRE(run(server->all_orders.set_prepay(o, "wx1", why)).has_value());
        BOOST_TEST_REQUIRE(run(server->all_orders.pay(key_of(s.number), paid_with(s), why))->changed);
        auto const r = new_refund("R" + std::to_string(i), 100, s.number);
        BOOST_TEST_REQUIRE(run(server->all_refunds.create(r, false, why))->changed);
        BOOST_TEST_REQUIRE(run(server->all_refunds.find(key_of_refund(r.out_refund_no)))->has_value());
    }
    db->close(); // what its sessions have counted is told when they end
    auto const scans = [this](std::string const& index) {
        return schema->client().number(
            "SELECT idx_scan FROM pg_stat_user_indexes WHERE schemaname = '" + schema->name() +
            "' AND indexrelname = '" + index + "'"
        );
    };
    BOOST_TEST_REQUIRE(
        wxgate::test::eventually(
            std::chrono::seconds(30), [&] { return scans("orders_pkey") > 200 && scans("refunds_pkey") > 50; }
        ),
        scans("orders_pkey") << " and " << scans("refunds_pkey")
    );
    for (auto const* other : {"orders_newest", "orders_newest_of_all", "orders_paid", "refunds_newest"})
        BOOST_TEST(scans(other) == 0, other);
}

// Lists and searches: the same pages, whatever the database's locale says of letters.
BOOST_FIXTURE_TEST_CASE(lists_have_the_same_order, both) {
    for (auto* e : {lite.get(), server.get()})
        for (auto const* n : {"order_a1", "order-B1", "order-a1", "orderXb1", "order|Z1", "order*11"}) {
            auto o = new_order(n);
            o.created_at = 1000; // so that the number decides
            BOOST_TEST_REQUIRE(run(e->all_orders.create(o, why))->changed, n);
        }
    auto const page_of = [this](engine& e) {
        std::string pages;
        order_filter f;
        f.limit = 2;
        for (int i = 0; i < 4; ++i) {
            auto const page = *run(e.all_orders.list(f));
            for (auto const& o : page)
                pages += o.out_trade_no + ' ';
            pages += '/';
            if (page.empty())
                break;
            f.before_created_at = page.back().created_at;
            f.before_number = page.back().out_trade_no;
            f.before_mch_id = page.back().mch_id;
        }
        return pages;
    };
    BOOST_TEST(page_of(*lite) == page_of(*server));
    BOOST_TEST(run(lite->all_orders.find_all("order-a1"))->size() == 1U);
    BOOST_TEST(run(server->all_orders.find_all("order-a1"))->size() == 1U);
}

// A lease is the database's: a gateway whose clock runs ahead by an hour takes nothing from another.
BOOST_FIXTURE_TEST_CASE(a_lease_goes_by_the_databases_clock, both) {
    auto o = new_order("order-0001");
    o.due_at = 1000;
    BOOST_TEST_REQUIRE(run(server->all_orders.create(o, why))->changed);
    BOOST_TEST_REQUIRE(run(server->all_orders.claim("one", milliseconds(60'000), 10))->size() == 1U);
    auto const until = count("SELECT lease_until FROM orders");
    BOOST_TEST(until > now_ms());
    // The statement of a claim, with another idea of the time.
    store::batch b;
    b.push_back(
        {"SELECT COUNT(*) FROM orders WHERE due_at <= $1 AND lease_until < /*now*/$1", {now_ms() + 3'600'000}}
    );
    BOOST_TEST(run(db->read(std::move(b)))->front().integer(0, 0) == 0);
    BOOST_TEST(run(server->all_orders.claim("two", milliseconds(60'000), 10))->empty());
}

// Many that claim at once: each row goes to one of them, and nobody waits for anybody.
BOOST_FIXTURE_TEST_CASE(what_is_due_goes_to_one_of_many, both) {
    for (int i = 0; i < 200; ++i) {
        auto o = new_order("order-" + std::to_string(1000 + i));
        o.due_at = 1000;
        BOOST_TEST_REQUIRE(run(server->all_orders.create(o, why))->changed);
    }
    std::size_t taken = 0;
    std::size_t rounds = 0;
    boost::asio::io_context many{1};
    for (int i = 0; i < 40; ++i)
        boost::asio::co_spawn(
            many,
            server->all_orders.claim("owner-" + std::to_string(i), milliseconds(60'000), 5),
            [&](std::exception_ptr const& e, result<std::vector<order>> const& r) {
                if (!e && r) {
                    taken += r->size();
                    ++rounds;
                }
            }
        );
    many.run();
    BOOST_TEST(rounds == 40U);
    // Who looks while others take may skip what they have; what is left is found by the next.
    for (auto more = run(server->all_orders.claim("last", milliseconds(60'000), 100)); !more->empty();
         more = run(server->all_orders.claim("last", milliseconds(60'000), 100)))
        taken += more->size();
    BOOST_TEST(taken == 200U);
}

// Two refunds of one order begin at the same moment, on two gateways: one has the order's minute.
BOOST_FIXTURE_TEST_CASE(one_refund_has_the_orders_minute, both) {
    for (int round = 0; round < 20; ++round) {
        auto const n = "order-" + std::to_string(2000 + round);
        BOOST_TEST_REQUIRE(run(server->all_orders.create(new_order(n), why))->changed);
        step s;
        s.transaction = "4200" + std::to_string(round);
        s.fee = 1;
        s.flag = true;
        BOOST_TEST_REQUIRE(run(server->all_orders.pay(key_of(n), paid_with(s), why))->changed);
        for (auto const* r : {"a", "b"})
            BOOST_TEST_REQUIRE(run(server->all_refunds.create(new_refund(n + r, 10, n), true, why))->changed);
        BOOST_TEST_REQUIRE(run(server->all_refunds.claim(owner, 2))->size() == 2U);
        int begun = 0;
        boost::asio::io_context at_once{1};
        for (auto const* r : {"a", "b"})
            boost::asio::co_spawn(
                at_once,
                server->all_refunds.begin_attempt(key_of_refund(n + r), owner, notify_url, why),
                [&](std::exception_ptr const& e, result<refund_change> const& done) {
                    begun += !e && done && done->changed ? 1 : 0;
                }
            );
        at_once.run();
        BOOST_TEST(begun == 1, n);
    }
    BOOST_TEST(count("SELECT COUNT(*) FROM refunds WHERE in_doubt = 1") == 20);
}

BOOST_AUTO_TEST_SUITE_END()
