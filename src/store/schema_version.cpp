#include "store/schema_version.hpp"

#include <stdexcept>
#include <string>

namespace wxgate::store {

std::int64_t read_version(rows const& r) {
    if (r.integer(0, 0) != r.integer(0, 1))
        throw std::runtime_error("schema_version has gaps: the database is damaged");
    return r.integer(0, 1);
}

void refuse_newer(std::int64_t have, std::span<migration const> migrations) {
    auto const newest = static_cast<std::int64_t>(migrations.size());
    if (have > newest)
        throw std::runtime_error(
            "its schema has version " + std::to_string(have) + ", newer than this program's " +
            std::to_string(newest)
        );
}

} // namespace wxgate::store
