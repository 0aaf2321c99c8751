#include "gateway/info_file.hpp"

#include "base/text.hpp"

#include <boost/property_tree/info_parser.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace wxgate::gateway {

namespace pt = boost::property_tree;
namespace fs = std::filesystem;

pt::ptree read_info_file(std::string const& file) {
    pt::ptree tree;
    try {
        pt::read_info(file, tree);
    } catch (pt::info_parser_error const& e) {
        auto const line = e.line() == 0 ? std::string() : " line " + std::to_string(e.line());
        throw settings_error(file + line + ": " + e.message());
    }
    return tree;
}

section::section(std::string file, std::string path, pt::ptree const* tree, bool environment)
    : file_(std::move(file)), path_(std::move(path)), tree_(tree), environment_(environment) {
}

void section::fail(std::string const& key, std::string const& what) const {
    std::string where = path_;
    if (!key.empty())
        where += (where.empty() ? "" : ".") + key;
    if (overridden_.contains(key))
        where += " (from the environment, " + environment_name(key) + ")";
    std::string line = file_ + ": " + where + ": " + what;
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?'
    ); // one line
    throw settings_error(line);
}

bool section::has(std::string const& key) const {
    return tree_ != nullptr && tree_->find(key) != tree_->not_found();
}

std::string section::environment_name(std::string const& key) const {
    std::string name = "WXGATE_" + path_ + "_" + key;
    for (char& c : name)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

// The value's text, from the environment or the file; null when absent. Marks the key as known.
std::string const* section::find(std::string const& key) {
    known_.insert(key);
    if (environment_) {
        auto const name = environment_name(key);
        // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread starts, or while none changes it
        if (char const* value = std::getenv(name.c_str())) {
            override_ = value;
            overridden_.insert(key);
            return &override_;
        }
    }
    if (tree_ == nullptr || tree_->count(key) == 0)
        return nullptr;
    if (tree_->count(key) > 1)
        fail(key, "stands twice");
    auto const& node = tree_->find(key)->second;
    if (!node.empty())
        fail(key, "is a section here, but a plain value is wanted");
    return &node.data();
}

std::string section::text(std::string const& key, std::string const& otherwise) {
    auto const* v = find(key);
    return v == nullptr ? otherwise : *v;
}

std::string section::demanded(std::string const& key) {
    auto const* v = find(key);
    if (v == nullptr || v->empty())
        fail(key, "is missing");
    return *v;
}

namespace {

// "64k" → 64 and "k"; nothing when no number leads.
std::optional<std::pair<std::uint64_t, std::string>> number_and_unit(std::string_view text) {
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits]))
        ++digits;
    auto const n = parse_uint(text.substr(0, digits), 1'000'000'000'000);
    if (!n)
        return std::nullopt;
    return std::pair(*n, std::string(text.substr(digits)));
}

} // namespace

std::int64_t
section::number(std::string const& key, std::int64_t otherwise, std::int64_t lowest, std::int64_t highest) {
    auto const* v = find(key);
    if (v == nullptr)
        return otherwise;
    auto const n = parse_uint(*v, static_cast<std::uint64_t>(highest));
    if (!n || static_cast<std::int64_t>(*n) < lowest)
        fail(
            key,
            "\"" + *v + "\" is not a whole number from " + std::to_string(lowest) + " to " +
                std::to_string(highest)
        );
    return static_cast<std::int64_t>(*n);
}

std::size_t
section::bytes(std::string const& key, std::size_t otherwise, std::size_t lowest, std::size_t highest) {
    auto const* v = find(key);
    if (v == nullptr)
        return otherwise;
    auto const n = number_and_unit(*v);
    std::size_t const unit = !n                                     ? 0
                             : n->second.empty()                    ? 1
                             : n->second == "k" || n->second == "K" ? 1024
                             : n->second == "m" || n->second == "M" ? 1024UL * 1024
                                                                    : 0;
    if (unit == 0 || n->first > highest / unit || n->first * unit < lowest)
        fail(
            key,
            "\"" + *v + "\" is not a size from " + std::to_string(lowest) + " to " + std::to_string(highest) +
                " bytes; write e.g. 64k or 1m"
        );
    return n->first * unit;
}

std::chrono::milliseconds section::duration(std::string const& key, std::chrono::milliseconds otherwise) {
    auto const* v = find(key);
    if (v == nullptr)
        return otherwise;
    auto const n = number_and_unit(*v);
    std::uint64_t const unit = !n                  ? 0
                               : n->second == "ms" ? 1
                               : n->second == "s"  ? 1000
                               : n->second == "m"  ? 60'000
                               : n->second == "h"  ? 3'600'000
                                                   : 0;
    constexpr std::uint64_t day = 86'400'000;
    if (unit == 0 || n->first == 0 || n->first > day / unit)
        fail(key, "\"" + *v + "\" is not a duration up to a day; write e.g. 500ms, 10s, 5m");
    return std::chrono::milliseconds(n->first * unit);
}

bool section::yes_or_no(std::string const& key, bool otherwise) {
    auto const v = one_of(key, otherwise ? "yes" : "no", {"yes", "no"});
    return v == "yes";
}

std::string section::one_of(
    std::string const& key, std::string const& otherwise, std::vector<std::string> const& allowed
) {
    auto const* v = find(key);
    if (v == nullptr)
        return otherwise;
    std::string list;
    for (auto const& a : allowed) {
        if (a == *v)
            return a;
        list += (list.empty() ? "" : ", ") + a;
    }
    fail(key, "\"" + *v + "\" is not one of: " + list);
}

std::string section::path(std::string const& key) {
    auto const v = text(key, "");
    return v.empty() ? v : relative(v);
}

std::string section::relative(std::string const& path) const {
    return (fs::path(file_).parent_path() / path).string();
}

namespace {

bool is_credential(fs::path const& file) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): read before any thread starts, or while none changes it
    char const* const folder = std::getenv("CREDENTIALS_DIRECTORY");
    return folder != nullptr && *folder != '\0' && file.lexically_normal().parent_path() == fs::path(folder);
}

std::string octal(fs::perms p) {
    auto mode = static_cast<unsigned>(p & fs::perms::all);
    std::string text = "0000";
    for (std::size_t i = text.size(); i-- > 1; mode >>= 3U)
        text[i] = static_cast<char>('0' + (mode & 7U));
    return text;
}

} // namespace

void section::keep_private(std::string const& key) {
    auto const file = path(key);
    std::error_code ec;
    auto const mode = fs::status(file, ec).permissions();
    auto const others = fs::perms::group_all | fs::perms::others_all;
    if (ec || (mode & others) == fs::perms::none || is_credential(file))
        return;
    fail(key, file + " has mode " + octal(mode) + ", so others may read it; do: chmod 600 " + file);
}

std::string section::secret(std::string const& key) {
    auto const file = path(key);
    if (file.empty())
        return {};
    keep_private(key);
    std::ifstream in(file, std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    std::error_code ec;
    if (!in || !fs::is_regular_file(file, ec))
        fail(key, "cannot read " + file);
    std::string value = content.str();
    while (!value.empty() && (value.back() == '\n' || value.back() == '\r'))
        value.pop_back();
    if (value.empty())
        fail(key, file + " is empty");
    return value;
}

section section::child(std::string const& key) {
    known_.insert(key);
    if (has(key) && tree_->count(key) > 1)
        fail(key, "stands twice");
    auto const* node = has(key) ? &tree_->find(key)->second : nullptr;
    if (node != nullptr && !node->data().empty())
        fail(key, "is a section: write " + key + " { … }");
    return {file_, path_.empty() ? key : path_ + "." + key, node, environment_};
}

std::vector<std::string> section::names() {
    std::vector<std::string> all;
    if (tree_ == nullptr)
        return all;
    for (auto const& [name, node] : *tree_) {
        if (!known_.insert(name).second)
            fail(name, "stands twice");
        all.push_back(name);
    }
    known_.clear();
    return all;
}

void section::finish() const {
    if (tree_ == nullptr)
        return;
    for (auto const& [name, node] : *tree_)
        if (!known_.contains(name))
            fail(name, "is not a key that is known here");
}

} // namespace wxgate::gateway
