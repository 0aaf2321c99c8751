#include "report/layout.hpp"
#include "report/page_style.hpp"
#include "report/svg.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace wxgate::bench {

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

std::string value_of(pairs const& list, std::string_view name) {
    auto const at = std::find_if(list.begin(), list.end(), [&](auto const& p) { return p.first == name; });
    return at == list.end() ? std::string() : at->second;
}

// ---- tables -------------------------------------------------------------------------------------

std::string cell(char const* tag, bool figure, std::string const& content) {
    std::string out = "<";
    out.append(tag).append(figure ? " class=\"figure\">" : ">").append(content);
    return out.append("</").append(tag).append(">");
}

// The cells are HTML already.
std::string html_table(table const& t, std::vector<bool> const& figures) {
    std::string out = "<div class=\"scroll\"><table><thead><tr>";
    for (std::size_t c = 0; c < t.columns.size(); ++c)
        out += cell("th", figures[c], t.columns[c]);
    out += "</tr></thead><tbody>\n";
    for (auto const& row : t.rows) {
        out += "<tr>";
        for (std::size_t c = 0; c < t.columns.size(); ++c)
            out += cell(c == 0 ? "th" : "td", figures[c], c < row.size() ? row[c] : std::string());
        out += "</tr>\n";
    }
    return out + "</tbody></table></div>\n";
}

std::string section(std::string const& title, std::string const& content) {
    return "<section><h2>" + escaped(title) + "</h2>\n" + content + "</section>\n";
}

std::string table_section(table const& t) {
    table safe = t;
    for (std::string& text : safe.columns)
        text = escaped(text);
    for (auto& row : safe.rows)
        for (std::string& text : row)
            text = escaped(text);
    return section(t.title, html_table(safe, figure_columns(t)));
}

// ---- verdicts and warnings ----------------------------------------------------------------------

std::string pill(bool good, std::string const& text) {
    std::string out = "<span class=\"pill ";
    return out.append(good ? "held" : "missed").append("\">").append(text).append("</span>");
}

std::string mark(verdict const& v) {
    if (!v.held())
        return pill(false, "✗ missed");
    return pill(true, reached_goal(v) ? "✓ held, and the goal" : "✓ held");
}

std::string verdict_section(std::vector<verdict> const& verdicts) {
    if (verdicts.empty())
        return {};
    bool const goals =
        std::any_of(verdicts.begin(), verdicts.end(), [](verdict const& v) { return v.goal.has_value(); });
    table t;
    t.columns = {"", "measured", "demanded"};
    if (goals)
        t.columns.emplace_back("goal");
    t.columns.emplace_back("");
    for (verdict const& v : verdicts) {
        std::vector<std::string> row = {
            escaped(v.name), escaped(show(v.value, v.unit)), escaped(show_demand(v))};
        if (goals)
            row.push_back(escaped(show_goal(v)));
        row.push_back(mark(v));
        t.rows.push_back(std::move(row));
    }
    std::vector<bool> figures(t.columns.size(), true);
    figures.front() = false;
    return section("Verdicts", html_table(t, figures));
}

std::string warning_section(std::vector<std::string> const& warnings) {
    if (warnings.empty())
        return {};
    std::string out = "<section class=\"notes\"><h2>Warnings</h2><ul>\n";
    for (std::string const& w : warnings)
        out += "<li>" + escaped(w) + "</li>\n";
    return out + "</ul></section>\n";
}

// ---- pictures -----------------------------------------------------------------------------------

std::string swatch(std::size_t i, std::string const& name) {
    return "<span class=\"swatch " + line_class(i) + "\"></span>" + escaped(name);
}

std::string distribution_section(std::vector<distribution> const& list) {
    if (list.empty())
        return {};
    table t;
    t.columns = {"", "count", "mean", "50 %", "90 %", "99 %", "99.9 %", "99.99 %", "longest"};
    for (std::size_t i = 0; i < list.size(); ++i) {
        histogram const& h = list[i].values;
        std::vector<std::string> row = {swatch(i, list[i].name), show(static_cast<double>(h.count()))};
        row.push_back(show(h.mean()));
        for (double const percent : {50.0, 90.0, 99.0, 99.9, 99.99})
            row.push_back(show(h.percentile(percent)));
        row.push_back(show(h.max()));
        t.rows.push_back(std::move(row));
    }
    std::vector<bool> figures(t.columns.size(), true);
    figures.front() = false;
    return section(
        "How long it took",
        percentile_plot(list) + "<div class=\"chart-table\">" + html_table(t, figures) + "</div>"
    );
}

// A picture for each unit, in the order in which they come.
std::string over_time_sections(std::vector<series> const& list) {
    std::vector<std::string> units;
    for (series const& s : list)
        if (std::find(units.begin(), units.end(), s.unit) == units.end())
            units.push_back(s.unit);
    std::string out;
    for (std::string const& unit : units) {
        std::vector<series> same;
        std::copy_if(list.begin(), list.end(), std::back_inserter(same), [&](series const& s) {
            return s.unit == unit;
        });
        std::string legend = "<ul class=\"legend\">";
        for (std::size_t i = 0; i < same.size(); ++i)
            legend += "<li>" + swatch(i, same[i].name) + "</li>";
        std::string const title = same.size() == 1 ? same.front().name : "Over time";
        out += section(title, line_chart(same) + (same.size() == 1 ? "" : legend + "</ul>\n"));
    }
    return out;
}

// ---- the page -----------------------------------------------------------------------------------

std::string pairs_section(std::string const& title, pairs const& list) {
    if (list.empty())
        return {};
    std::string out = "<dl>\n";
    for (auto const& [name, value] : list)
        out += "<dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd>\n";
    return section(title, out + "</dl>");
}

std::string header(report const& r) {
    std::string told;
    for (char const* const name : {"time", "cpu", "commit"})
        if (std::string const value = value_of(r.machine, name); !value.empty())
            told += (told.empty() ? "" : " · ") + escaped(value);
    auto const held =
        std::count_if(r.verdicts.begin(), r.verdicts.end(), [](verdict const& v) { return v.held(); });
    auto const all = static_cast<std::ptrdiff_t>(r.verdicts.size());
    std::string summary;
    if (all != 0)
        summary = "<p>" +
                  pill(held == all, std::to_string(held) + " of " + std::to_string(all) + " demands held") +
                  "</p>";
    return "<header><p>wxgate-bench</p><h1>" + escaped(r.verb) + "</h1><p>" + told + "</p>" + summary +
           "</header>\n";
}

std::string page(report const& r) {
    // The policy says what is so: nothing is loaded and nothing runs.
    std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta http-equiv=\"Content-Security-Policy\" "
                      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    out +=
        "<title>wxgate-bench " + escaped(r.verb) + ", " + escaped(value_of(r.machine, "time")) + "</title>\n";
    out.append("<style>").append(page_style).append("</style>\n</head>\n<body>\n<main>\n");
    out += header(r);
    out += verdict_section(r.verdicts);
    out += warning_section(r.warnings);
    for (table const& t : r.tables)
        out += table_section(t);
    out += distribution_section(r.distributions);
    out += over_time_sections(r.over_time);
    out += "<div class=\"pairs\">\n" + pairs_section("Configuration", r.configuration) +
           pairs_section("Machine", r.machine) + "</div>\n";
    return out + "</main>\n</body>\n</html>\n";
}

} // namespace

void write_html(report const& r, std::string const& file) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << page(r);
    out.close();
    if (!out)
        throw std::runtime_error("cannot write " + file);
}

} // namespace wxgate::bench
