// The gate: what a request must be before any of its body is read, and before Beast's parser sees it.
// Beast 1.81 takes request-smuggling shapes, merges trailers into headers and can be made to throw out of
// run(); this refuses all of it. No I/O here.
#pragma once

#include "net/http_types.hpp"

#include <wxgate/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wxgate::net {

struct verdict {
    unsigned status = 0; // 0: passed
    std::string_view reason;

    explicit operator bool() const noexcept { return status != 0; }
};

/// Looks at a header's raw bytes as they arrive, each byte once.
class header_scanner {
public:
    explicit header_scanner(server_limits const& limits) noexcept : limits_(&limits) {}

    enum class state { more, complete, refused, not_http };

    /// `received` is all that has come of this message so far, from its first byte.
    state scan(std::string_view received);

    /// After `complete`: the bytes of the header with its empty line.
    std::size_t header_size() const noexcept { return at_; }

    /// After `refused`: what to answer.
    verdict refusal() const noexcept { return refusal_; }

    /// What was seen of the request's target, if anything.
    std::string const& target() const noexcept { return target_; }

private:
    state refuse(unsigned status, std::string_view reason) noexcept;
    void pass_plain(std::string_view received) noexcept;
    state look_at_byte(unsigned char c, unsigned char before) noexcept;
    state end_line(std::string_view line);
    state request_line(std::string_view line);

    server_limits const* limits_;
    std::size_t at_ = 0;          // looked at up to here
    std::size_t line_ = 0;        // where the current line began
    std::size_t lines_ = 0;       // complete ones
    std::size_t first_space_ = 0; // in the request line
    std::string target_;          // a copy: the bytes move when more arrive
    verdict refusal_;
};

/// Judges a parsed header. `length` is its Content-Length, if it has one.
verdict
judge(http_request const& request, std::optional<std::uint64_t> length, server_limits const& limits) noexcept;

} // namespace wxgate::net
