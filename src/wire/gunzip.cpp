#include "wire/gunzip.hpp"

#include "base/assert.hpp"

#include <array>
#include <limits>
#include <new>

#define ZLIB_CONST // its input is const
#include <zlib.h>

namespace wxgate::wire {

namespace {

constexpr int gzip_window = 15 + 16;                       // the largest window; gzip's header and trailer
constexpr std::size_t max_part = 1024UL * 1024 * 1024;     // zlib counts in unsigned int
constexpr std::size_t max_text = 2UL * 1024 * 1024 * 1024; // what it becomes is counted so too

Bytef const* bytes(char const* p) noexcept {
    return reinterpret_cast<Bytef const*>(p); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

Bytef* bytes(char* p) noexcept {
    return reinterpret_cast<Bytef*>(p); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

class deflater {
public:
    // zlib's macros of these names hold old-style casts.
    deflater() {
        int const rc = ::deflateInit2_(
            &z,
            Z_BEST_SPEED,
            Z_DEFLATED,
            gzip_window,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            static_cast<int>(sizeof(z_stream))
        );
        if (rc != Z_OK)
            throw std::bad_alloc();
    }

    deflater(deflater const&) = delete;
    deflater& operator=(deflater const&) = delete;

    ~deflater() { ::deflateEnd(&z); }

    z_stream z{};
};

} // namespace

struct gunzip::stream {
    stream() {
        if (::inflateInit2_(&z, gzip_window, ZLIB_VERSION, static_cast<int>(sizeof(z_stream))) != Z_OK)
            throw std::bad_alloc();
    }

    stream(stream const&) = delete;
    stream& operator=(stream const&) = delete;

    ~stream() { ::inflateEnd(&z); }

    z_stream z{};
    std::array<char, 64UL * 1024> out{};
};

gunzip::gunzip(std::uint64_t max_output) : stream_(std::make_unique<stream>()), left_(max_output) {
}

gunzip::~gunzip() = default;

error_code gunzip::feed(std::string_view piece, text_sink const& text) {
    while (!error_.failed() && !piece.empty()) {
        auto const part = piece.substr(0, max_part);
        piece.remove_prefix(part.size());
        error_ = inflate_all(part, text);
    }
    return error_;
}

error_code gunzip::inflate_all(std::string_view part, text_sink const& text) {
    z_stream& z = stream_->z;
    auto& out = stream_->out;
    z.next_in = bytes(part.data());
    z.avail_in = static_cast<uInt>(part.size());
    bool full = false; // there may be more to come out, without any more input
    while (z.avail_in != 0 || full) {
        if (stage_ == stage::behind && z.avail_in == 0)
            break;
        if (stage_ == stage::behind && ::inflateReset(&z) != Z_OK)
            return errc::corrupt_gzip;
        stage_ = stage::within;
        z.next_out = bytes(out.data());
        z.avail_out = static_cast<uInt>(out.size());
        int const rc = ::inflate(&z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return errc::corrupt_gzip;
        std::size_t const size = out.size() - z.avail_out;
        if (size > left_)
            return errc::response_too_large;
        left_ -= size;
        if (size != 0 && text)
            text({out.data(), size});
        if (rc == Z_BUF_ERROR) // nothing to be done until more comes
            break;
        if (rc == Z_STREAM_END)
            stage_ = stage::behind;
        full = z.avail_out == 0;
    }
    return {};
}

error_code gunzip::finish() const noexcept {
    if (error_.failed())
        return error_;
    if (stage_ != stage::behind)
        return errc::truncated_bill;
    return {};
}

std::string gzip(std::string_view text) {
    WXGATE_ASSERT(text.size() < max_text);
    deflater d;
    std::string out(::deflateBound(&d.z, static_cast<uLong>(text.size())), '\0');
    WXGATE_ASSERT(out.size() <= std::numeric_limits<uInt>::max());
    d.z.next_in = bytes(text.data());
    d.z.avail_in = static_cast<uInt>(text.size());
    d.z.next_out = bytes(out.data());
    d.z.avail_out = static_cast<uInt>(out.size());
    WXGATE_ASSERT(::deflate(&d.z, Z_FINISH) == Z_STREAM_END);
    out.resize(d.z.total_out);
    return out;
}

} // namespace wxgate::wire
