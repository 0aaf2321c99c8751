#include "base/assert.hpp"
#include "base/text.hpp"

#include <wxgate/fields.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

namespace wxgate {

namespace {

// Of a message that is made here: enough for nearly each.
constexpr std::size_t usual_text = 768;
constexpr std::size_t usual_fields = 20;

bool is_name(std::string_view text) noexcept {
    auto const may_stand = [](char c) { return is_alnum(c) || c == '_'; };
    return !text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), may_stand);
}

std::uint32_t narrow(std::size_t n) noexcept {
    WXGATE_ASSERT(n <= std::numeric_limits<std::uint32_t>::max());
    return static_cast<std::uint32_t>(n);
}

} // namespace

field fields::operator[](std::size_t i) const noexcept {
    WXGATE_ASSERT(i < entries_.size());
    entry const& e = entries_[i];
    char const* const text = text_.data();
    return {{text + e.name, e.name_size}, {text + e.value, e.value_size}};
}

std::optional<std::string_view> fields::find(std::string_view name) const noexcept {
    char const* const text = text_.data();
    for (entry const& e : entries_)
        if (std::string_view(text + e.name, e.name_size) == name)
            return std::string_view(text + e.value, e.value_size);
    return std::nullopt;
}

std::string_view fields::get(std::string_view name) const noexcept {
    return find(name).value_or(std::string_view{});
}

// Views in the arguments may be of `text_` itself, as in set("x", get("y")), so they are read before the old
// block goes.
std::uint32_t fields::append(std::string_view a, std::string_view b) {
    std::size_t const start = text_.empty() ? 0 : text_.size() - padding;
    std::size_t const size = start + a.size() + b.size() + padding;
    WXGATE_ASSERT(size <= std::numeric_limits<std::uint32_t>::max());
    if (size <= text_.capacity()) {
        text_.resize(start);
        text_.append(a).append(b).append(padding, '\0');
        return static_cast<std::uint32_t>(start);
    }
    std::string grown;
    grown.reserve(std::max({size, 2 * text_.capacity(), usual_text}));
    grown.append(text_, 0, start).append(a).append(b).append(padding, '\0');
    text_.swap(grown);
    return static_cast<std::uint32_t>(start);
}

void fields::set(std::string_view name, std::string_view value) {
    WXGATE_ASSERT(is_name(name));
    auto const same_name = [&](entry const& e) {
        return std::string_view(text_.data() + e.name, e.name_size) == name;
    };
    auto const old = std::find_if(entries_.begin(), entries_.end(), same_name);
    if (old == entries_.end()) {
        std::uint32_t const at = append(name, value);
        if (entries_.capacity() == 0)
            entries_.reserve(usual_fields);
        entries_.push_back({at, narrow(name.size()), at + narrow(name.size()), narrow(value.size())});
        return;
    }
    if (value.size() <= old->value_size) { // in place, so that a value set again and again needs no memory
        if (!value.empty())
            std::memmove(text_.data() + old->value, value.data(), value.size());
    } else {
        old->value = append(value, {});
    }
    old->value_size = narrow(value.size());
}

void fields::set_if(std::string_view name, std::string_view value) {
    if (!value.empty())
        set(name, value);
}

void fields::clear() noexcept {
    text_.clear();
    entries_.clear();
}

} // namespace wxgate
