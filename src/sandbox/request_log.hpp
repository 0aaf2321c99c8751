// The last messages received and answered, for GET /control/requests. Bounded in number and in bytes.
#pragma once

#include "base/time.hpp"

#include <wxgate/fields.hpp>

#include <boost/json/array.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>

namespace wxgate::sandbox {

struct request_record {
    unix_ms at = 0; // the sandbox's clock, when it came
    std::string operation;
    std::string path;
    fields request; // when it is not the XML in request_body; without secrets
    std::string request_body;
    std::string response_body;
    std::string client_certificate; // whom the caller's verified certificate names; "": it gave none
    unsigned status = 0;            // 0: no answer (yet, or the connection was cut)
    std::chrono::milliseconds took{0};
};

class request_log {
public:
    static constexpr std::size_t max_records = 10'000;
    static constexpr std::size_t max_bytes = 64UL * 1024 * 1024; // of request bodies

    /// The record is there at once; the rest of it is filled in when the call is answered.
    std::shared_ptr<request_record>
    add(unix_ms at, std::string operation, std::string path, std::string request_body);

    /// Newest first.
    boost::json::array newest(std::size_t n) const;

    void clear();

private:
    std::deque<std::shared_ptr<request_record>> records_;
    std::size_t bytes_ = 0;
};

/// `text` when it is UTF-8, else with every byte that is not ASCII replaced: JSON holds nothing else.
std::string as_utf8(std::string text);

} // namespace wxgate::sandbox
