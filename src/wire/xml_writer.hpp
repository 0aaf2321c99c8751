// The pieces of a flat document, for encode_xml and for whoever must lay one out byte for byte as WeChat
// does.
#pragma once

#include <string>
#include <string_view>

namespace wxgate::wire {

/// `<name><![CDATA[value]]></name>`. A "]]>" is split over two sections, and a carriage return is written as
/// a reference between two, so that both survive any conforming reader.
void append_cdata_element(std::string& out, std::string_view name, std::string_view value);

/// `<name>value</name>`, as WeChat writes numbers. What would be markup (and a carriage return) is escaped.
void append_bare_element(std::string& out, std::string_view name, std::string_view value);

} // namespace wxgate::wire
