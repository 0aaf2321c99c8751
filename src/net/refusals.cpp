#include "net/refusals.hpp"

#include <string>

namespace wxgate::net {

metrics::counter& shed_counter(std::string_view why, std::string_view kind) {
    std::string labels = "why=\"";
    labels += why;
    labels += "\",kind=\"";
    labels += kind;
    labels += '"';
    return metrics::get_counter(
        "wxgate_http_shed_total", "Requests and connections that were refused for want of room.", labels
    );
}

} // namespace wxgate::net
