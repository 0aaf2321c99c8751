#include "base/assert.hpp"

#include "base/log.hpp"

#include <cstdio>
#include <cstdlib>

namespace wxgate {

void assertion_failed(char const* expression, char const* file, int line) noexcept {
    log::flush();
    std::fprintf(stderr, "wxgate: invariant broken: %s at %s:%d\n", expression, file, line);
    std::fflush(stderr);
    std::abort();
}

} // namespace wxgate
