// Gzip (RFC 1952): bills come so when they are asked for with tar_type=GZIP.
#pragma once

#include <wxgate/error.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace wxgate::wire {

/// Inflates one gzip stream, however it is cut into pieces. Its memory is bounded, whatever comes out (about
/// 110 KiB). Not synchronised: one thread at a time.
class gunzip {
public:
    /// Takes what came out, at most 64 KiB at a time, valid during the call. The bytes are right only when
    /// finish() has said so.
    using text_sink = std::function<void(std::string_view)>;

    /// A gigabyte of bill is some two million rows.
    static constexpr std::uint64_t default_max_output = 4ULL * 1024 * 1024 * 1024;

    /// `max_output`: bytes that may come out of it.
    explicit gunzip(std::uint64_t max_output = default_max_output);
    gunzip(gunzip const&) = delete;
    gunzip& operator=(gunzip const&) = delete;
    ~gunzip();

    /// Takes the next bytes of the stream. corrupt_gzip for what is none, or whose checksum is not its
    /// text's; response_too_large when more than `max_output` would come out; every later call then says so
    /// too. What `text` throws passes through, and this object is of no more use.
    error_code feed(std::string_view piece, text_sink const& text);

    /// No error: the stream was whole. truncated_bill when it was not, or nothing came.
    error_code finish() const noexcept;

private:
    struct stream;

    enum class stage {
        before, // nothing came yet
        within,
        behind, // the end of a member of the stream; another may follow
    };

    error_code inflate_all(std::string_view part, text_sink const& text);

    std::unique_ptr<stream> stream_;
    std::uint64_t left_;
    stage stage_ = stage::before;
    error_code error_;
};

/// The stream of `text` (the sandbox's side); fast rather than small. `text` is less than 2 GiB.
std::string gzip(std::string_view text);

} // namespace wxgate::wire
