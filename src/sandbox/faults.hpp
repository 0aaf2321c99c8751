// Faults on demand: rules with a seed, so that the same rules and the same calls give the same faults. No
// I/O.
#pragma once

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::sandbox {

/// What a rule does. `_before`: the work is not done; `_after`: it is, but the answer is not given.
///   delay          the call (or the notification) waits `ms` first
///   hang_*         nothing is said for `ms`, then the connection is cut
///   reset_*        the connection is cut at once
///   system_error   answered SYSTEMERROR, signed; a toss of the rule's own coin decides whether the work was
///   done bad_sign       the work is done, the answer's signature is wrong garbage        the work is done,
///   half of the answer comes http_500       the work is not done, an HTML error page comes sign_probe the
///   work is not done; the answer says that all went well, with a signature that cannot verify
/// and for notifications:
///   duplicate      sent twice at the same time
///   reorder        held back until another notification went out (or `ms` passed)
///   drop           lost on the way
///   bad_sign       sent with a wrong signature; an acknowledgement of it is a fault of the receiver's and
///   counts for nothing sign_probe     another one with a signature that cannot verify is sent first
/// A refund's notification carries no signature: there, a wrong one is one whose req_info is encrypted under
/// another key. Nor do a bill and why there is none: bad_sign and sign_probe change nothing of downloadbill,
/// and its system_error is unsigned.
enum class fault_kind {
    delay,
    hang_before,
    hang_after,
    reset_before,
    reset_after,
    system_error,
    bad_sign,
    garbage,
    http_500,
    duplicate,
    reorder,
    drop,
    sign_probe,
};

std::string_view to_string(fault_kind k) noexcept;

struct fault_rule {
    std::string on;
    fault_kind kind = fault_kind::delay;
    double p = 1;
    std::optional<std::chrono::milliseconds> ms;
    std::optional<std::uint64_t> times; // how often it may strike
};

struct fault_plan {
    std::uint64_t seed = 1;
    std::vector<fault_rule> rules;
};

/// What PUT /control/faults got is no plan.
class bad_fault_plan : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads `{"seed":7,"rules":[{"on","do","p","ms","times"}]}`. Throws bad_fault_plan with what is wrong and
/// what would be right.
fault_plan parse_fault_plan(boost::json::value const& json, std::uint64_t default_seed);

boost::json::value to_json(fault_plan const& plan);

/// What happens to one call.
struct fault {
    std::chrono::milliseconds delay{0};
    std::optional<fault_kind> kind; // never delay
    std::optional<std::chrono::milliseconds> ms;
    bool coin = false;
};

class fault_engine {
public:
    /// Replaces all rules; every rule starts its own stream of random numbers anew.
    void set(fault_plan plan);

    void clear() { set({}); }

    fault_plan const& plan() const noexcept { return plan_; }

    /// Draws for one call. Every rule of this name draws, so that no rule's stream depends on the others'.
    /// Delays add up; of the rest the first that strikes is it.
    fault draw(std::string_view on);

private:
    struct state {
        std::mt19937_64 stream;
        std::uint64_t struck = 0;
    };

    fault_plan plan_;
    std::vector<state> states_;
};

} // namespace wxgate::sandbox
