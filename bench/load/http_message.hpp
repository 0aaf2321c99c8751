// The HTTP/1.1 that the bench speaks: no more than the gateway, the sandbox and the floor need, so that the
// load generator costs little. A message is a head and a body by Content-Length; everything else is refused
// with a clear word.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::bench {

/// Reads messages out of a stream of bytes, in whatever pieces they come. Its memory is used again for the
/// next message. Views it hands out live until the next call of append() or next().
class message_reader {
public:
    enum class kind { request, response };
    enum class state { incomplete, complete, bad };

    explicit message_reader(kind k) : kind_(k) {}

    /// More bytes of the stream. A message that is complete stays as it is; what is behind it waits for
    /// next().
    state append(std::string_view bytes);

    /// Drops the complete message, and reads what came behind it.
    state next();

    /// Forgets everything: for another connection.
    void clear() noexcept;

    state now() const noexcept { return state_; }

    /// True when there is no byte of a message yet.
    bool untouched() const noexcept { return buffer_.empty(); }

    // Of a complete message.
    unsigned status() const noexcept { return status_; } // of a response

    std::string_view method() const noexcept;             // of a request
    std::string_view target() const noexcept;             // of a request
    std::string_view body() const noexcept;               // "" when there is none
    std::string_view head() const noexcept;               // with its line ends
    std::string_view header(std::string_view name) const; // "" when it is not there; whatever the case

    bool keep_alive() const noexcept { return keep_alive_; }

    std::size_t size() const noexcept { return head_size_ + body_size_; } // bytes of head and body

    /// What is wrong with a bad one: a literal.
    char const* mistake() const noexcept { return mistake_; }

private:
    state read();
    bool read_head();
    bool read_start_line(std::string_view line);
    bool read_header(std::string_view line);
    bool refuse(char const* why) noexcept;

    kind kind_;
    state state_ = state::incomplete;
    std::string buffer_;
    std::size_t looked_at_ = 0; // for the end of the head
    std::size_t head_size_ = 0; // 0: not yet read
    std::size_t body_size_ = 0;
    bool has_length_ = false;
    bool keep_alive_ = true;
    unsigned status_ = 0;
    char const* mistake_ = "";
};

/// A header's value in a head; "" when it is not there. The name's case does not matter.
std::string_view header_of(std::string_view head, std::string_view name);

using header_list = std::vector<std::pair<std::string, std::string>>;

/// The head of requests that differ in their body only, written once.
class request_head {
public:
    /// `host` is what the Host header says.
    request_head(
        std::string_view method, std::string_view target, std::string_view host, header_list const& headers
    );

    /// A whole request.
    std::string with(std::string_view body) const;

private:
    std::string before_length_;
};

/// What stands behind `"name":` in a JSON object that is known to be written without white space: the inside
/// of a string (no escape is undone), a number's digits, or a whole object with its braces. "" when it is not
/// there. The first one counts, so `name` must be one that no value before it can hold as a key.
std::string_view json_member(std::string_view json, std::string_view name) noexcept;

} // namespace wxgate::bench
