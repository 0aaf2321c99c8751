// The control API (contract §6): plain HTTP and JSON on a loopback address, by which tests play the user, the
// clock and the faults, and read the truth. The rules are in control(); the handler only carries them over
// HTTP.
#pragma once

#include "net/http_types.hpp"
#include "sandbox/world.hpp"

#include <string>
#include <string_view>

namespace wxgate::sandbox {

struct control_reply {
    unsigned status = 200;
    std::string body;  // JSON
    std::string allow; // with 405
};

/// Answers one control call.
control_reply control(
    world& w, std::string_view method, std::string_view path, std::string_view query, std::string_view body
);

class control_handler final : public net::http_handler {
public:
    explicit control_handler(world& w) : world_(w) {}

    awaitable<net::http_reply> handle(net::http_request const& request) override;
    net::http_reply refuse(unsigned status, std::string_view reason, std::string_view target) override;

private:
    world& world_;
};

} // namespace wxgate::sandbox
