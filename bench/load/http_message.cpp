#include "load/http_message.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace wxgate::bench {

namespace {

constexpr std::size_t max_head = 64UL * 1024;
constexpr std::size_t max_body = 4UL * 1024 * 1024 * 1024; // the ledger of a long run
constexpr std::string_view line_end = "\r\n";
constexpr std::string_view head_end = "\r\n\r\n";

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// The line's end, from `begin` on; a head always has one.
std::string_view line_at(std::string_view head, std::size_t begin) {
    return head.substr(begin, head.find(line_end, begin) - begin);
}

} // namespace

message_reader::state message_reader::append(std::string_view bytes) {
    buffer_.append(bytes);
    return state_ == state::incomplete ? read() : state_;
}

message_reader::state message_reader::next() {
    buffer_.erase(0, size());
    looked_at_ = head_size_ = body_size_ = 0;
    state_ = state::incomplete;
    return buffer_.empty() ? state_ : read();
}

void message_reader::clear() noexcept {
    buffer_.clear();
    looked_at_ = head_size_ = body_size_ = 0;
    state_ = state::incomplete;
    mistake_ = "";
}

message_reader::state message_reader::read() {
    if (head_size_ == 0) {
        auto const end = buffer_.find(head_end, looked_at_);
        if (end == std::string::npos) {
            looked_at_ = buffer_.size() - std::min(buffer_.size(), head_end.size() - 1);
            if (buffer_.size() > max_head)
                refuse("a head without an end");
            return state_;
        }
        head_size_ = end + head_end.size();
        if (!read_head())
            return state_;
    }
    if (buffer_.size() - head_size_ >= body_size_)
        state_ = state::complete;
    return state_;
}

bool message_reader::read_head() {
    has_length_ = false;
    keep_alive_ = true;
    std::string_view const text = head();
    auto line = line_at(text, 0);
    if (!read_start_line(line))
        return false;
    for (auto at = line.size() + line_end.size(); at + line_end.size() < text.size();) {
        line = line_at(text, at);
        if (!read_header(line))
            return false;
        at += line.size() + line_end.size();
    }
    bool const no_body = kind_ == kind::response ? status_ == 204 || status_ == 304 : method() != "POST";
    if (!has_length_ && !no_body)
        return refuse("no Content-Length");
    return true;
}

bool message_reader::read_start_line(std::string_view line) {
    if (kind_ == kind::request) {
        bool const three = std::count(line.begin(), line.end(), ' ') == 2;
        return (three && line.ends_with(" HTTP/1.1")) || refuse("not an HTTP/1.1 request");
    }
    // HTTP/1.1 200 OK
    auto const digits = line.substr(0, 12);
    status_ = 0;
    bool const shaped = digits.size() == 12 && digits.starts_with("HTTP/1.1 ");
    auto const* const end = digits.data() + digits.size();
    if (!shaped || std::from_chars(digits.data() + 9, end, status_).ptr != end || status_ < 100)
        return refuse("not an HTTP/1.1 response");
    return status_ >= 200 || refuse("an interim response");
}

bool message_reader::read_header(std::string_view line) {
    auto const colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return refuse("a header line without a name");
    auto const name = line.substr(0, colon);
    auto const value = trimmed(line.substr(colon + 1));
    if (ascii_iequals(name, "Content-Length")) {
        auto const* const end = value.data() + value.size();
        auto const [at, ec] = std::from_chars(value.data(), end, body_size_);
        if (has_length_ || value.empty() || ec != std::errc() || at != end || body_size_ > max_body)
            return refuse("a Content-Length that is none");
        has_length_ = true;
    } else if (ascii_iequals(name, "Transfer-Encoding")) {
        return refuse("a Transfer-Encoding, which is not spoken here");
    } else if (ascii_iequals(name, "Connection")) {
        keep_alive_ = !ascii_iequals(value, "close");
    }
    return true;
}

bool message_reader::refuse(char const* why) noexcept {
    state_ = state::bad;
    mistake_ = why;
    return false;
}

std::string_view message_reader::head() const noexcept {
    return std::string_view(buffer_).substr(0, head_size_);
}

std::string_view message_reader::body() const noexcept {
    return std::string_view(buffer_).substr(head_size_, body_size_);
}

std::string_view message_reader::method() const noexcept {
    return head().substr(0, head().find(' '));
}

std::string_view message_reader::target() const noexcept {
    auto const begin = head().find(' ') + 1;
    return head().substr(begin, head().find(' ', begin) - begin);
}

std::string_view message_reader::header(std::string_view name) const {
    return header_of(head(), name);
}

std::string_view header_of(std::string_view head, std::string_view name) {
    for (auto at = head.find(line_end); at + line_end.size() < head.size();) {
        auto const line = line_at(head, at + line_end.size());
        if (line.size() > name.size() && line[name.size()] == ':' &&
            ascii_iequals(line.substr(0, name.size()), name))
            return trimmed(line.substr(name.size() + 1));
        at += line_end.size() + line.size();
    }
    return {};
}

request_head::request_head(
    std::string_view method, std::string_view target, std::string_view host, header_list const& headers
) {
    before_length_.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host);
    for (auto const& [name, value] : headers)
        before_length_.append(line_end).append(name).append(": ").append(value);
    before_length_.append("\r\nContent-Length: ");
}

std::string request_head::with(std::string_view body) const {
    std::string all;
    all.reserve(before_length_.size() + 20 + head_end.size() + body.size());
    all.append(before_length_).append(std::to_string(body.size())).append(head_end).append(body);
    return all;
}

namespace {

// From an opening quote or brace to behind its end; npos when it has none.
std::size_t end_of_value(std::string_view text) {
    bool inside = false;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char const c = text[i];
        if (inside && c == '\\') {
            ++i;
        } else if (c == '"') {
            inside = !inside;
            if (!inside && depth == 0)
                return i + 1;
        } else if (!inside && c == '{') {
            ++depth;
        } else if (!inside && c == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

} // namespace

std::string_view json_member(std::string_view json, std::string_view name) noexcept {
    for (std::size_t at = json.find(name); at != std::string_view::npos; at = json.find(name, at + 1)) {
        auto const behind = at + name.size();
        bool const is_name = at > 0 && json[at - 1] == '"' && json.substr(behind, 2) == "\":";
        if (!is_name)
            continue;
        auto const value = json.substr(behind + 2);
        if (value.empty())
            return {};
        if (value.front() != '"' && value.front() != '{')
            return value.substr(0, value.find_first_of(",}]"));
        auto const end = end_of_value(value);
        if (end == std::string_view::npos)
            return {};
        return value.front() == '{' ? value.substr(0, end) : value.substr(1, end - 2);
    }
    return {};
}

} // namespace wxgate::bench
