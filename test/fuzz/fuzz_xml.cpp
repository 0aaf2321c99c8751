// The reader, and reader and writer against each other: what was read is read again from what is written of
// it.
#include "base/text.hpp"
#include "fuzz.hpp"

#include <wxgate/fields.hpp>

#include <string>

using namespace wxgate;

namespace {

void check_list(fields const& message) {
    xml_limits const limits;
    WXGATE_ASSERT(message.size() <= limits.max_fields);
    for (std::size_t i = 0; i < message.size(); ++i) {
        WXGATE_ASSERT(!message[i].name.empty() && message[i].name.size() <= limits.max_name);
        WXGATE_ASSERT(message[i].value.size() <= limits.max_value);
        WXGATE_ASSERT(is_utf8(message[i].value));
        WXGATE_ASSERT(message.get(message[i].name).data() == message[i].value.data()); // no name twice
    }
}

void check_same(fields const& a, fields const& b) {
    WXGATE_ASSERT(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        WXGATE_ASSERT(a[i].name == b[i].name && a[i].value == b[i].value);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static fields message; // used again and again, as in the program
    static fields again;
    if (decode_xml(fuzz::text_of(data, size), message).failed()) {
        WXGATE_ASSERT(message.empty());
        return 0;
    }
    check_list(message);
    std::string written;
    encode_xml(message, written);
    xml_limits wide;
    wide.max_bytes = 1024 * 1024;
    WXGATE_ASSERT(!decode_xml(written, again, wide).failed());
    check_same(message, again);
    return 0;
}
