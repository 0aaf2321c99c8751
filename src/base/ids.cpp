#include "base/ids.hpp"

#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace wxgate {

namespace {

void fill_with_random(unsigned char* out, std::size_t size) {
    if (RAND_bytes(out, static_cast<int>(size)) != 1)
        throw std::runtime_error("the random generator failed");
}

// For ids and nonces, of which a payment needs a dozen: a call of the generator takes microseconds, whatever
// its size. What is given out is wiped. One a thread, and not for a child of fork(): nothing here forks
// without exec.
class random_pool {
public:
    unsigned char next() {
        if (left_ == 0) {
            fill_with_random(bytes_.data(), bytes_.size());
            left_ = bytes_.size();
        }
        return std::exchange(bytes_[--left_], 0);
    }

private:
    std::array<unsigned char, 1024> bytes_{};
    std::size_t left_ = 0;
};

thread_local random_pool pool;

} // namespace

std::string random_bytes(std::size_t size) {
    std::string out(size, '\0');
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    fill_with_random(reinterpret_cast<unsigned char*>(out.data()), size);
    return out;
}

std::string random_alnum(std::size_t size) {
    constexpr char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr unsigned fair = 256 / 62 * 62; // bytes from here up would favour the first letters
    std::string out(size, '\0');
    for (auto& c : out) {
        unsigned byte = pool.next();
        while (byte >= fair)
            byte = pool.next();
        c = alphabet[byte % 62];
    }
    return out;
}

std::string make_id() {
    constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    auto ms = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    std::string out(26, '0');
    for (std::size_t i = 10; i-- > 0; ms >>= 5U)
        out[i] = alphabet[ms & 31U];
    for (std::size_t i = 10; i < out.size(); ++i)
        out[i] = alphabet[pool.next() & 31U];
    return out;
}

} // namespace wxgate
