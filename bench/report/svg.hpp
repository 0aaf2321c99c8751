// Pictures for the page: inline SVG that takes its colours from the page's style sheet.
#pragma once

#include "report/report.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wxgate::bench {

/// Text as it may stand in HTML or SVG, in an attribute too.
std::string escaped(std::string_view text);

/// The style sheet's class of the i-th line of a picture; the colours begin anew after the last.
std::string line_class(std::size_t i);

/// Percentiles as HdrHistogram plots them: every nine more is as far from the last one as that from the one
/// before. The times are logarithmic too, so that a median and a tail are both to be read. `list` is not
/// empty.
std::string percentile_plot(std::vector<distribution> const& list);

/// Values over the seconds of a run; they share the unit. `list` is not empty.
std::string line_chart(std::vector<series> const& list);

} // namespace wxgate::bench
