#include "report/layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace wxgate::bench {

std::string fixed(double value, int decimals) {
    std::array<char, 512> text{}; // the largest double has 309 digits
    auto const end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, decimals);
    return {text.data(), end.ptr};
}

namespace {

std::string grouped(double value) {
    std::string text = fixed(value, 0);
    std::size_t const first = text.front() == '-' ? 1 : 0;
    for (std::size_t at = text.size(); at > first + 3;) {
        at -= 3;
        text.insert(at, 1, ',');
    }
    return text;
}

std::string small(double value) {
    std::array<char, 64> text{};
    auto const end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific, 2);
    return {text.data(), end.ptr};
}

bool starts_with_digit(std::string_view text) noexcept {
    static constexpr std::string_view marks[] = {"+", "-", "−", "~", "<", ">", "≤", "≥", "=", " "};
    for (bool again = true; again;) {
        again = false;
        for (std::string_view const mark : marks)
            if (text.starts_with(mark)) {
                text.remove_prefix(mark.size());
                again = true;
            }
    }
    return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

bool says_nothing(std::string_view text) noexcept {
    return text.empty() || text == "–" || text == "-";
}

std::string compared(verdict const& v, double with) {
    return (v.at_least ? "≥ " : "≤ ") + show(with, v.unit);
}

} // namespace

std::string show(double value) {
    if (!std::isfinite(value))
        return "–";
    double const size = std::fabs(value);
    if (size >= 999.95)
        return grouped(value);
    if (value == std::trunc(value))
        return fixed(value + 0.0, 0); // no "-0"
    if (size >= 99.995)
        return fixed(value, 1);
    if (size >= 1)
        return fixed(value, 2);
    if (size < 1e-6)
        return small(value);
    return fixed(value, 2 - static_cast<int>(std::floor(std::log10(size))));
}

std::string show(histogram::duration d) {
    struct unit {
        double ns;
        char const* name;
    };

    static constexpr std::array<unit, 4> units{{{1, " ns"}, {1e3, " µs"}, {1e6, " ms"}, {1e9, " s"}}};
    auto const ns = static_cast<double>(d.count());
    auto const fits = [ns](unit const& u) { return std::fabs(ns) / u.ns < 999.5; };
    auto const found = std::find_if(units.begin(), units.end() - 1, fits);
    double const value = ns / found->ns;
    if (found == units.begin() || !fits(*found))
        return grouped(value) + found->name;
    double const size = std::fabs(value);
    return fixed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0) + found->name;
}

std::string show(double value, std::string_view unit) {
    if (unit == "×") { // a ratio reads best with two decimals, whatever it is
        double const size = std::fabs(value);
        bool const plain = std::isfinite(value) && size >= 0.1 && size < 99.995;
        return (plain ? fixed(value, 2) : show(value)).append(unit);
    }
    std::string text = show(value);
    if (unit.starts_with("1/"))
        return text.append(unit.substr(1));
    if (!unit.empty())
        text.append(" ").append(unit);
    return text;
}

std::string show_demand(verdict const& v) {
    return compared(v, v.demanded);
}

std::string show_goal(verdict const& v) {
    return v.goal ? compared(v, *v.goal) : "";
}

bool reached_goal(verdict const& v) noexcept {
    return v.goal && (v.at_least ? v.value >= *v.goal : v.value <= *v.goal);
}

std::vector<bool> figure_columns(table const& t) {
    std::vector<bool> list(t.columns.size(), false);
    for (std::size_t c = 1; c < list.size(); ++c) {
        bool only = true;
        bool some = false;
        for (auto const& row : t.rows) {
            if (c >= row.size() || says_nothing(row[c]))
                continue;
            only = only && starts_with_digit(row[c]);
            some = true;
        }
        list[c] = only && some;
    }
    return list;
}

} // namespace wxgate::bench
