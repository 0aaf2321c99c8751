#include "checker.hpp"

#include <algorithm>
#include <utility>

namespace wxgate::test {

namespace {

bool is_paid(std::string const& trade_state) {
    return trade_state == "SUCCESS" || trade_state == "REFUND";
}

bool is_live(std::string const& refund_status) {
    return refund_status != "REJECTED" && refund_status != "FAILED" && refund_status != "REFUNDCLOSE";
}

// WeChat has taken it, by what the store says.
bool is_accepted(std::string const& refund_status) {
    return refund_status == "PROCESSING" || refund_status == "SUCCESS" || refund_status == "CHANGE" ||
           refund_status == "REFUNDCLOSE";
}

// Written down once more, on purpose: these are the contract's, not the product's.
std::set<std::pair<std::string, std::string>> const& order_moves() {
    static std::set<std::pair<std::string, std::string>> const legal = [] {
        std::set<std::pair<std::string, std::string>> all;
        for (auto const* to : {"NOTPAY", "USERPAYING", "SUCCESS", "REFUND", "CLOSED", "REVOKED", "PAYERROR"})
            all.emplace("CREATED", to);
        for (auto const* to : {"USERPAYING", "SUCCESS", "REFUND", "CLOSED", "REVOKED", "PAYERROR"})
            all.emplace("NOTPAY", to);
        for (auto const* to : {"NOTPAY", "SUCCESS", "REFUND", "CLOSED", "REVOKED", "PAYERROR"})
            all.emplace("USERPAYING", to);
        for (auto const* to : {"NOTPAY", "USERPAYING", "SUCCESS", "REFUND", "CLOSED", "REVOKED"})
            all.emplace("PAYERROR", to);
        for (auto const* from : {"CLOSED", "REVOKED"})
            for (auto const* to : {"SUCCESS", "REFUND"})
                all.emplace(from, to);
        all.emplace("SUCCESS", "REFUND");
        return all;
    }();
    return legal;
}

std::set<std::pair<std::string, std::string>> const& refund_moves() {
    static std::set<std::pair<std::string, std::string>> const legal = {
        {"REQUESTED", "APPROVED"},
        {"REQUESTED", "REJECTED"},
        {"APPROVED", "REQUESTED"}, // the approval expired
        {"APPROVED", "PROCESSING"},
        {"APPROVED", "SUCCESS"},
        {"APPROVED", "CHANGE"},
        {"APPROVED", "REFUNDCLOSE"},
        {"APPROVED", "FAILED"},
        {"PROCESSING", "SUCCESS"},
        {"PROCESSING", "CHANGE"},
        {"PROCESSING", "REFUNDCLOSE"},
        {"CHANGE", "SUCCESS"},
        {"CHANGE", "REFUNDCLOSE"}};
    return legal;
}

std::string text(std::int64_t n) {
    return std::to_string(n);
}

class court {
public:
    explicit court(snapshot const& s) : s_(s) {
        for (auto const& o : s.orders)
            by_number_.emplace(o.out_trade_no, &o);
        for (auto const& r : s.refunds) {
            refund_by_number_.emplace(r.out_refund_no, &r);
            refunds_of_[key(r.mch_id, r.out_trade_no)].push_back(&r);
        }
        for (auto const& e : s.events) {
            log_[key(e.mch_id, e.out_trade_no)].push_back(&e);
            if (!e.out_refund_no.empty())
                refund_log_[key(e.mch_id, e.out_refund_no)].push_back(&e);
        }
        auto const by_version = [](event_row const* a, event_row const* b) {
            return a->version < b->version;
        };
        for (auto* log : {&log_, &refund_log_})
            for (auto& each : *log)
                std::stable_sort(each.second.begin(), each.second.end(), by_version);
        for (auto const& [at, events] : log_)
            for (auto const* e : events)
                if (e->out_refund_no.empty())
                    hooks_[e] = hook_of(*e, {});
        for (auto const& [at, events] : refund_log_) {
            std::string before;
            for (auto const* e : events) {
                hooks_[e] = hook_of(*e, before);
                before = e->refund_status;
            }
        }
        for (auto const& a : s.anomalies)
            odd_.insert(key(a.mch_id, a.out_trade_no));
    }

    std::vector<violation> take() { return std::move(found_); }

    // ---- I1 ---------------------------------------------------------------------------------------------

    void one_charge() {
        std::set<std::string> numbers;
        std::set<std::string> transactions;
        for (auto const& o : s_.orders) {
            if (!numbers.insert(key(o.mch_id, o.out_trade_no)).second)
                find("I1", o.out_trade_no + " stands twice in orders");
            if (!o.transaction_id.empty() && !transactions.insert(key(o.mch_id, o.transaction_id)).second)
                find("I1", o.out_trade_no + ": its transaction is another order's, too");
        }
        for (auto const& [number, events] : log_) {
            auto const charges = std::count_if(events.begin(), events.end(), [](event_row const* e) {
                return is_paid(e->trade_state) && (!is_paid(e->previous_state) || e->type == "SUCCESS");
            });
            if (charges > 1)
                find("I1", number + " was charged " + text(charges) + " times by its log");
        }
        std::set<std::string> theirs;
        std::set<std::string> their_transactions;
        for (auto const& o : s_.wechat_orders) {
            if (!theirs.insert(o.out_trade_no).second)
                find("I1", o.out_trade_no + " is two orders at WeChat");
            if (!o.transaction_id.empty() && !their_transactions.insert(o.transaction_id).second)
                find("I1", o.out_trade_no + ": WeChat has its transaction for another order");
        }
    }

    // ---- I2 ---------------------------------------------------------------------------------------------

    void refunds_within_payment() {
        for (auto const& o : s_.orders) {
            std::int64_t live = 0;
            std::int64_t done = 0;
            for (auto const* r : refunds_of(o)) {
                live += is_live(r->refund_status) ? r->refund_fee : 0;
                done += r->refund_status == "SUCCESS" ? r->refund_fee : 0;
            }
            if (live > o.total_fee)
                find("I2", o.out_trade_no + ": refunds of " + text(live) + " for " + text(o.total_fee));
            if (live != o.refund_reserved)
                find(
                    "I2",
                    o.out_trade_no + ": " + text(o.refund_reserved) + " is reserved for refunds of " +
                        text(live)
                );
            if (done != o.refunded_fee)
                find(
                    "I2", o.out_trade_no + ": refunded_fee is " + text(o.refunded_fee) + ", not " + text(done)
                );
            if (!refunds_of(o).empty() && !is_paid(o.trade_state))
                find("I2", o.out_trade_no + " has refunds and is " + o.trade_state);
        }
        for (auto const& o : s_.wechat_orders) {
            std::int64_t live = 0;
            for (auto const& r : o.refunds)
                live += r.refund_status == "REFUNDCLOSE" ? 0 : r.refund_fee;
            if (live > o.total_fee)
                find("I2", o.out_trade_no + ": WeChat refunds " + text(live) + " of " + text(o.total_fee));
        }
    }

    // ---- I3 ---------------------------------------------------------------------------------------------

    void acknowledged_is_durable() {
        for (auto const& n : s_.notifications) {
            if (!n.acknowledged)
                continue;
            if (n.out_refund_no.empty()) {
                auto const* o = order(n.out_trade_no);
                if (o == nullptr || !was_paid(*o))
                    find("I3", "the payment of " + n.out_trade_no + " was acknowledged and is not recorded");
                continue;
            }
            auto const* r = refund(n.out_refund_no);
            bool const there =
                r != nullptr && is_accepted(r->refund_status) && r->refund_status != "PROCESSING";
            if (!there)
                find("I3", "the end of " + n.out_refund_no + " was acknowledged and is not recorded");
        }
    }

    // ---- I4 ---------------------------------------------------------------------------------------------

    void log_is_the_state() {
        if (s_.integrity != "ok")
            find("I4", "the database is damaged: " + s_.integrity);
        std::set<std::string> known;
        for (auto const& o : s_.orders) {
            auto const at = key(o.mch_id, o.out_trade_no);
            known.insert(at);
            auto const& events = log_[at];
            if (static_cast<std::int64_t>(events.size()) != o.version)
                find(
                    "I4",
                    o.out_trade_no + " has version " + text(o.version) + " and " +
                        text(static_cast<std::int64_t>(events.size())) + " events"
                );
            if (!events.empty() && events.back()->trade_state != o.trade_state)
                find(
                    "I4",
                    o.out_trade_no + " is " + o.trade_state + ", its log says " + events.back()->trade_state
                );
            check_chain(o.out_trade_no, events);
        }
        for (auto const& [at, events] : log_)
            if (!known.contains(at))
                find("I4", at + " has events and is no order");
        check_refund_logs();
        std::set<std::string> ids;
        for (auto const& e : s_.events)
            if (!ids.insert(e.id).second)
                find("I4", "two events have the id " + e.id);
    }

    // ---- I5, I11 ----------------------------------------------------------------------------------------

    void moves_are_legal() {
        for (auto const& [at, events] : log_) {
            for (auto const* e : events) {
                auto const& from = e->previous_state;
                auto const& to = e->trade_state;
                auto const move = at + ", version " + text(e->version) + ": " + from + " > " + to;
                if (from.empty() ? to != "CREATED" : from != to && !order_moves().contains({from, to}))
                    find(is_paid(from) && !is_paid(to) ? "I11" : "I5", move);
                if ((from == "CLOSED" || from == "REVOKED") && is_paid(to) && !odd_.contains(at))
                    find("I11", move + ", and nobody is told");
            }
        }
        for (auto const& [at, events] : refund_log_) {
            std::string from;
            for (auto const* e : events) {
                auto const& to = e->refund_status;
                if (from.empty() ? to != "REQUESTED" : from != to && !refund_moves().contains({from, to}))
                    find("I5", "refund " + at + ", version " + text(e->version) + ": " + from + " > " + to);
                from = to;
            }
        }
        for (auto const& r : s_.refunds) {
            bool const decided = r.refund_status != "REQUESTED" && r.refund_status != "REJECTED";
            if (decided && r.decided_by.empty())
                find("I5", r.out_refund_no + " is " + r.refund_status + " and nobody approved it");
            if (decided && r.requested_kind == "operator" && r.requested_by == r.decided_by)
                find("I5", r.out_refund_no + " was approved by who asked for it, " + r.decided_by);
        }
    }

    // ---- I6 ---------------------------------------------------------------------------------------------

    void everybody_was_told() {
        std::map<std::tuple<std::string, std::int64_t, std::string>, int> of_events;
        std::map<std::string, int> of_anomalies;
        std::map<std::string, outbox_row const*> rows;
        for (auto const& row : s_.outbox) {
            if (row.anomaly_id.empty())
                ++of_events[{key(row.mch_id, row.out_trade_no), row.order_version, row.type}];
            else
                ++of_anomalies[row.anomaly_id];
            if (!rows.emplace(row.id, &row).second)
                find("I6", "two messages have the id " + row.id);
            if (row.state != "delivered")
                find("I6", row.type + " about " + row.out_trade_no + " is " + row.state + " in the end");
        }
        for (auto const& e : s_.events) {
            auto const& type = hooks_[&e];
            auto const* o = order(e.out_trade_no);
            if (type.empty() || o == nullptr || !s_.listening.contains(o->merchant))
                continue;
            auto& n = of_events[{key(e.mch_id, e.out_trade_no), e.version, type}];
            if (n != 1)
                find(
                    "I6",
                    type + " about " + e.out_trade_no + ", version " + text(e.version) + ": " + text(n) +
                        " messages in the outbox"
                );
            n = 1;
        }
        for (auto const& a : s_.anomalies) {
            if (!s_.listening.contains(a.merchant))
                continue;
            auto const n = of_anomalies[a.id];
            if (n != 1)
                find(
                    "I6",
                    "anomaly " + a.kind + " of " + a.out_trade_no + ": " + text(n) + " messages in the outbox"
                );
        }
        for (auto const& row : s_.outbox)
            check_reason(row);
        check_received(rows);
    }

    // ---- I7 ---------------------------------------------------------------------------------------------

    void asked_before_again() {
        std::map<std::string, std::string> doubt; // what is in doubt, of an order or a refund
        for (auto const& c : s_.calls) {
            bool const of_refund = c.operation == "refund" || c.operation == "refundquery";
            bool const query = c.operation == "orderquery" || c.operation == "refundquery";
            bool const acts =
                c.operation == "unifiedorder" || c.operation == "closeorder" || c.operation == "refund";
            if (!query && !acts)
                continue;
            auto const& number = of_refund ? c.out_refund_no : c.out_trade_no;
            auto const at = (of_refund ? "refund " : "order ") + number;
            bool const clear = c.outcome == answered::accepted || c.outcome == answered::refused;
            if (query) {
                if (clear)
                    doubt.erase(at);
                continue;
            }
            if (auto const open = doubt.find(at); open != doubt.end())
                find("I7", at + ": " + c.operation + " after a " + open->second + " that nobody asked about");
            if (clear)
                doubt.erase(at);
            else
                doubt[at] =
                    c.operation + (c.outcome == answered::nothing ? " without an answer" : " in doubt");
        }
    }

    // ---- I8 ---------------------------------------------------------------------------------------------

    void one_number_for_ever() {
        std::map<std::string, std::string> parameters;
        std::map<std::string, std::string> numbers; // by purpose
        for (auto const& c : s_.calls) {
            bool const order_call = c.operation == "unifiedorder";
            if (!order_call && c.operation != "refund")
                continue;
            auto const& number = order_call ? c.out_trade_no : c.out_refund_no;
            auto const [first, fresh] = parameters.emplace(c.operation + " " + number, c.parameters);
            if (!fresh && first->second != c.parameters)
                find("I8", c.operation + " of " + number + " was called again with other parameters");
            if (order_call || c.purpose.empty())
                continue;
            auto const [known, once] = numbers.emplace(c.purpose, number);
            if (!once && known->second != number)
                find(
                    "I8", "the refund " + c.purpose + " has two numbers: " + known->second + " and " + number
                );
        }
        for (auto const& o : s_.wechat_orders) {
            std::set<std::string> seen;
            for (auto const& r : o.refunds) {
                if (!seen.insert(r.out_refund_no).second)
                    find("I8", r.out_refund_no + " is two refunds at WeChat");
                if (refund(r.out_refund_no) == nullptr)
                    find("I8", r.out_refund_no + " is a refund at WeChat only");
            }
        }
    }

    // ---- I9 ---------------------------------------------------------------------------------------------

    void money_agrees() {
        std::map<std::string, std::pair<std::int64_t, std::int64_t>> paid; // here, there, by merchant
        std::map<std::string, std::pair<std::int64_t, std::int64_t>> refunded;
        std::set<std::string> at_wechat;
        std::set<std::string> refunds_at_wechat;
        for (auto const& o : s_.orders) {
            paid[o.merchant].first += is_paid(o.trade_state) ? o.total_fee : 0;
            refunded[o.merchant].first += o.refunded_fee;
        }
        for (auto const& there : s_.wechat_orders) {
            at_wechat.insert(there.out_trade_no);
            auto const* here = order(there.out_trade_no);
            if (here == nullptr) {
                find("I9", there.out_trade_no + " is an order at WeChat only");
                continue;
            }
            compare(*here, there);
            paid[here->merchant].second += is_paid(there.trade_state) ? there.total_fee : 0;
            for (auto const& r : there.refunds) {
                refunds_at_wechat.insert(r.out_refund_no);
                compare(r);
                refunded[here->merchant].second += r.refund_status == "SUCCESS" ? r.refund_fee : 0;
            }
        }
        for (auto const& o : s_.orders)
            if (is_paid(o.trade_state) && !at_wechat.contains(o.out_trade_no))
                find("I9", o.out_trade_no + " is paid here only");
        for (auto const& r : s_.refunds)
            if (is_accepted(r.refund_status) && !refunds_at_wechat.contains(r.out_refund_no))
                find("I9", r.out_refund_no + " is " + r.refund_status + " here only");
        for (auto const* sums : {&paid, &refunded})
            for (auto const& [merchant, sum] : *sums)
                if (sum.first != sum.second)
                    find(
                        "I9",
                        merchant + (sums == &paid ? ": paid " : ": refunded ") + text(sum.first) + " here, " +
                            text(sum.second) + " at WeChat"
                    );
    }

    // ---- I10 --------------------------------------------------------------------------------------------

    void nobody_elses() {
        for (auto const& o : s_.orders)
            check_owner("order " + o.out_trade_no, o.merchant, o.mch_id);
        for (auto const& r : s_.refunds) {
            check_owner("refund " + r.out_refund_no, r.merchant, r.mch_id);
            check_same("refund " + r.out_refund_no, r.merchant, r.out_trade_no);
        }
        for (auto const& a : s_.anomalies)
            check_owner("anomaly " + a.id, a.merchant, a.mch_id);
        for (auto const& row : s_.outbox) {
            check_owner("message " + row.id, row.merchant, row.mch_id);
            if (row.anomaly_id.empty()) // an anomaly may be about no order of ours
                check_same("message " + row.id, row.merchant, row.out_trade_no);
        }
        for (auto const& t : s_.acknowledged) {
            if (auto const* r = t.refund ? refund(t.number) : nullptr;
                r != nullptr && r->merchant != t.merchant)
                find("I10", t.merchant + " was told of " + t.number + ", which is " + r->merchant + "'s");
            if (auto const* o = t.refund ? nullptr : order(t.number);
                o != nullptr && o->merchant != t.merchant)
                find("I10", t.merchant + " was told of " + t.number + ", which is " + o->merchant + "'s");
        }
        for (auto const& t : s_.trespasses)
            find("I10", t.merchant + " was let at " + t.number + ": " + t.what);
    }

    // ---- I12 --------------------------------------------------------------------------------------------

    void told_is_true() {
        std::map<std::string, std::string> by_token;
        for (auto const& o : s_.orders)
            if (!o.token.empty())
                if (auto const [known, once] = by_token.emplace(o.token, o.out_trade_no); !once)
                    find("I12", o.token + " is two orders: " + known->second + " and " + o.out_trade_no);
        std::map<std::string, std::string> told_token;
        for (auto const& t : s_.acknowledged) {
            if (t.refund) {
                check_told_refund(t);
                continue;
            }
            check_told_payment(t);
            if (t.token.empty())
                continue;
            auto const [known, once] = told_token.emplace(t.token, t.number);
            if (!once && known->second != t.number)
                find("I12", t.token + " was told two numbers: " + known->second + " and " + t.number);
        }
    }

    // ---- I13, I14 ---------------------------------------------------------------------------------------

    void nothing_leaks() {
        if (!s_.leaks.empty())
            find("I13", s_.leaks);
        for (auto const& h : s_.received)
            for (auto const* never : {"client_secret", "request_payment", "paySign", "sign_key", "CANARYkey"})
                if (h.body.find(never) != std::string::npos)
                    find("I13", "message " + h.id + " tells " + never);
    }

    void within_bounds() {
        for (auto const& m : s_.measures)
            if (m.bound != 0 && m.most > m.bound)
                find(
                    "I14", m.name + ": " + std::to_string(m.most) + ", more than " + std::to_string(m.bound)
                );
    }

    void run_went_well() {
        for (auto const& t : s_.trouble)
            find("run", t);
    }

private:
    static std::string key(std::string const& mch_id, std::string const& number) {
        return mch_id + '/' + number;
    }

    void find(char const* invariant, std::string what) { found_.push_back({invariant, std::move(what)}); }

    // A plan's numbers are unique over all merchants.
    order_row const* order(std::string const& number) const {
        auto const found = by_number_.find(number);
        return found == by_number_.end() ? nullptr : found->second;
    }

    refund_row const* refund(std::string const& number) const {
        auto const found = refund_by_number_.find(number);
        return found == refund_by_number_.end() ? nullptr : found->second;
    }

    std::vector<refund_row const*> const& refunds_of(order_row const& o) const {
        static std::vector<refund_row const*> const none;
        auto const found = refunds_of_.find(key(o.mch_id, o.out_trade_no));
        return found == refunds_of_.end() ? none : found->second;
    }

    bool was_paid(order_row const& o) {
        auto const& events = log_[key(o.mch_id, o.out_trade_no)];
        return std::any_of(events.begin(), events.end(), [](event_row const* e) {
            return is_paid(e->trade_state);
        });
    }

    void check_chain(std::string const& number, std::vector<event_row const*> const& events) {
        std::int64_t version = 0;
        std::string state;
        for (auto const* e : events) {
            if (e->version != version + 1)
                find("I4", number + ": version " + text(e->version) + " follows " + text(version));
            if (e->previous_state != state)
                find(
                    "I4",
                    number + ", version " + text(e->version) + ": comes from " + e->previous_state +
                        ", but the order was " + (state.empty() ? "not there" : state)
                );
            version = e->version;
            state = e->trade_state;
        }
    }

    void check_refund_logs() {
        std::set<std::string> known;
        for (auto const& r : s_.refunds) {
            auto const at = key(r.mch_id, r.out_refund_no);
            known.insert(at);
            auto const& events = refund_log_[at];
            if (static_cast<std::int64_t>(events.size()) != r.version)
                find(
                    "I4",
                    r.out_refund_no + " has version " + text(r.version) + " and " +
                        text(static_cast<std::int64_t>(events.size())) + " events"
                );
            if (!events.empty() && events.back()->refund_status != r.refund_status)
                find(
                    "I4",
                    r.out_refund_no + " is " + r.refund_status + ", its log says " +
                        events.back()->refund_status
                );
        }
        for (auto const& each : refund_log_)
            if (!known.contains(each.first))
                find("I4", each.first + " has events and is no refund");
    }

    // A message tells of something that happened.
    void check_reason(outbox_row const& row) {
        auto const about = row.type + " about " + row.out_trade_no;
        if (!s_.listening.contains(row.merchant))
            find("I6", about + ": " + row.merchant + " has no webhook");
        if (!row.anomaly_id.empty()) {
            bool const there = std::any_of(s_.anomalies.begin(), s_.anomalies.end(), [&](auto const& a) {
                return a.id == row.anomaly_id;
            });
            if (!there || row.type != "anomaly.detected")
                find("I6", about + " tells of an anomaly that is not there");
            return;
        }
        auto const events = log_.find(key(row.mch_id, row.out_trade_no));
        bool const happened =
            events != log_.end() &&
            std::any_of(events->second.begin(), events->second.end(), [&](event_row const* e) {
                return e->version == row.order_version && hooks_[e] == row.type &&
                       e->out_refund_no == row.out_refund_no;
            });
        if (!happened)
            find("I6", about + ", version " + text(row.order_version) + ", tells of nothing that happened");
    }

    void check_received(std::map<std::string, outbox_row const*> const& rows) {
        std::map<std::string, received_hook const*> first;
        std::set<std::string> taken;
        for (auto const& h : s_.received) {
            if (!h.trouble.empty())
                find("I6", "message " + h.id + " came wrongly: " + h.trouble);
            auto const row = rows.find(h.id);
            if (row == rows.end()) {
                find("I6", "message " + h.id + " (" + h.type + ") came and is not in the outbox");
                continue;
            }
            if (row->second->merchant != h.merchant)
                find("I10", "message " + h.id + " of " + row->second->merchant + " came to " + h.merchant);
            bool const other_version =
                row->second->anomaly_id.empty() && row->second->order_version != h.version;
            if (row->second->type != h.type || row->second->out_trade_no != h.out_trade_no || other_version)
                find("I6", "message " + h.id + " came as another one than it is in the outbox");
            auto const known = first.emplace(h.id, &h).first;
            if (known->second->body != h.body)
                find("I6", "message " + h.id + " came with two bodies");
            if (h.taken)
                taken.insert(h.id);
        }
        for (auto const& row : s_.outbox)
            if (row.state == "delivered" && !taken.contains(row.id))
                find("I6", row.type + " about " + row.out_trade_no + " is delivered, and nobody has it");
    }

    void compare(order_row const& here, wechat_order const& there) {
        if (is_paid(here.trade_state) != is_paid(there.trade_state))
            find(
                "I9", here.out_trade_no + " is " + here.trade_state + " here, " + there.trade_state + " there"
            );
        if (here.total_fee != there.total_fee)
            find("I9", here.out_trade_no + " has two amounts");
        if (is_paid(here.trade_state) && here.transaction_id != there.transaction_id)
            find("I9", here.out_trade_no + " has two transactions");
    }

    void compare(wechat_refund const& there) {
        auto const* here = refund(there.out_refund_no);
        if (here == nullptr)
            return; // I8 says so
        if (here->refund_fee != there.refund_fee)
            find("I9", there.out_refund_no + " has two amounts");
        if (here->refund_status != there.refund_status)
            find(
                "I9",
                there.out_refund_no + " is " + here->refund_status + " here, " + there.refund_status +
                    " there"
            );
    }

    void check_owner(std::string const& what, std::string const& merchant, std::string const& mch_id) {
        auto const found = s_.owner.find(merchant);
        if (found == s_.owner.end() || found->second != mch_id)
            find("I10", what + " is of " + merchant + " and of mch_id " + mch_id);
    }

    void check_same(std::string const& what, std::string const& merchant, std::string const& of) {
        auto const* o = order(of);
        if (o == nullptr || o->merchant != merchant)
            find("I10", what + " is of " + merchant + ", its order " + of + " is not");
    }

    void check_told_payment(told const& t) {
        auto const* o = order(t.number);
        if (o == nullptr) {
            find("I12", t.number + " was told to be " + t.state + " and is gone");
            return;
        }
        if (o->total_fee != t.fee || (!t.token.empty() && !o->token.empty() && o->token != t.token))
            find("I12", t.number + " is another order than was told");
        auto const& events = log_[key(o->mch_id, o->out_trade_no)];
        bool const was = std::any_of(events.begin(), events.end(), [&](auto const* e) {
            return e->trade_state == t.state;
        });
        if (!was)
            find("I12", t.number + " was told to be " + t.state + ", and by its log never was");
    }

    void check_told_refund(told const& t) {
        auto const* r = refund(t.number);
        if (r == nullptr) {
            find("I12", "the refund " + t.number + " was told to be " + t.state + " and is gone");
            return;
        }
        if (r->refund_fee != t.fee || r->out_trade_no != t.order)
            find("I12", "the refund " + t.number + " is another one than was told");
        auto const& events = refund_log_[key(r->mch_id, r->out_refund_no)];
        bool const was = std::any_of(events.begin(), events.end(), [&](auto const* e) {
            return e->refund_status == t.state;
        });
        if (!was)
            find(
                "I12", "the refund " + t.number + " was told to be " + t.state + ", and by its log never was"
            );
    }

    snapshot const& s_;
    std::vector<violation> found_;
    std::map<std::string, order_row const*> by_number_;
    std::map<std::string, refund_row const*> refund_by_number_;
    std::map<std::string, std::vector<refund_row const*>> refunds_of_;
    std::map<std::string, std::vector<event_row const*>> log_; // by version
    std::map<std::string, std::vector<event_row const*>> refund_log_;
    std::map<event_row const*, std::string> hooks_; // what the shop hears of each
    std::set<std::string> odd_;                     // orders with an anomaly
};

} // namespace

std::string hook_of(event_row const& e, std::string const& before) {
    if (e.out_refund_no.empty()) {
        if (e.trade_state == e.previous_state || is_paid(e.previous_state))
            return {};
        if (is_paid(e.trade_state))
            return "payment.succeeded";
        return e.trade_state == "CLOSED" || e.trade_state == "REVOKED" ? "payment.closed" : "";
    }
    if (e.refund_status == before)
        return {};
    if (e.refund_status == "REQUESTED")
        return before.empty() ? "refund.requested" : ""; // else its approval expired
    if (e.refund_status == "REJECTED")
        return "refund.rejected";
    if (e.refund_status == "SUCCESS")
        return "refund.succeeded";
    return e.refund_status == "FAILED" || e.refund_status == "REFUNDCLOSE" ? "refund.failed" : "";
}

std::vector<violation> check_durable(snapshot const& s) {
    court c(s);
    c.one_charge();
    c.refunds_within_payment();
    c.acknowledged_is_durable();
    c.log_is_the_state();
    c.moves_are_legal();
    c.told_is_true();
    return c.take();
}

std::vector<violation> check(snapshot const& s) {
    court c(s);
    c.one_charge();
    c.refunds_within_payment();
    c.acknowledged_is_durable();
    c.log_is_the_state();
    c.moves_are_legal();
    c.everybody_was_told();
    c.asked_before_again();
    c.one_number_for_ever();
    c.money_agrees();
    c.nobody_elses();
    c.told_is_true();
    c.nothing_leaks();
    c.within_bounds();
    c.run_went_well();
    return c.take();
}

char const* to_string(verdict v) noexcept {
    return v == verdict::valid ? "valid" : v == verdict::invalid ? "invalid" : "unknown";
}

verdict judge(snapshot const& s, std::vector<violation> const& found) noexcept {
    if (!found.empty())
        return verdict::invalid;
    return s.unread.empty() ? verdict::valid : verdict::unknown;
}

} // namespace wxgate::test
