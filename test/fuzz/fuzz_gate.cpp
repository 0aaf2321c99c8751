// The gate and Beast's parser behind it, as the server has them: a header may come in any pieces and is
// judged the same; what the gate lets through Beast takes or refuses and never breaks on; and what is judged
// good frames one body in one way. The first byte says how many pieces there are, the next ones how long each
// is.
#include "base/text.hpp"
#include "fuzz.hpp"
#include "net/http_gate.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <charconv>
#include <string>

using namespace wxgate;
using namespace wxgate::net;
namespace http = boost::beast::http;
using parser = http::request_parser<http::string_body>;

namespace {

// Small, so that every bound is met.
server_limits small() {
    server_limits l;
    l.max_header = 512;
    l.max_target = 64;
    l.max_header_fields = 8;
    l.max_body = 1000;
    return l;
}

header_scanner::state scan_in_pieces(header_scanner& scanner, std::string_view text, std::string_view sizes) {
    std::size_t came = 0;
    for (auto const size : sizes) {
        came = std::min(text.size(), came + static_cast<unsigned char>(size));
        if (auto const s = scanner.scan(text.substr(0, came)); s != header_scanner::state::more)
            return s;
    }
    return scanner.scan(text);
}

void check_header(std::string_view header, server_limits const& limits) {
    WXGATE_ASSERT(header.ends_with("\r\n\r\n") && header.size() <= limits.max_header + 1);
    for (std::size_t i = 0; i < header.size(); ++i) {
        auto const c = static_cast<unsigned char>(header[i]);
        WXGATE_ASSERT(
            c >= 0x20 || c == '\t' || (c == '\r' && header[i + 1] == '\n') || header[i - 1] == '\r'
        );
    }
}

http_request view_of(parser::value_type const& message) {
    auto const text = [](boost::beast::string_view s) { return std::string_view(s.data(), s.size()); };
    http_request r;
    r.method = text(message.method_string());
    r.version = message.version();
    r.target = text(message.target());
    for (auto const& h : message)
        r.headers.push_back({text(h.name_string()), text(h.value())});
    return r;
}

// Of what passed: nobody behind or before this server could see another message in it.
void check_judged(http_request const& r, std::optional<std::uint64_t> length, server_limits const& limits) {
    WXGATE_ASSERT(r.version == 10 || r.version == 11);
    WXGATE_ASSERT(r.target.starts_with('/') && r.target.size() <= limits.max_target);
    WXGATE_ASSERT(r.headers.size() <= limits.max_header_fields);
    WXGATE_ASSERT(r.count("transfer-encoding") == 0 && r.count("upgrade") == 0);
    WXGATE_ASSERT(r.count("host") <= 1 && (r.version == 10 || r.count("host") == 1));
    WXGATE_ASSERT(r.count("content-length") == (length ? 1U : 0U));
    if (!length)
        return;
    auto const text = r.header("content-length");
    std::uint64_t said = 0;
    auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), said);
    WXGATE_ASSERT(ec == std::errc() && end == text.data() + text.size() && said == *length);
    WXGATE_ASSERT(*length <= limits.max_body);
}

void hand_to_beast(std::string_view header, server_limits const& limits) {
    parser p;
    p.header_limit(static_cast<std::uint32_t>(limits.max_header + 1));
    p.body_limit(boost::none);
    boost::system::error_code ec;
    p.put(boost::asio::buffer(header), ec);
    if (ec || !p.is_header_done())
        return;
    auto const request = view_of(p.get());
    std::optional<std::uint64_t> length;
    if (auto const l = p.content_length())
        length = *l;
    if (!judge(request, length, limits))
        check_judged(request, length, limits);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const limits = small();
    auto const all = fuzz::text_of(data, size);
    if (all.empty())
        return 0;
    auto const pieces = std::min<std::size_t>(data[0] % 16, all.size() - 1);
    auto const sizes = all.substr(1, pieces);
    auto const text = all.substr(1 + pieces);
    header_scanner at_once(limits);
    header_scanner by_pieces(limits);
    auto const state = at_once.scan(text);
    WXGATE_ASSERT(scan_in_pieces(by_pieces, text, sizes) == state);
    WXGATE_ASSERT(at_once.refusal().status == by_pieces.refusal().status);
    WXGATE_ASSERT(at_once.target() == by_pieces.target());
    WXGATE_ASSERT((state == header_scanner::state::refused) == (at_once.refusal().status != 0));
    if (state != header_scanner::state::complete)
        return 0;
    WXGATE_ASSERT(at_once.header_size() == by_pieces.header_size());
    auto const header = text.substr(0, at_once.header_size());
    check_header(header, limits);
    hand_to_beast(header, limits);
    return 0;
}
