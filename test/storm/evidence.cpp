#include "evidence.hpp"

#include "support/wechat.hpp"

#include <algorithm>
#include <stdexcept>

namespace wxgate::test {

namespace {

std::int64_t integer(std::string const& cell) {
    return cell.empty() ? 0 : std::stoll(cell);
}

template <class Read>
void attempt(snapshot& s, char const* what, Read read) {
    try {
        read();
    } catch (std::exception const& e) {
        s.unread.push_back(std::string(what) + ": " + e.what());
    }
}

json::value member_list(json::value const& object, char const* name) {
    auto list = member(object, name);
    if (!list.is_array())
        throw std::runtime_error(std::string("no ") + name);
    return list;
}

// What whoever reads this answer knows (protocol A2, A3, A8).
answered outcome_of(json::value const& seen, message const& request, std::string const& key) {
    auto const status = number_of(seen, "status");
    if (status <= 0)
        return answered::nothing;
    auto const answer = from_xml(text_of(seen, "response_body"));
    if (status != 200 || value_of(answer, "return_code") != "SUCCESS")
        return answered::ambiguous;
    auto const said = value_of(request, "sign_type");
    auto const sign = value_of(answer, "sign");
    if (sign.empty() || sign != naive_sign(answer, said.empty() ? "MD5" : said, key))
        return answered::ambiguous;
    if (value_of(answer, "result_code") == "SUCCESS")
        return answered::accepted;
    auto const code = value_of(answer, "err_code");
    return code == "SYSTEMERROR" || code == "BIZERR_NEED_RETRY" ? answered::ambiguous : answered::refused;
}

} // namespace

void read_ledger(api const& control, snapshot& s) {
    attempt(s, "GET /control/ledger", [&] {
        auto const ledger = control.get("/control/ledger").parsed();
        auto const orders = member_list(ledger, "orders");
        auto const notifications = member_list(ledger, "notifications");
        for (auto const& each : orders.as_array()) {
            wechat_order o;
            o.out_trade_no = text_of(each, "out_trade_no");
            o.total_fee = number_of(each, "total_fee");
            o.trade_state = text_of(each, "trade_state");
            o.transaction_id = text_of(each, "transaction_id");
            auto const refunds = member_list(each, "refunds");
            for (auto const& r : refunds.as_array())
                o.refunds.push_back(
                    {text_of(r, "out_refund_no"), number_of(r, "refund_fee"), text_of(r, "refund_status")}
                );
            s.wechat_orders.push_back(std::move(o));
        }
        for (auto const& each : notifications.as_array()) {
            wechat_notification n;
            n.out_trade_no = text_of(each, "out_trade_no");
            n.out_refund_no = text_of(each, "out_refund_no");
            n.acknowledged = member(each, "acknowledged") == json::value(true);
            s.notifications.push_back(std::move(n));
        }
    });
}

void read_store(database const& store, snapshot& s) {
    one_moment const now(store); // other gateways go on
    attempt(s, "orders", [&] {
        for (auto const& row :
             store.rows("SELECT mch_id, out_trade_no, merchant, trade_state, transaction_id, "
                        "metadata, total_fee, refunded_fee, refund_reserved, version "
                        "FROM orders")) {
            order_row o;
            o.mch_id = row[0];
            o.out_trade_no = row[1];
            o.merchant = row[2];
            o.trade_state = row[3];
            o.transaction_id = row[4];
            o.token = text_of(json::parse(row[5]), "storm");
            o.total_fee = integer(row[6]);
            o.refunded_fee = integer(row[7]);
            o.refund_reserved = integer(row[8]);
            o.version = integer(row[9]);
            s.orders.push_back(std::move(o));
        }
    });
    attempt(s, "refunds", [&] {
        for (auto const& row : store.rows(
                 "SELECT mch_id, out_refund_no, merchant, out_trade_no, refund_status, requested_kind, "
                 "requested_by, decided_by, reason, refund_fee, version FROM refunds"
             )) {
            refund_row r;
            r.mch_id = row[0];
            r.out_refund_no = row[1];
            r.merchant = row[2];
            r.out_trade_no = row[3];
            r.refund_status = row[4];
            r.requested_kind = row[5];
            r.requested_by = row[6];
            r.decided_by = row[7];
            r.reason = row[8];
            r.refund_fee = integer(row[9]);
            r.version = integer(row[10]);
            s.refunds.push_back(std::move(r));
        }
    });
    attempt(s, "events", [&] {
        for (auto const& row :
             store.rows("SELECT mch_id, out_trade_no, version, id, type, trade_state, previous_state, "
                        "out_refund_no, refund_status FROM events")) {
            event_row e;
            e.mch_id = row[0];
            e.out_trade_no = row[1];
            e.version = integer(row[2]);
            e.id = row[3];
            e.type = row[4];
            e.trade_state = row[5];
            e.previous_state = row[6];
            e.out_refund_no = row[7];
            e.refund_status = row[8];
            s.events.push_back(std::move(e));
        }
    });
    attempt(s, "outbox", [&] {
        for (auto const& row :
             store.rows("SELECT id, merchant, mch_id, type, out_trade_no, out_refund_no, anomaly_id, "
                        "order_version, state FROM outbox")) {
            outbox_row m;
            m.id = row[0];
            m.merchant = row[1];
            m.mch_id = row[2];
            m.type = row[3];
            m.out_trade_no = row[4];
            m.out_refund_no = row[5];
            m.anomaly_id = row[6];
            m.order_version = integer(row[7]);
            m.state = row[8];
            s.outbox.push_back(std::move(m));
        }
    });
    attempt(s, "anomalies", [&] {
        for (auto const& row : store.rows("SELECT id, merchant, mch_id, out_trade_no, kind FROM anomalies"))
            s.anomalies.push_back({row[0], row[1], row[2], row[3], row[4]});
    });
    attempt(s, "integrity_check", [&] { s.integrity = store.integrity(); });
}

void read_receiver(webhook_receiver const& receiver, std::string const& merchant, snapshot& s) {
    for (auto const& d : receiver.deliveries()) {
        received_hook h;
        h.merchant = merchant;
        h.id = d.id;
        h.type = d.type;
        h.out_trade_no = d.out_trade_no;
        h.version = d.version;
        h.body = d.body;
        h.trouble = d.trouble;
        h.taken = receiver.has_taken(d.id);
        s.received.push_back(std::move(h));
    }
}

void call_log::look(api const& control, std::size_t newest) {
    for (auto n = std::min(newest, most_kept);; n = std::min(n * 5, most_kept)) {
        auto const seen = control.get("/control/requests?last=" + std::to_string(n)).parsed();
        if (!seen.is_array())
            throw std::runtime_error("GET /control/requests gives no list");
        auto const& list = seen.as_array(); // newest first
        bool const reaches =
            list.size() < n || by_body_.contains(text_of(list[list.size() - 1], "request_body"));
        if (!reaches && n < most_kept)
            continue;
        gaps_ = gaps_ || !reaches;
        for (auto i = list.size(); i > 0; --i)
            add(list[i - 1]);
        return;
    }
}

void call_log::add(json::value const& seen) {
    auto const body = text_of(seen, "request_body");
    if (body.empty())
        return;
    auto const [at, fresh] = by_body_.try_emplace(body, calls_.size());
    if (fresh)
        calls_.push_back(read(seen));
    else if (calls_[at->second].outcome == answered::nothing)
        calls_[at->second].outcome = read(seen).outcome;
}

wechat_call call_log::read(json::value const& seen) const {
    message request;
    auto const fields = member(seen, "request");
    if (fields.is_object())
        for (auto const& f : fields.as_object())
            if (f.value().is_string())
                request.emplace_back(
                    std::string(f.key().data(), f.key().size()), std::string(f.value().get_string().c_str())
                );
    auto const key = keys_.find(value_of(request, "mch_id"));
    wechat_call c;
    c.operation = text_of(seen, "operation");
    c.out_trade_no = value_of(request, "out_trade_no");
    c.out_refund_no = value_of(request, "out_refund_no");
    c.purpose = c.operation == "refund" ? value_of(request, "refund_desc") : "";
    c.outcome = outcome_of(seen, request, key == keys_.end() ? std::string() : key->second);
    remove(request, "nonce_str");
    remove(request, "sign");
    c.parameters = naive_canonical(request);
    return c;
}

} // namespace wxgate::test
