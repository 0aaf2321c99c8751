#include "base/ids.hpp"

#include <wxgate/sign.hpp>

namespace wxgate {

std::string make_nonce() {
    return random_alnum(32); // the longest that WeChat takes
}

} // namespace wxgate
