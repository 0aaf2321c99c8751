// The ninth step of the schema: what a refund's first call told WeChat and every other call tells again. For
// ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

inline constexpr std::string_view version_9 = R"sql(
ALTER TABLE refunds ADD COLUMN notify_url TEXT;
)sql";

} // namespace wxgate::ledger
