// What the terminal and the page show alike.
#pragma once

#include "report/report.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wxgate::bench {

/// With exactly so many decimals, whatever the locale.
std::string fixed(double value, int decimals);

/// "1.21×", "12.3 KiB", "1,234/s" (of the unit "1/s").
std::string show(double value, std::string_view unit);

/// What a verdict demands: "≥ 3.00×".
std::string show_demand(verdict const& v);

/// Its goal likewise; "" when it has none.
std::string show_goal(verdict const& v);

bool reached_goal(verdict const& v) noexcept;

/// Per column of `t`: true when it holds figures, which are aligned right.
std::vector<bool> figure_columns(table const& t);

} // namespace wxgate::bench
