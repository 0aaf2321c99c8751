// Values on their way to libpq and back.
#pragma once

#include "store/postgres/libpq.hpp"
#include "store/postgres/runs.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::store::postgres {

/// What a result holds: integers (and truth values, as 0 and 1) as numbers, all else as text.
rows read_rows(PGresult const* r);

/// The parameters of what is sent, as libpq wants them. What they were made of must outlive them.
class parameters {
public:
    /// Of one statement: texts, each ended by a NUL.
    explicit parameters(statement const& s);

    /// Of a run of many: an array each (in PostgreSQL's binary form) of those that have a type.
    parameters(run const& r, std::string_view types);

    int size() const noexcept { return static_cast<int>(types_.size()); }

    Oid const* types() const noexcept { return types_.data(); }

    char const* const* values() const noexcept { return values_.data(); }

    /// Null when all are texts.
    int const* lengths() const noexcept { return lengths_.empty() ? nullptr : lengths_.data(); }

    int const* formats() const noexcept { return formats_.empty() ? nullptr : formats_.data(); }

private:
    using digits = std::array<char, 24>;

    static char const* text_of(value const& v, digits& room) noexcept;

    std::vector<digits> digits_;
    std::vector<std::string> arrays_;
    std::vector<Oid> types_;
    std::vector<char const*> values_;
    std::vector<int> lengths_;
    std::vector<int> formats_;
};

} // namespace wxgate::store::postgres
