#include "store/postgres/values.hpp"

#include "base/assert.hpp"
#include "store/postgres/dialect.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

namespace wxgate::store::postgres {

namespace {

// Of pg_type, which never change.
constexpr Oid oid_of_bool = 16;
constexpr Oid oid_of_int8 = 20;
constexpr Oid oid_of_int2 = 21;
constexpr Oid oid_of_int4 = 23;
constexpr Oid oid_of_text = 25;
constexpr Oid oid_of_numbers = 1016;
constexpr Oid oid_of_texts = 1009;
constexpr Oid oid_of_numeric = 1700; // what SUM makes of bigint
constexpr Oid oid_to_be_inferred = 0;

constexpr int binary = 1;
constexpr std::int32_t null_length = -1;

Oid oid_of(value const& v) noexcept {
    if (std::holds_alternative<std::int64_t>(v))
        return oid_of_int8;
    if (std::holds_alternative<std::string>(v))
        return oid_of_text;
    return oid_to_be_inferred;
}

bool is_number(Oid type) noexcept {
    return type == oid_of_int8 || type == oid_of_int4 || type == oid_of_int2 || type == oid_of_numeric;
}

value cell(PGresult const* r, int row, int column) {
    if (PQgetisnull(r, row, column) != 0)
        return {};
    char const* const bytes = PQgetvalue(r, row, column);
    auto const size = static_cast<std::size_t>(PQgetlength(r, row, column));
    auto const type = PQftype(r, column);
    if (type == oid_of_bool)
        return std::int64_t{*bytes == 't' ? 1 : 0};
    std::int64_t number = 0;
    if (is_number(type)) {
        auto const [end, ec] = std::from_chars(bytes, bytes + size, number);
        if (ec == std::errc() && end == bytes + size)
            return number;
    }
    return std::string(bytes, size);
}

/// How many rows a result's statement changed.
std::int64_t changed_by(PGresult* r) {
    std::string_view const status = PQcmdStatus(r);
    if (!status.starts_with("INSERT") && !status.starts_with("UPDATE") && !status.starts_with("DELETE"))
        return 0;
    std::string_view const text = PQcmdTuples(r);
    std::int64_t changed = 0;
    std::from_chars(text.data(), text.data() + text.size(), changed);
    return changed;
}

/// The high byte first.
template <class Integer>
void append(std::string& to, Integer number) {
    auto const bits = static_cast<std::make_unsigned_t<Integer>>(number);
    for (auto shift = 8 * sizeof number; shift > 0; shift -= 8)
        to.push_back(static_cast<char>(bits >> (shift - 8)));
}

void append(std::string& to, value const& v, char type) {
    if (std::holds_alternative<std::monostate>(v))
        return append(to, null_length);
    WXGATE_ASSERT(std::holds_alternative<std::int64_t>(v) == (type == type::number));
    if (auto const* number = std::get_if<std::int64_t>(&v)) {
        append(to, static_cast<std::int32_t>(sizeof *number));
        return append(to, *number);
    }
    auto const& text = std::get<std::string>(v);
    append(to, static_cast<std::int32_t>(text.size()));
    to += text;
}

/// PostgreSQL's array_recv(): dimensions, whether there may be NULLs, the elements' type; the size and the
/// first index of each dimension; then each element's length and bytes.
std::string array_of(run const& r, std::size_t parameter, char type) {
    std::string made;
    append(made, std::int32_t{1});
    append(made, std::int32_t{1});
    append(made, static_cast<std::int32_t>(type == type::number ? oid_of_int8 : oid_of_text));
    append(made, static_cast<std::int32_t>(r.places.size()));
    append(made, std::int32_t{1});
    for (auto const& p : r.places)
        append(made, p.get().params[parameter], type);
    return made;
}

} // namespace

rows read_rows(PGresult const* r) {
    int const columns = PQnfields(r);
    int const count = PQntuples(r);
    std::vector<value> cells;
    cells.reserve(static_cast<std::size_t>(columns) * static_cast<std::size_t>(count));
    for (int row = 0; row < count; ++row)
        for (int column = 0; column < columns; ++column)
            cells.push_back(cell(r, row, column));
    // libpq only looks at it
    return {static_cast<std::size_t>(columns), std::move(cells), changed_by(const_cast<PGresult*>(r))};
}

parameters::parameters(statement const& s) : digits_(s.params.size()) {
    types_.reserve(s.params.size());
    values_.reserve(s.params.size());
    for (std::size_t i = 0; i < s.params.size(); ++i) {
        types_.push_back(oid_of(s.params[i]));
        values_.push_back(text_of(s.params[i], digits_[i]));
    }
}

parameters::parameters(run const& r, std::string_view types) {
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (types[i] == type::unknown)
            continue;
        arrays_.push_back(array_of(r, i, types[i]));
        types_.push_back(types[i] == type::number ? oid_of_numbers : oid_of_texts);
    }
    formats_.assign(arrays_.size(), binary);
    for (auto const& a : arrays_) {
        values_.push_back(a.data());
        lengths_.push_back(static_cast<int>(a.size()));
    }
}

char const* parameters::text_of(value const& v, digits& room) noexcept {
    if (auto const* number = std::get_if<std::int64_t>(&v)) {
        auto const end = std::to_chars(room.data(), room.data() + room.size() - 1, *number).ptr;
        *end = '\0';
        return room.data();
    }
    auto const* text = std::get_if<std::string>(&v);
    return text == nullptr ? nullptr : text->c_str();
}

} // namespace wxgate::store::postgres
