#include "report/report.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

namespace wxgate::bench {

namespace {

namespace json = boost::json;

// For people and scripts; what is read back are the buckets.
constexpr std::pair<char const*, double> percents[] = {
    {"50", 50},
    {"75", 75},
    {"90", 90},
    {"95", 95},
    {"99", 99},
    {"99.9", 99.9},
    {"99.99", 99.99},
    {"99.999", 99.999},
};

// ---- writing ------------------------------------------------------------------------------------

// JSON has no infinity and no NaN.
json::value number(double value) {
    return std::isfinite(value) ? json::value(value) : json::value(nullptr);
}

json::object to_object(std::vector<std::pair<std::string, std::string>> const& pairs) {
    json::object o;
    for (auto const& [name, value] : pairs)
        o.insert_or_assign(name, value);
    return o;
}

json::array to_array(std::vector<std::string> const& texts) {
    json::array list;
    for (auto const& text : texts)
        list.emplace_back(text);
    return list;
}

json::object to_json(table const& t) {
    json::array rows;
    for (auto const& row : t.rows)
        rows.emplace_back(to_array(row));
    json::object o;
    o["title"] = t.title;
    o["columns"] = to_array(t.columns);
    o["rows"] = std::move(rows);
    return o;
}

json::object to_json(figure const& f) {
    json::object o;
    o["value"] = number(f.value);
    o["unit"] = f.unit;
    return o;
}

json::object to_json(verdict const& v) {
    json::object o;
    o["name"] = v.name;
    o["value"] = number(v.value);
    o["unit"] = v.unit;
    o["demanded"] = number(v.demanded);
    o["at_least"] = v.at_least;
    if (v.goal)
        o["goal"] = number(*v.goal);
    o["held"] = v.held();
    return o;
}

json::object to_json(distribution const& d) {
    histogram const& h = d.values;
    json::object at;
    for (auto const& [name, percent] : percents)
        at[name] = h.percentile(percent).count();
    json::array buckets;
    for (histogram::bucket const& b : h.buckets()) {
        json::array pair;
        pair.emplace_back(b.upto.count());
        pair.emplace_back(b.count);
        buckets.emplace_back(std::move(pair));
    }
    json::object o;
    o["name"] = d.name;
    o["count"] = h.count();
    o["min_ns"] = h.min().count();
    o["mean_ns"] = h.mean().count();
    o["max_ns"] = h.max().count();
    o["percentiles_ns"] = std::move(at);
    o["buckets"] = std::move(buckets);
    return o;
}

json::object to_json(series const& s) {
    json::array points;
    for (auto const& [seconds, value] : s.points) {
        json::array pair;
        pair.emplace_back(number(seconds));
        pair.emplace_back(number(value));
        points.emplace_back(std::move(pair));
    }
    json::object o;
    o["name"] = s.name;
    o["unit"] = s.unit;
    o["points"] = std::move(points);
    return o;
}

template <class T>
json::array to_array(std::vector<T> const& things) {
    json::array list;
    for (T const& thing : things)
        list.emplace_back(to_json(thing));
    return list;
}

json::object to_json(report const& r) {
    json::object figures;
    for (figure const& f : r.figures)
        figures.insert_or_assign(f.name, to_json(f));
    json::object o;
    o["verb"] = r.verb;
    o["machine"] = to_object(r.machine);
    o["configuration"] = to_object(r.configuration);
    o["figures"] = std::move(figures);
    o["verdicts"] = to_array(r.verdicts);
    o["warnings"] = to_array(r.warnings);
    o["tables"] = to_array(r.tables);
    o["distributions"] = to_array(r.distributions);
    o["over_time"] = to_array(r.over_time);
    return o;
}

// ---- reading ------------------------------------------------------------------------------------

std::string text_of(json::value const& v) {
    return std::string(v.as_string());
}

double number_of(json::value const& v) {
    return v.is_null() ? std::numeric_limits<double>::quiet_NaN() : v.to_number<double>();
}

histogram::duration duration_of(json::value const& v) {
    return histogram::duration(v.to_number<std::int64_t>());
}

std::vector<std::pair<std::string, std::string>> to_pairs(json::value const& v) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (auto const& member : v.as_object())
        pairs.emplace_back(member.key(), text_of(member.value()));
    return pairs;
}

std::vector<std::string> to_texts(json::value const& v) {
    std::vector<std::string> texts;
    for (json::value const& text : v.as_array())
        texts.push_back(text_of(text));
    return texts;
}

table to_table(json::value const& v) {
    json::object const& o = v.as_object();
    table t;
    t.title = text_of(o.at("title"));
    t.columns = to_texts(o.at("columns"));
    for (json::value const& row : o.at("rows").as_array())
        t.rows.push_back(to_texts(row));
    return t;
}

verdict to_verdict(json::value const& v) {
    json::object const& o = v.as_object();
    verdict r;
    r.name = text_of(o.at("name"));
    r.value = number_of(o.at("value"));
    r.unit = text_of(o.at("unit"));
    r.demanded = number_of(o.at("demanded"));
    r.at_least = o.at("at_least").as_bool();
    if (json::value const* const goal = o.if_contains("goal"))
        r.goal = number_of(*goal);
    return r;
}

distribution to_distribution(json::value const& v) {
    json::object const& o = v.as_object();
    std::vector<histogram::bucket> buckets;
    for (json::value const& pair : o.at("buckets").as_array()) {
        json::array const& both = pair.as_array();
        buckets.push_back({duration_of(both.at(0)), both.at(1).to_number<std::uint64_t>()});
    }
    distribution d;
    d.name = text_of(o.at("name"));
    d.values = histogram::restored(
        buckets, duration_of(o.at("min_ns")), duration_of(o.at("max_ns")), duration_of(o.at("mean_ns"))
    );
    return d;
}

series to_series(json::value const& v) {
    json::object const& o = v.as_object();
    series s;
    s.name = text_of(o.at("name"));
    s.unit = text_of(o.at("unit"));
    for (json::value const& pair : o.at("points").as_array()) {
        json::array const& both = pair.as_array();
        s.points.emplace_back(number_of(both.at(0)), number_of(both.at(1)));
    }
    return s;
}

report to_report(json::value const& v) {
    json::object const& o = v.as_object();
    report r;
    r.verb = text_of(o.at("verb"));
    r.machine = to_pairs(o.at("machine"));
    r.configuration = to_pairs(o.at("configuration"));
    for (auto const& member : o.at("figures").as_object()) {
        json::object const& f = member.value().as_object();
        r.figures.push_back({std::string(member.key()), number_of(f.at("value")), text_of(f.at("unit"))});
    }
    for (json::value const& one : o.at("verdicts").as_array())
        r.verdicts.push_back(to_verdict(one));
    r.warnings = to_texts(o.at("warnings"));
    for (json::value const& one : o.at("tables").as_array())
        r.tables.push_back(to_table(one));
    for (json::value const& one : o.at("distributions").as_array())
        r.distributions.push_back(to_distribution(one));
    for (json::value const& one : o.at("over_time").as_array())
        r.over_time.push_back(to_series(one));
    return r;
}

} // namespace

void write_json(report const& r, std::string const& file) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << json::serialize(to_json(r)) << '\n';
    out.close();
    if (!out)
        throw std::runtime_error("cannot write " + file);
}

report read_json(std::string const& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    if (!in || !text)
        throw std::runtime_error("cannot read " + file);
    try {
        return to_report(json::parse(text.str()));
    } catch (std::exception const& e) {
        throw std::runtime_error(file + " is no report of wxgate-bench: " + e.what());
    }
}

} // namespace wxgate::bench
