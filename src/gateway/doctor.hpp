// What `wxgate check` finds, and what is to be done about it. The judgements are pure.
#pragma once

#include "base/time.hpp"
#include "gateway/settings.hpp"

#include <wxgate/client.hpp>

#include <string>
#include <string_view>

namespace wxgate::gateway {

enum class severity {
    good,
    warning, // serves, but somebody should look
    error,   // broken
};

/// One line.
struct finding {
    severity level = severity::good;
    std::string what;   // about which part of the set-up, and what of it
    std::string remedy; // what to do; "" where all is well
};

/// Prints findings to standard output as they come.
class findings {
public:
    void add(finding const& f);

    void good(std::string what) { add({severity::good, std::move(what), {}}); }

    void warn(std::string what, std::string remedy) {
        add({severity::warning, std::move(what), std::move(remedy)});
    }

    void bad(std::string what, std::string remedy) {
        add({severity::error, std::move(what), std::move(remedy)});
    }

    int errors() const noexcept { return errors_; }

private:
    int errors_ = 0;
};

/// Our clock beside the Date of an answer that came at `ours`.
finding judge_clock(unix_ms theirs, unix_ms ours);

/// Our clock beside the day on which the program was built.
finding judge_clock_by_build(unix_ms built, unix_ms ours);

/// What WeChat will be told to notify.
finding judge_public_url(std::string const& public_url);

/// What a query about an order that cannot be says of the merchant's appid, mch_id and API key.
finding judge_account(merchant const& m, outcome<order_status> const& answered);

/// Why a host could not be spoken with; `key` is its place in the configuration, `host` what is to be named.
/// What the network may be otherwise tomorrow is a warning: `serve` would start, and go on by itself. A
/// server that is not the one that is meant is an error.
finding judge_unreachable(
    std::string const& key, std::string const& host, error_code const& why, std::string const& detail
);

/// The network's part of `wxgate check`: WeChat's hosts, accounts, clock, the notify URL, the shops'
/// webhooks.
void check_online(findings& out, settings const& s);

} // namespace wxgate::gateway
