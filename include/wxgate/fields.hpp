// The flat message of WeChat Pay v2: an ordered list of names and values, and its XML form.
//
// Everything received is kept, unknown fields included, because the signature is over everything received.
#pragma once

#include <wxgate/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate {

struct field {
    std::string_view name;
    std::string_view value;
};

/// An ordered list of unique names with their values, in one block of memory. `clear()` keeps that memory, so
/// that a message object used again and again allocates nothing. Views it hands out are valid until the next
/// change. Not synchronised: one thread at a time.
class fields {
public:
    fields() = default;

    std::size_t size() const noexcept { return entries_.size(); }

    bool empty() const noexcept { return entries_.empty(); }

    /// The i-th field in the order received or added; i < size().
    field operator[](std::size_t i) const noexcept;

    /// The value, or nothing when the field is absent. An element that is there but empty gives "".
    std::optional<std::string_view> find(std::string_view name) const noexcept;

    /// The value, or "" when the field is absent or empty: v2 signs both alike.
    std::string_view get(std::string_view name) const noexcept;

    /// Appends, or replaces the value of a name that is there. `name` is [A-Za-z_][A-Za-z0-9_]*.
    void set(std::string_view name, std::string_view value);

    /// set(), unless the value is empty: an empty value is not sent.
    void set_if(std::string_view name, std::string_view value);

    void clear() noexcept;

private:
    friend class xml_reader;
    friend class canonical_text;

    // NULs behind the text, when there is any: a load of so many bytes at a name or a value stays inside.
    static constexpr std::size_t padding = 16;

    struct entry {
        std::uint32_t name;
        std::uint32_t name_size;
        std::uint32_t value;
        std::uint32_t value_size;
    };

    std::uint32_t append(std::string_view a, std::string_view b); // gives where they begin

    std::string text_;
    std::vector<entry> entries_;
};

/// Bounds of a document that is read. Over any of them: malformed_xml, too_many_fields or field_too_long.
struct xml_limits {
    std::size_t max_bytes = 64 * 1024;
    std::size_t max_fields = 128;
    std::size_t max_name = 64;    // bytes
    std::size_t max_value = 8192; // bytes, decoded
};

/// Reads one flat document `<root><name>value</name>…</root>` into `into` (emptied first). One pass, no
/// recursion.
///
/// Taken: an XML 1.0 declaration (UTF-8), CDATA sections and text mixed, the five entities, numeric
/// references of characters XML allows, `<name/>`, white space between elements. Refused, all with a code of
/// `errc` and with `into` left empty: duplicate names, nesting, attributes, DOCTYPE, comments and processing
/// instructions, other roots or two of them, control characters and NUL, invalid UTF-8, undefined entities,
/// anything unclosed.
error_code decode_xml(
    std::string_view document, fields& into, xml_limits const& limits = {}, std::string_view root = "xml"
);

/// Appends `<xml><name><![CDATA[value]]></name>…</xml>`: every value in CDATA, split so that `]]>` and a
/// carriage return survive any conforming reader. Values are UTF-8 without NUL.
void encode_xml(fields const& message, std::string& out);

} // namespace wxgate
