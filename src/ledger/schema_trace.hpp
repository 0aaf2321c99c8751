// The sixth step of the schema: whose trace a change belongs to. For ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

// `trace` of an order or a refund is that of the request that made it, when its caller told one; a message
// has the one that it is delivered under. As base/trace.hpp writes it.
inline constexpr std::string_view version_6 = R"sql(
ALTER TABLE orders ADD COLUMN trace TEXT;
ALTER TABLE refunds ADD COLUMN trace TEXT;
ALTER TABLE outbox ADD COLUMN trace TEXT;
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (merchant, due_at, created_at) WHERE due_at IS NOT NULL;
)sql";

} // namespace wxgate::ledger
