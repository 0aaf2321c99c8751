// A list of names and values whose strings are used again.
#pragma once

#include "micro/messages.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace wxgate::bench {

class text_list {
public:
    void clear() noexcept { used_ = 0; }

    /// Adds a name and gives its value, which is empty.
    std::string& add(std::string_view name) {
        if (used_ == entries_.size())
            entries_.emplace_back();
        auto& [own_name, value] = entries_[used_++];
        own_name.assign(name);
        value.clear();
        return value;
    }

    name_values copy() const {
        return {entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(used_)};
    }

private:
    name_values entries_;
    std::size_t used_ = 0;
};

} // namespace wxgate::bench
