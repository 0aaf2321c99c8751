#include "ledger/refund_states.hpp"

#include <algorithm>

namespace wxgate::ledger {

namespace {

// clang-format off
// Row: from; column: to; in the order of the enumeration.
//                 REQUESTED APPROVED REJECTED PROCESSING SUCCESS CHANGE REFUNDCLOSE FAILED
constexpr bool table[8][8] = {
    /* REQUESTED   */{false, true,    true,    false,     false,  false, false,      false},
    /* APPROVED    */{true,  false,   false,   true,      true,   true,  true,       true },
    /* REJECTED    */{false, false,   false,   false,     false,  false, false,      false},
    /* PROCESSING  */{false, false,   false,   false,     true,   true,  true,       false},
    /* SUCCESS     */{false, false,   false,   false,     false,  false, false,      false},
    /* CHANGE      */{false, false,   false,   false,     true,   false, true,       false},
    /* REFUNDCLOSE */{false, false,   false,   false,     false,  false, false,      false},
    /* FAILED      */{false, false,   false,   false,     false,  false, false,      false},
};
// clang-format on

} // namespace

bool may_move(refund_status from, refund_status to) noexcept {
    return table[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
}

bool is_final(refund_status s) noexcept {
    return std::none_of(all_refund_statuses.begin(), all_refund_statuses.end(), [s](auto to) {
        return may_move(s, to);
    });
}

bool is_accepted(refund_status s) noexcept {
    return s == refund_status::PROCESSING || s == refund_status::SUCCESS || s == refund_status::CHANGE ||
           s == refund_status::REFUNDCLOSE;
}

bool releases(refund_status s) noexcept {
    return s == refund_status::REJECTED || s == refund_status::FAILED || s == refund_status::REFUNDCLOSE;
}

namespace {

void append(std::string& list, refund_status s) {
    list += list.empty() ? "'" : ",'";
    list += to_string(s);
    list += '\'';
}

} // namespace

std::string those_that(bool (*is)(refund_status) noexcept) {
    std::string list;
    for (auto const s : all_refund_statuses)
        if (is(s))
            append(list, s);
    return list;
}

std::string sources_of(refund_status to) {
    std::string list;
    for (auto const from : all_refund_statuses)
        if (may_move(from, to))
            append(list, from);
    return list.empty() ? "NULL" : list; // PostgreSQL knows no empty list
}

} // namespace wxgate::ledger
