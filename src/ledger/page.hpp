// Which part of a list is wanted: newest first, a page at a time.
#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace wxgate::ledger {

struct page {
    unix_ms created_from = 0;
    std::optional<unix_ms> created_to;
    // Keyset of the last row seen: the page begins after it.
    std::optional<unix_ms> before_created_at;
    std::string before_number; // out_trade_no or out_refund_no
    std::string before_mch_id; // whose it is: several may have the number
    std::int64_t limit = 20;
};

} // namespace wxgate::ledger
