// What the tests of webhooks share: a gateway whose shops hear of changes, and what must hold of every event
// after each of them (CONTRACT.md 5; RELIABILITY.md 2.2, I6).
#pragma once

#include "refunds_common.hpp"
#include "support/webhook_receiver.hpp"

#include <functional>

namespace wxgate::test {

/// A gateway against the stand-in. `shop` (refunds are approved by themselves) and `plain` (by people) have a
/// webhook each, `rival` has none; the intervals between tries are `time_scale` times as short.
struct webhook_shops {
    explicit webhook_shops(int time_scale = 600, std::function<void(gateway_config&)> const& adjust = {});
    ~webhook_shops();
    webhook_shops(webhook_shops const&) = delete;
    webhook_shops& operator=(webhook_shops const&) = delete;

    webhook_receiver shop;
    webhook_receiver plain;
    system_under_test system;
    refund_desk desk;
};

merchant_config& merchant_of(gateway_config& c, std::string const& name);

/// A number for an order that is not there yet.
std::string fresh_number();

/// The answer of a server that says no more than this.
webhook_answer with_status(unsigned status, header_list headers = {}, std::string body = {});
webhook_answer with_conduct(conduct how);

/// A payment as a webhook tells it: without what is the customer's and the backend's own.
json::value facts_of(json::value const& payment);

/// The event that the order's log tells of: its version, and the webhook's type. `webhook_type` is "" for
/// what is not told.
std::string webhook_type(std::string const& event_type);

/// What the receiver has taken in about the order is what its log tells, each once, with the log's versions
/// and times; waits until all of it is there.
void check_order(
    webhook_receiver const& receiver,
    system_under_test const& system,
    std::string const& out_trade_no,
    std::string const& key = "shop"
);

/// I6: exactly one row of the outbox for each event and each anomaly of a merchant with a webhook.
void check_outbox(
    system_under_test const& system, std::vector<std::string> const& merchants = {"shop", "plain"}
);

/// All is delivered and as documented, and the store agrees with itself.
void check_all_told(webhook_shops& s, milliseconds bound = 60s);

/// The outbox's row of this type about an order (or refund): its id, "" while there is none.
std::string outbox_id(system_under_test const& system, std::string const& number, std::string const& type);

/// One cell of a row; "" for NULL, "no row" without it.
std::string outbox_cell(system_under_test const& system, std::string const& column, std::string const& id);

/// Waits until a row is in this state.
bool outbox_becomes(
    system_under_test const& system, std::string const& id, std::string const& state, milliseconds bound = 20s
);

/// What of a delivery, headers and body, is a secret of ours; "" when nothing is.
std::string secret_in(delivery const& d);

/// Tells of a payment that is not the order's amount: an anomaly.
void tell_wrong_amount(
    system_under_test const& system, json::value const& payment, std::string const& transaction_id
);

/// `data` of an answer.
std::vector<json::value> data_of(reply const& r);

/// Exactly these members.
void check_members(json::value const& object, std::vector<std::string_view> const& names);

/// As operators see them.
void check_webhook_shape(json::value const& item);
void check_anomaly_shape(json::value const& anomaly);

} // namespace wxgate::test
