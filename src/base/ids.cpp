#include "base/ids.hpp"

#include <openssl/rand.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace wxgate {

std::string random_bytes(std::size_t size) {
    std::string out(size, '\0');
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size)) != 1)
        throw std::runtime_error("the random generator failed");
    return out;
}

std::string random_alnum(std::size_t size) {
    constexpr char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    constexpr unsigned fair = 256 / 62 * 62; // bytes from here up would favour the first letters
    std::string out;
    out.reserve(size);
    while (out.size() < size) {
        for (char const c : random_bytes(size + size / 2)) {
            auto const byte = static_cast<unsigned char>(c);
            if (byte < fair && out.size() < size)
                out += alphabet[byte % 62];
        }
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
    std::string const random = random_bytes(16);
    for (std::size_t i = 0; i < 16; ++i)
        out[10 + i] = alphabet[static_cast<unsigned char>(random[i]) & 31U];
    return out;
}

} // namespace wxgate
