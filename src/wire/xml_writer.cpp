#include "wire/xml_writer.hpp"

#include <wxgate/fields.hpp>

#include <algorithm>

namespace wxgate {

namespace wire {

namespace {

void append_open_tag(std::string& out, std::string_view name) {
    out += '<';
    out += name;
    out += '>';
}

void append_close_tag(std::string& out, std::string_view name) {
    out += "</";
    out += name;
    out += '>';
}

// Where `value` must be interrupted: at a carriage return, or at the '>' of a "]]>". (find_first_of() of the
// two would call memchr for every byte.)
std::size_t next_break(std::string_view value, std::size_t from) noexcept {
    auto const section_end = value.find("]]>", from);
    return std::min(value.find('\r', from), section_end == value.npos ? value.npos : section_end + 2);
}

void append_cdata(std::string& out, std::string_view value) {
    out += "<![CDATA[";
    std::size_t at = 0;
    for (std::size_t stop = 0; (stop = next_break(value, at)) != value.npos;) {
        out += value.substr(at, stop - at);
        out += value[stop] == '\r' ? "]]>&#13;<![CDATA[" : "]]><![CDATA[>";
        at = stop + 1;
    }
    out += value.substr(at);
    out += "]]>";
}

std::string_view escape_of(char c) noexcept {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    default:
        return "&#13;";
    }
}

void append_escaped(std::string& out, std::string_view value) {
    std::size_t at = 0;
    for (std::size_t stop = 0; (stop = value.find_first_of("&<>\r", at)) != value.npos; at = stop + 1) {
        out += value.substr(at, stop - at);
        out += escape_of(value[stop]);
    }
    out += value.substr(at);
}

} // namespace

void append_cdata_element(std::string& out, std::string_view name, std::string_view value) {
    append_open_tag(out, name);
    append_cdata(out, value);
    append_close_tag(out, name);
}

void append_bare_element(std::string& out, std::string_view name, std::string_view value) {
    append_open_tag(out, name);
    append_escaped(out, value);
    append_close_tag(out, name);
}

} // namespace wire

void encode_xml(fields const& message, std::string& out) {
    constexpr std::size_t marks = sizeof "<><![CDATA[]]></>";
    std::size_t size = sizeof "<xml></xml>";
    for (std::size_t i = 0; i < message.size(); ++i)
        size += 2 * message[i].name.size() + message[i].value.size() + marks;
    out.reserve(out.size() + size);
    out += "<xml>";
    for (std::size_t i = 0; i < message.size(); ++i)
        wire::append_cdata_element(out, message[i].name, message[i].value);
    out += "</xml>";
}

} // namespace wxgate
