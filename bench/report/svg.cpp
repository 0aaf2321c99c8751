#include "report/svg.hpp"

#include "report/layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wxgate::bench {

namespace {

constexpr std::size_t colours = 8; // page_style.hpp has as many

constexpr double width = 760;
constexpr double height = 320;
constexpr double left = 76;
constexpr double right = width - 20;
constexpr double top = 14;
constexpr double bottom = height - 46;

struct tick {
    double at; // 0 to 1 along its axis
    std::string text;
};

struct point {
    double x; // 0 to 1
    double y;
    std::string told; // shown when pointed at; may be empty
};

struct line {
    std::string name;
    std::vector<point> points; // one without a value (NaN) interrupts the line
    bool dots = false;
};

double x_at(double share) noexcept {
    return left + share * (right - left);
}

double y_at(double share) noexcept {
    return bottom - share * (bottom - top);
}

std::string coordinate(double value) {
    return fixed(value, 1);
}

std::string attribute(char const* name, double value) {
    std::string out = " ";
    return out.append(name).append("=\"").append(coordinate(value)).append("\"");
}

std::string grid_line(double x1, double y1, double x2, double y2) {
    return "<line class=\"grid\"" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
           attribute("y2", y2) + "/>";
}

std::string label(double x, double y, char const* anchor, std::string_view text, char const* kind) {
    std::string out = "<text class=\"";
    out.append(kind).append("\"").append(attribute("x", x)).append(attribute("y", y));
    out.append(" text-anchor=\"").append(anchor).append("\">");
    return out.append(escaped(text)).append("</text>");
}

std::string x_axis(std::vector<tick> const& ticks, std::string_view title) {
    std::string out = grid_line(left, bottom, right, bottom);
    for (tick const& t : ticks) {
        out += grid_line(x_at(t.at), top, x_at(t.at), bottom);
        out += label(x_at(t.at), bottom + 18, "middle", t.text, "tick");
    }
    return out + label((left + right) / 2, height - 6, "middle", title, "axis");
}

std::string y_axis(std::vector<tick> const& ticks) {
    std::string out;
    for (tick const& t : ticks) {
        out += grid_line(left, y_at(t.at), right, y_at(t.at));
        out += label(left - 8, y_at(t.at) + 4, "end", t.text, "tick");
    }
    return out;
}

std::string path_of(line const& l) {
    std::string out;
    bool drawing = false;
    for (point const& p : l.points) {
        bool const here = std::isfinite(p.x) && std::isfinite(p.y);
        if (here) {
            out += drawing ? 'L' : 'M';
            out.append(coordinate(x_at(p.x))).append(" ").append(coordinate(y_at(p.y)));
        }
        drawing = here;
    }
    return out;
}

std::string drawn(line const& l, std::string const& kind) {
    std::string out = "<g class=\"" + kind + "\"><path d=\"" + path_of(l) + "\"><title>" + escaped(l.name) +
                      "</title></path>";
    for (point const& p : l.points)
        if (l.dots && std::isfinite(p.x) && std::isfinite(p.y))
            out += "<circle" + attribute("cx", x_at(p.x)) + attribute("cy", y_at(p.y)) +
                   " r=\"2.5\"><title>" + escaped(l.name + ": " + p.told) + "</title></circle>";
    return out + "</g>";
}

std::string picture(std::string_view title, std::string const& axes, std::vector<line> const& lines) {
    std::string out = "<svg viewBox=\"0 0 " + fixed(width, 0) + ' ' + fixed(height, 0) +
                      "\" role=\"img\" aria-label=\"" + escaped(title) + "\">" + axes;
    for (std::size_t i = 0; i < lines.size(); ++i)
        out += drawn(lines[i], line_class(i));
    return out + "</svg>\n";
}

// ---- scales -------------------------------------------------------------------------------------

// 1, 2 or 5 times a power of ten: the largest not above `value` (which is above 0), or the smallest not
// below.
double round_down(double value) {
    double const power = std::pow(10, std::floor(std::log10(value)));
    double const digit = value / power;
    return (digit >= 5 ? 5 : digit >= 2 ? 2 : 1) * power;
}

double round_up(double value) {
    double const power = std::pow(10, std::floor(std::log10(value)));
    double const digit = value / power;
    return (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power;
}

struct log_scale {
    double low;
    double high;

    double share(double value) const { return std::log(value / low) / std::log(high / low); }
};

bool is_power_of_ten(double value) {
    double const exponent = std::log10(value);
    return std::fabs(exponent - std::round(exponent)) < 1e-9;
}

// "10 ms", where a figure would be "10.0 ms".
std::string round_time(double ns) {
    std::string text = show(histogram::duration(std::llround(ns)));
    if (auto const point = text.find('.'); point != text.npos && text[point + 1] == '0')
        text.erase(point, text.find(' ') - point);
    return text;
}

std::vector<tick> time_ticks(log_scale const& s) {
    bool const many = std::log10(s.high / s.low) > 2.5; // then powers of ten only
    std::vector<tick> ticks;
    for (double at = s.low; at <= s.high * 1.0001; at = round_up(at * 1.5))
        if (!many || is_power_of_ten(at))
            ticks.push_back({s.share(at), round_time(at)});
    return ticks;
}

std::vector<tick> even_ticks(double high, double step, std::string_view unit) {
    std::vector<tick> ticks;
    for (int i = 0; i * step <= high * 1.0001; ++i)
        ticks.push_back({i * step / high, show(i * step, unit)});
    return ticks;
}

// About `count` of them up to `high`.
double even_step(double high, double count) {
    return round_up(high / count * 0.8);
}

// ---- percentiles --------------------------------------------------------------------------------

// 0 at the median's side, 1 at 90 %, 2 at 99 %, …
double nines(double percent) {
    return -std::log10(1 - percent / 100);
}

double percent_at(double nines_) {
    return 100 * (1 - std::pow(10, -nines_));
}

// How far a plot goes: to where one value is all that is left.
double last_nine(histogram const& h) {
    return std::max(1.0, std::log10(static_cast<double>(h.count())));
}

line percentile_line(distribution const& d, double nines_shown, log_scale const& s) {
    constexpr int samples = 240;
    double const end = last_nine(d.values);
    line l;
    l.name = d.name;
    auto const add = [&](double at, histogram::duration value) {
        double const y = s.share(std::max(1.0, static_cast<double>(value.count())));
        l.points.push_back({at / nines_shown, y, {}});
    };
    for (int i = 0; i < samples; ++i)
        add(end * i / samples, d.values.percentile(percent_at(end * i / samples)));
    add(end, d.values.max());
    return l;
}

std::vector<tick> percent_ticks(double nines_shown) {
    static constexpr std::pair<char const*, double> all[] = {
        {"0 %", 0},
        {"50 %", 50},
        {"90 %", 90},
        {"99 %", 99},
        {"99.9 %", 99.9},
        {"99.99 %", 99.99},
        {"99.999 %", 99.999},
        {"99.9999 %", 99.9999},
        {"99.99999 %", 99.99999},
        {"99.999999 %", 99.999999},
    };
    std::vector<tick> ticks;
    for (auto const& [text, percent] : all)
        if (nines(percent) <= nines_shown * 1.0001)
            ticks.push_back({nines(percent) / nines_shown, text});
    return ticks;
}

log_scale scale_of(std::vector<distribution> const& list) {
    double low = 0;
    double high = 0;
    for (distribution const& d : list) {
        if (d.values.count() == 0)
            continue;
        auto const least = static_cast<double>(d.values.min().count());
        low = low == 0 ? least : std::min(low, least);
        high = std::max(high, static_cast<double>(d.values.max().count()));
    }
    log_scale s{round_down(std::max(low, 1.0)), round_up(std::max(high, 1.0))};
    if (s.high < 2 * s.low)
        s.high = round_up(2 * s.low);
    return s;
}

// ---- over time ----------------------------------------------------------------------------------

line time_line(series const& s, double seconds, double high) {
    constexpr std::size_t most_dots = 90;
    line l;
    l.name = s.name;
    l.dots = s.points.size() <= most_dots;
    for (auto const& [at, value] : s.points)
        l.points.push_back({at / seconds, value / high, show(value, s.unit) + " at " + show(at, "s")});
    return l;
}

} // namespace

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char const c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string line_class(std::size_t i) {
    std::string name = "c";
    return name.append(std::to_string(i % colours));
}

std::string percentile_plot(std::vector<distribution> const& list) {
    log_scale const s = scale_of(list);
    double nines_shown = 1;
    for (distribution const& d : list)
        nines_shown = std::max(nines_shown, last_nine(d.values));
    std::vector<line> lines;
    for (distribution const& d : list)
        lines.push_back(d.values.count() == 0 ? line{} : percentile_line(d, nines_shown, s));
    return picture(
        "time by percentile", y_axis(time_ticks(s)) + x_axis(percent_ticks(nines_shown), "percentile"), lines
    );
}

std::string line_chart(std::vector<series> const& list) {
    double seconds = 0;
    double high = 0;
    for (series const& s : list)
        for (auto const& [at, value] : s.points) {
            if (std::isfinite(at))
                seconds = std::max(seconds, at);
            if (std::isfinite(value))
                high = std::max(high, value);
        }
    seconds = seconds > 0 ? seconds : 1;
    double const step = even_step(high > 0 ? high : 1, 5);
    high = step * std::max(1.0, std::ceil(high / step * 0.9999));
    std::vector<line> lines;
    for (series const& s : list)
        lines.push_back(time_line(s, seconds, high));
    std::string const axes = y_axis(even_ticks(high, step, list.front().unit)) +
                             x_axis(even_ticks(seconds, even_step(seconds, 8), "s"), "time of the run");
    return picture("values over time", axes, lines);
}

} // namespace wxgate::bench
