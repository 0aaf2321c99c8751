// The eighth step of the schema: orders that are paid otherwise than in a Mini Program. For
// ledger/schema.cpp.
#pragma once

#include <string_view>

namespace wxgate::ledger {

inline constexpr std::string_view version_8 = R"sql(
ALTER TABLE orders ADD COLUMN product_id TEXT;
ALTER TABLE orders ADD COLUMN scene_info TEXT;
ALTER TABLE orders ADD COLUMN pay_url TEXT;
)sql";

} // namespace wxgate::ledger
