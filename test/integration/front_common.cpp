#include "front_common.hpp"

namespace wxgate::test {

system_options with_limits(server_keys keys, int threads) {
    system_options o;
    o.upstream = against::stand_in;
    o.adjust = [keys = std::move(keys), threads](gateway_config& c) {
        c.server = keys;
        c.threads = threads;
    };
    return o;
}

std::int64_t shed(system_under_test const& system, std::string const& why, std::string const& kind) {
    return metric(system, "wxgate_http_shed_total{why=\"" + why + "\",kind=\"" + kind + "\"}");
}

milliseconds since(steady::time_point begin) {
    return std::chrono::duration_cast<milliseconds>(steady::now() - begin);
}

} // namespace wxgate::test
