// The seventh step of the schema: indexes over what is open, which the console's front page and the metrics
// count every few seconds. For ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

inline constexpr std::string_view version_7 = R"sql(
CREATE INDEX refunds_waiting ON refunds (created_at, refund_fee) WHERE refund_status = 'REQUESTED';
CREATE INDEX refunds_succeeded ON refunds (succeeded_at, refund_fee) WHERE succeeded_at IS NOT NULL;
CREATE INDEX anomalies_open ON anomalies (created_at, id) WHERE settled_at IS NULL;
)sql";

} // namespace wxgate::ledger
