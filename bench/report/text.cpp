#include "report/layout.hpp"

#include <algorithm>
#include <ostream>

namespace wxgate::bench {

namespace {

constexpr std::string_view margin = "  ";

// Characters, which are as wide as a column each in what we write.
std::size_t width(std::string_view text) noexcept {
    auto const begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

std::string padded(std::string_view text, std::size_t to, bool right) {
    std::string const space(to - std::min(to, width(text)), ' ');
    return right ? space + std::string(text) : std::string(text) + space;
}

std::string_view cell(std::vector<std::string> const& row, std::size_t column) noexcept {
    return column < row.size() ? std::string_view(row[column]) : std::string_view();
}

void print_row(
    std::vector<std::string> const& row,
    std::vector<std::size_t> const& widths,
    std::vector<bool> const& right,
    std::ostream& out
) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c)
        line += std::string(margin) + padded(cell(row, c), widths[c], right[c]);
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
}

void print_table(table const& t, std::ostream& out) {
    std::vector<std::size_t> widths;
    std::vector<std::string> rule;
    for (std::size_t c = 0; c < t.columns.size(); ++c) {
        std::size_t widest = width(t.columns[c]);
        for (auto const& row : t.rows)
            widest = std::max(widest, width(cell(row, c)));
        widths.push_back(widest);
        rule.emplace_back(widest, '-');
    }
    auto const right = figure_columns(t);
    out << '\n' << t.title << '\n';
    print_row(t.columns, widths, right, out);
    print_row(rule, widths, right, out);
    for (auto const& row : t.rows)
        print_row(row, widths, right, out);
}

table verdict_table(std::vector<verdict> const& verdicts) {
    bool const goals =
        std::any_of(verdicts.begin(), verdicts.end(), [](verdict const& v) { return v.goal.has_value(); });
    table t;
    t.title = "Verdicts";
    t.columns = {"", "measured", "demanded"};
    if (goals)
        t.columns.emplace_back("goal");
    t.columns.emplace_back("verdict");
    for (verdict const& v : verdicts) {
        std::vector<std::string> row = {v.name, show(v.value, v.unit), show_demand(v)};
        if (goals)
            row.push_back(show_goal(v));
        row.emplace_back(!v.held() ? "MISSED" : reached_goal(v) ? "held, and the goal" : "held");
        t.rows.push_back(std::move(row));
    }
    return t;
}

} // namespace

void print(
    std::string const& title, std::vector<std::pair<std::string, std::string>> const& pairs, std::ostream& out
) {
    if (pairs.empty())
        return;
    std::size_t widest = 0;
    for (auto const& [name, value] : pairs)
        widest = std::max(widest, width(name));
    out << '\n' << title << '\n';
    for (auto const& [name, value] : pairs)
        out << margin << padded(name, widest, false) << margin << value << '\n';
}

void print(report const& r, std::ostream& out) {
    for (table const& t : r.tables)
        print_table(t, out);
    if (!r.verdicts.empty())
        print_table(verdict_table(r.verdicts), out);
    if (!r.warnings.empty())
        out << '\n';
    for (std::string const& w : r.warnings)
        out << "warning: " << w << '\n';
}

} // namespace wxgate::bench
