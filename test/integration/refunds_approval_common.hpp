// What the tests of people's decisions about refunds share (refunds_approval*.cpp).
#pragma once

#include "refunds_common.hpp"

namespace wxgate::test {

/// A refund that waits for a person.
struct waiting {
    std::string number; // of the order
    std::string refund_no;

    std::string target() const { return "/admin/v1/refunds/" + refund_no; }

    std::string approve() const { return target() + "/approve"; }

    std::string reject() const { return target() + "/reject"; }
};

/// The number of a paid order of 100 fen; as it stands, of a merchant whose refunds people approve.
std::string paid_order(system_under_test const& system, std::string const& key = "rival");

/// Where operators ask for refunds of it.
std::string refunds_of(std::string const& number);

/// A refund of `rival`'s order, asked for by the shop.
waiting asked_for(
    system_under_test const& system,
    std::string const& number,
    std::int64_t fee,
    json::object const& changes = {}
);

/// One of 60 fen, of an order of its own.
waiting asked_for(system_under_test const& system);

/// Exactly what operators are shown: the merchant's fields, whose it is, and why it was decided so.
void check_operators_refund(json::value const& refund);

/// Nothing of one of 60 fen was decided, sent or given back.
void check_still_waits(system_under_test const& system, waiting const& w);

/// `data` of an answer.
std::vector<json::value> data_of(reply const& r);

/// The numbers on all pages of a list, each refund once.
std::vector<std::string> all_numbers(operator_client const& who, std::string const& query);

bool holds(std::vector<std::string> const& numbers, std::string const& number);

/// The order's events of this type about this refund.
std::vector<json::value> events_of(operator_client const& who, waiting const& w, std::string_view type);

/// A problem's `detail`.
std::string detail_of(reply const& r);
bool says(reply const& r, std::string const& words);

} // namespace wxgate::test
