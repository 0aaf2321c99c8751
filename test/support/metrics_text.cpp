#include "support/metrics_text.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <sstream>

namespace wxgate::test {

namespace {

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A metric's or a label's, in snake_case.
bool is_name(std::string_view text) {
    return !text.empty() && is_lower(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
        return is_lower(c) || is_digit(c) || c == '_';
    });
}

std::vector<std::string> words_of(std::string const& name) {
    std::vector<std::string> all;
    std::istringstream in(name);
    for (std::string word; std::getline(in, word, '_');)
        all.push_back(word);
    return all;
}

bool ends_with_any(std::string const& name, std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](auto ending) { return name.ends_with(ending); });
}

// Units that are not base units, and abbreviations of units.
std::set<std::string> const bad_words = {
    "minutes", "hours",     "days",    "weeks", "milliseconds", "microseconds", "nanoseconds",
    "bits",    "kilobytes", "s",       "ms",    "us",           "ns",           "sec",
    "b",       "kb",        "mb",      "gb",    "tb",           "pb",           "m",
    "h",       "d",         "counter", "gauge", "histogram",    "summary",      "percent"};

class reader {
public:
    metrics_text all;

    void line(std::string const& text) {
        if (text.starts_with("# HELP "))
            return help(text.substr(7));
        if (text.starts_with("# TYPE "))
            return type(text.substr(7));
        if (text.starts_with('#'))
            return;
        sample(text);
    }

    void judge() {
        for (auto const& [name, family] : all.families)
            judge_family(name, family);
    }

private:
    void problem(std::string const& name, std::string const& what) {
        all.problems.push_back(name + ": " + what);
    }

    void help(std::string const& text) {
        auto const space = text.find(' ');
        auto const name = text.substr(0, space);
        if (all.families.contains(name))
            problem(name, "HELP twice");
        all.families[name].help = space == std::string::npos ? "" : text.substr(space + 1);
    }

    void type(std::string const& text) {
        auto const space = text.find(' ');
        auto const name = text.substr(0, space);
        auto& family = all.families[name];
        if (!family.type.empty() || !family.samples.empty())
            problem(name, "TYPE twice, or behind its samples");
        family.type = space == std::string::npos ? "" : text.substr(space + 1);
    }

    // NAME{LABEL="VALUE",…} VALUE
    void sample(std::string const& text) {
        metric_sample s;
        std::size_t at = std::min(text.find_first_of("{ "), text.size());
        s.name = text.substr(0, at);
        if (at < text.size() && text[at] == '{' && !labels(text, at, s.labels))
            return problem(s.name, "labels: " + text);
        char* end = nullptr;
        auto const value = text.substr(std::min(at + 1, text.size()));
        s.value = std::strtod(value.c_str(), &end);
        if (at >= text.size() || text[at] != ' ' || value.empty() || *end != '\0')
            return problem(s.name, "no number: " + text);
        std::string key = s.name;
        for (auto const& [name, label] : s.labels)
            key += ',' + name + '=' + label;
        if (!seen_.insert(key).second)
            problem(s.name, "the same sample twice: " + text);
        auto* family = family_of(s.name);
        if (family == nullptr)
            return problem(s.name, "neither HELP nor TYPE");
        family->samples.push_back(std::move(s));
    }

    static bool labels(std::string const& text, std::size_t& at, std::map<std::string, std::string>& out) {
        while (++at < text.size() && text[at] != '}') {
            auto const equals = text.find("=\"", at);
            if (equals == std::string::npos)
                return false;
            auto const name = text.substr(at, equals - at);
            std::string value;
            for (at = equals + 2; at < text.size() && text[at] != '"'; ++at) {
                if (text[at] == '\\')
                    ++at;
                if (at < text.size())
                    value += text[at];
            }
            ++at;
            if (!is_name(name) || !out.emplace(name, value).second || at >= text.size())
                return false;
            if (text[at] == '}')
                break;
            if (text[at] != ',')
                return false;
        }
        return ++at <= text.size();
    }

    metric_family* family_of(std::string const& name) {
        if (auto const found = all.families.find(name); found != all.families.end())
            return &found->second;
        for (std::string_view const ending : {"_bucket", "_sum", "_count"}) {
            if (!name.ends_with(ending))
                continue;
            auto const found = all.families.find(name.substr(0, name.size() - ending.size()));
            if (found != all.families.end() && found->second.type == "histogram")
                return &found->second;
        }
        return nullptr;
    }

    void judge_family(std::string const& name, metric_family const& family) {
        if (!is_name(name))
            problem(name, "no name in snake_case");
        if (!name.starts_with("wxgate_") && !name.starts_with("process_"))
            problem(name, "belongs to nobody");
        if (family.help.empty() || family.help.back() != '.')
            problem(name, "HELP is no sentence: " + family.help);
        if (family.type != "counter" && family.type != "gauge" && family.type != "histogram")
            problem(name, "TYPE " + family.type);
        if ((family.type == "counter") != name.ends_with("_total"))
            problem(name, "_total is for counters, and for all of them");
        if (ends_with_any(name, {"_bucket", "_sum", "_count"}))
            problem(name, "ends like a histogram's part");
        for (auto const& word : words_of(name))
            if (bad_words.contains(word))
                problem(name, "\"" + word + "\" does not belong into a name");
        if (family.samples.empty())
            problem(name, "no samples");
        for (auto const& s : family.samples)
            judge_sample(family, s);
    }

    void judge_sample(metric_family const& family, metric_sample const& s) {
        if (family.type == "counter" && s.value < 0)
            problem(s.name, "a counter below zero");
        if (s.labels.contains("le") != (family.type == "histogram" && s.name.ends_with("_bucket")))
            problem(s.name, "the label le");
        if (!s.name.ends_with("_bucket") || s.labels.at("le") != "+Inf")
            return;
        auto of_all = s.labels;
        of_all.erase("le");
        auto const count_name = s.name.substr(0, s.name.size() - 7) + "_count";
        for (auto const& other : family.samples)
            if (other.name == count_name && other.labels == of_all && other.value == s.value)
                return;
        problem(s.name, "+Inf is not _count");
    }

    std::set<std::string> seen_;
};

} // namespace

metric_family const* metrics_text::find(std::string const& name) const {
    if (auto const found = families.find(name); found != families.end())
        return &found->second;
    for (std::string_view const ending : {"_bucket", "_sum", "_count"})
        if (name.ends_with(ending)) {
            auto const found = families.find(name.substr(0, name.size() - ending.size()));
            if (found != families.end() && found->second.type == "histogram")
                return &found->second;
        }
    return nullptr;
}

double metrics_text::sum(std::string const& name, std::map<std::string, std::string> const& labels) const {
    auto const* const family = find(name);
    double all = 0;
    if (family == nullptr)
        return all;
    for (auto const& s : family->samples) {
        bool const wanted = s.name == name && std::all_of(labels.begin(), labels.end(), [&](auto const& l) {
                                auto const found = s.labels.find(l.first);
                                return found != s.labels.end() && found->second == l.second;
                            });
        all += wanted ? s.value : 0;
    }
    return all;
}

metrics_text read_metrics(std::string const& text) {
    reader r;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (!line.empty())
            r.line(line);
    r.judge();
    if (!text.ends_with('\n'))
        r.all.problems.emplace_back("the text does not end with a line's end");
    return std::move(r.all);
}

std::vector<std::string> metric_names_in(std::string const& text) {
    std::set<std::string> names;
    for (std::string_view const beginning : {"wxgate_", "process_"})
        for (auto at = text.find(beginning); at != std::string::npos; at = text.find(beginning, at + 1)) {
            auto const end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", at);
            bool const whole =
                at == 0 || !(std::isalnum(static_cast<unsigned char>(text[at - 1])) || text[at - 1] == '_');
            if (whole)
                names.insert(text.substr(at, end - at));
        }
    return {names.begin(), names.end()};
}

} // namespace wxgate::test
