// The reader of flat documents.
//
// The document is copied once into the message's own block and decoded where it stands: a name or a value is
// a range of that block, and only a value in several pieces (references, more than one CDATA section) is
// moved together, to the front, because decoded text is never longer than its source. Behind the copy stand
// NULs: they stop every scan, so that no loop asks for the end, and a 16-byte load may run over it.
//
// Line ends are left as they came (XML would turn CR and CR LF into LF): the signature is over what the
// sender holds, and a sender that writes a bare CR holds a CR.

#include "base/text.hpp"

#include <wxgate/fields.hpp>

#include <array>
#include <cstring>
#include <limits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace wxgate {

namespace {

enum class section { text, cdata };

constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

constexpr unsigned byte_of(char c) noexcept {
    return static_cast<unsigned char>(c);
}

#if defined(__SSE2__)

__m128i load16(char const* at) noexcept {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    return _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
}

unsigned mask_of(__m128i lanes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(lanes));
}

// The next byte that is not plain: a control or non-ASCII byte (both are below 0x20 as signed numbers), ']',
// and in text '<' and '&'.
template <section where>
char* next_special(char* at) noexcept {
    for (;; at += 16) {
        __m128i const v = load16(at);
        __m128i special =
            _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(v, _mm_set1_epi8(']')));
        if constexpr (where == section::text) {
            special = _mm_or_si128(special, _mm_cmpeq_epi8(v, _mm_set1_epi8('<')));
            special = _mm_or_si128(special, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
        }
        if (unsigned const mask = mask_of(special); mask != 0)
            return at + __builtin_ctz(mask);
    }
}

#else

constexpr std::array<unsigned char, 256> make_special_table() {
    std::array<unsigned char, 256> table{}; // 1: special in text, 2: in CDATA, 3: in both
    for (std::size_t c = 0; c < table.size(); ++c)
        table[c] = c < 0x20 || c >= 0x80 || c == ']' ? 3 : c == '<' || c == '&' ? 1 : 0;
    return table;
}

constexpr auto special_table = make_special_table();

template <section where>
char* next_special(char* at) noexcept {
    constexpr unsigned wanted = where == section::text ? 1 : 2;
    while ((special_table[byte_of(*at)] & wanted) == 0)
        ++at;
    return at;
}

#endif

constexpr std::array<bool, 256> make_name_table() {
    std::array<bool, 256> table{};
    for (std::size_t c = 0; c < 128; ++c)
        table[c] = is_alnum(static_cast<char>(c)) || c == '_';
    return table;
}

constexpr auto name_table = make_name_table();

std::size_t name_length(char const* at) noexcept {
    if (is_digit(*at))
        return 0;
    std::size_t n = 0;
    while (name_table[byte_of(at[n])])
        ++n;
    return n;
}

bool same_bytes(char const* a, char const* b, std::size_t n) noexcept {
#if defined(__SSE2__)
    if (n <= 16) // nearly every name: one comparison; the padding makes both loads safe
        return (~mask_of(_mm_cmpeq_epi8(load16(a), load16(b))) & ((1U << n) - 1U)) == 0;
#endif
    return std::memcmp(a, b, n) == 0;
}

template <class Word>
std::uint64_t load(char const* at) noexcept {
    Word w;
    std::memcpy(&w, at, sizeof w);
    return w;
}

// 0 to 255, from every byte of a name of up to 16. Only equal names must agree; a peer who makes many names
// collide buys no more than max_fields comparisons each.
unsigned name_hash(char const* name, std::size_t n) noexcept {
    std::uint64_t head = byte_of(name[0]);
    std::uint64_t tail = byte_of(name[n / 2]) << 8U | byte_of(name[n - 1]);
    if (n >= 8) {
        head = load<std::uint64_t>(name);
        tail = load<std::uint64_t>(name + n - 8);
    } else if (n >= 4) {
        head = load<std::uint32_t>(name);
        tail = load<std::uint32_t>(name + n - 4);
    }
    std::uint64_t const mixed = (head ^ n) * 0x9E3779B97F4A7C15U + tail * 0xC2B2AE3D27D4EB4FU;
    return static_cast<unsigned>((mixed ^ mixed >> 29U) * 0xBF58476D1CE4E5B9U >> 56U);
}

// The length of the character of two bytes or more at `at`, 0 when it is none that XML allows. Reads on only
// while the bytes fit, so the padding stops it.
std::size_t multibyte_length(char const* at) noexcept {
    auto const continues = [at](std::size_t i) { return (byte_of(at[i]) & 0xC0U) == 0x80U; };
    unsigned const lead = byte_of(at[0]);
    if (lead < 0xC2 || lead > 0xF4 || !continues(1))
        return 0;
    if (lead < 0xE0)
        return 2;
    unsigned const second = byte_of(at[1]);
    if (!continues(2))
        return 0;
    if (lead < 0xF0) {
        bool const overlong = lead == 0xE0 && second < 0xA0;
        bool const surrogate = lead == 0xED && second > 0x9F;
        bool const noncharacter = lead == 0xEF && second == 0xBF && byte_of(at[2]) > 0xBD; // U+FFFE, U+FFFF
        return overlong || surrogate || noncharacter ? 0 : 3;
    }
    if (!continues(3) || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F))
        return 0;
    return 4;
}

// Passes a run of characters and gives the byte that ends it: '<' or '&' in text, the "]]>" of a CDATA
// section, or one that may not stand there ("]]>" in text, a control character, the NUL behind the document).
template <section where>
char* end_of_run(char* at) noexcept {
    for (;;) {
        at = next_special<where>(at);
        if (byte_of(*at) >= 0x80) {
            std::size_t n = multibyte_length(at);
            if (n == 0)
                return at;
            for (; n != 0; n = multibyte_length(at))
                at += n;
        } else if (is_space(*at) || (*at == ']' && !(at[1] == ']' && at[2] == '>'))) {
            ++at;
        } else {
            return at;
        }
    }
}

constexpr bool is_xml_char(std::uint32_t c) noexcept {
    if (c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    return c <= 0xD7FF || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

// Writes `c` as UTF-8 and gives the end of it.
char* put_utf8(char* out, std::uint32_t c) noexcept {
    auto const put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
    auto const put_tail = [&](unsigned shift) { put(0x80U | (c >> shift & 0x3FU)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0U | c >> 6U);
        put_tail(0);
    } else if (c < 0x10000) {
        put(0xE0U | c >> 12U);
        put_tail(6);
        put_tail(0);
    } else {
        put(0xF0U | c >> 18U);
        put_tail(12);
        put_tail(6);
        put_tail(0);
    }
    return out;
}

struct named_entity {
    std::string_view name;
    char value;
};

constexpr std::array<named_entity, 5> entities{
    {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}}};

int digit_value(char c, int base) noexcept {
    if (is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

} // namespace

// Every read_… gives false at the first fault; error_ then says which.
class xml_reader {
public:
    xml_reader(fields& into, xml_limits const& limits) noexcept : into_(into), limits_(limits) {}

    error_code read(std::string_view document, std::string_view root) {
        into_.clear();
        constexpr std::size_t addressable = std::numeric_limits<std::uint32_t>::max() - fields::padding;
        if (document.size() > limits_.max_bytes || document.size() > addressable)
            return errc::malformed_xml;
        load_document(document);
        if (read_document(root))
            return {};
        into_.clear();
        return error_;
    }

private:
    bool fail(errc e) noexcept {
        error_ = e;
        return false;
    }

    void load_document(std::string_view document) {
        std::string& text = into_.text_;
        text.reserve(document.size() + fields::padding);
        text.assign(document);
        text.append(fields::padding, '\0');
        begin_ = at_ = text.data();
        end_ = begin_ + document.size();
    }

    std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    std::uint32_t offset(char const* p) const noexcept { return static_cast<std::uint32_t>(p - begin_); }

    bool take(std::string_view expected) noexcept {
        if (left() < expected.size() || std::memcmp(at_, expected.data(), expected.size()) != 0)
            return false;
        at_ += expected.size();
        return true;
    }

    void skip_space() noexcept {
        while (is_space(*at_))
            ++at_;
    }

    bool read_document(std::string_view root) {
        if (std::string_view(begin_, left()).starts_with("<?xml") && !read_declaration())
            return false;
        skip_space();
        if (!take("<") || !take(root))
            return false;
        skip_space();
        if (take("/>"))
            return at_end();
        if (!take(">"))
            return false;
        return read_elements() && take(root) && end_of_tag() && at_end();
    }

    bool read_elements() {
        for (skip_space(); !take("</"); skip_space())
            if (!read_element())
                return false;
        return true;
    }

    bool end_of_tag() noexcept {
        skip_space();
        return take(">");
    }

    bool at_end() noexcept {
        skip_space();
        return at_ == end_;
    }

    bool read_declaration() noexcept {
        at_ += std::strlen("<?xml");
        std::string_view value;
        if (!read_pseudo_attribute("version", value) || value != "1.0")
            return false;
        if (read_pseudo_attribute("encoding", value) && !ascii_iequals(value, "UTF-8"))
            return false;
        if (read_pseudo_attribute("standalone", value) && value != "yes" && value != "no")
            return false;
        skip_space();
        return take("?>");
    }

    // Takes ` name="value"`; leaves the place as it was when that does not stand there.
    bool read_pseudo_attribute(std::string_view name, std::string_view& value) noexcept {
        char* const start = at_;
        bool const apart = is_space(*at_);
        skip_space();
        bool const named = apart && take(name);
        skip_space();
        if (named && take("=")) {
            skip_space();
            char const quote = *at_;
            std::string_view const rest(at_, left());
            auto const close = quote == '"' || quote == '\'' ? rest.find(quote, 1) : rest.npos;
            if (close != rest.npos) {
                value = rest.substr(1, close - 1);
                at_ += close + 1;
                return true;
            }
        }
        at_ = start;
        return false;
    }

    bool read_element() {
        if (*at_ != '<') // text between elements, or the end
            return false;
        char const* const name = ++at_;
        std::size_t const name_size = name_length(name);
        if (name_size == 0) // a comment, an instruction, DOCTYPE, or no name
            return false;
        if (!add_entry(name, name_size))
            return false;
        at_ += name_size;
        if (read_common_form(name, name_size))
            return end_value();
        skip_space();
        if (take("/>"))
            return true;
        if (*at_ != '>') // an attribute, a name that goes on with a character that may not stand in it
            return false;
        ++at_;
        return read_value() && read_close_tag(name, name_size);
    }

    bool add_entry(char const* name, std::size_t size) {
        if (size > limits_.max_name)
            return fail(errc::field_too_long);
        if (into_.entries_.size() >= limits_.max_fields)
            return fail(errc::too_many_fields);
        unsigned const hash = name_hash(name, size);
        std::uint64_t const bit = std::uint64_t{1} << (hash & 63U);
        std::uint64_t& seen = seen_[hash >> 6U];
        if ((seen & bit) != 0 && is_there(name, size))
            return fail(errc::duplicate_field);
        seen |= bit;
        into_.entries_.push_back({offset(name), static_cast<std::uint32_t>(size), 0, 0});
        return true;
    }

    bool is_there(char const* name, std::size_t size) const noexcept {
        for (auto const& e : into_.entries_)
            if (e.name_size == size && same_bytes(begin_ + e.name, name, size))
                return true;
        return false;
    }

    // Reads `><![CDATA[value]]></name>` at one go: what stands behind nearly every name. Takes nothing when
    // it is anything else, which the general way then reads or refuses.
    bool read_common_form(char const* name, std::size_t name_size) noexcept {
        constexpr std::string_view open = "><![CDATA[";
        constexpr std::string_view close = "]]></";
        if (std::memcmp(at_, open.data(), open.size()) != 0) // the padding is longer
            return false;
        char* const value = at_ + open.size();
        char* const value_end = end_of_run<section::cdata>(value);
        if (std::memcmp(value_end, close.data(), close.size()) != 0)
            return false;
        char* const tail = value_end + close.size();
        if (end_ - tail <= static_cast<std::ptrdiff_t>(name_size) || !same_bytes(tail, name, name_size))
            return false;
        if (tail[name_size] != '>')
            return false;
        value_ = value;
        out_ = value_end;
        at_ = tail + name_size + 1;
        return true;
    }

    // Up to and without the "</" that ends it.
    bool read_value() noexcept {
        value_ = out_ = at_;
        for (;;) {
            if (*at_ != '<') {
                char const* const run = at_;
                at_ = end_of_run<section::text>(at_);
                keep(run, at_);
            }
            if (*at_ == '<' && at_[1] == '/')
                return end_value();
            if (*at_ == '&' ? !read_reference() : !read_cdata())
                return false;
        }
    }

    bool end_value() noexcept {
        auto const size = static_cast<std::size_t>(out_ - value_);
        if (size > limits_.max_value)
            return fail(errc::field_too_long);
        auto& e = into_.entries_.back();
        e.value = offset(value_);
        e.value_size = static_cast<std::uint32_t>(size);
        return true;
    }

    bool read_cdata() noexcept {
        if (!take("<![CDATA[")) // a nested element, a comment, or a byte that may not stand here
            return false;
        char const* const run = at_;
        at_ = end_of_run<section::cdata>(at_);
        keep(run, at_);
        return take("]]>");
    }

    // Adds a run to the value: the first stays where it is, the next ones move up to it.
    void keep(char const* run, char const* run_end) noexcept {
        auto const size = static_cast<std::size_t>(run_end - run);
        if (size == 0)
            return;
        if (value_ == out_)
            value_ = out_ = begin_ + (run - begin_);
        else
            std::memmove(out_, run, size);
        out_ += size;
    }

    bool read_reference() noexcept {
        char* const start = at_++;
        std::uint32_t c = 0;
        if (*at_ == '#' ? !read_number(c) : !read_entity(c))
            return false;
        if (value_ == out_)
            value_ = out_ = start;
        out_ = put_utf8(out_, c);
        return true;
    }

    bool read_entity(std::uint32_t& c) noexcept {
        for (auto const& e : entities) {
            if (take(e.name)) {
                c = byte_of(e.value);
                return true;
            }
        }
        return false;
    }

    bool read_number(std::uint32_t& c) noexcept {
        ++at_;
        int const base = *at_ == 'x' ? 16 : 10;
        if (base == 16)
            ++at_;
        if (digit_value(*at_, base) < 0)
            return false;
        for (int d = 0; (d = digit_value(*at_, base)) >= 0; ++at_) {
            c = c * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(d);
            if (c > 0x10FFFF)
                return false;
        }
        return is_xml_char(c) && take(";");
    }

    bool read_close_tag(char const* name, std::size_t name_size) noexcept {
        at_ += std::strlen("</");
        if (left() < name_size || !same_bytes(at_, name, name_size))
            return false;
        at_ += name_size;
        return end_of_tag();
    }

    fields& into_;
    xml_limits const& limits_;
    errc error_ = errc::malformed_xml;
    char* begin_ = nullptr;
    char* at_ = nullptr;
    char* end_ = nullptr;
    char* value_ = nullptr; // the value that is being read, decoded so far: [value_, out_)
    char* out_ = nullptr;
    std::array<std::uint64_t, 4> seen_{}; // a bit for every hash of a name that is there
};

error_code
decode_xml(std::string_view document, fields& into, xml_limits const& limits, std::string_view root) {
    return xml_reader(into, limits).read(document, root);
}

} // namespace wxgate
