// What the checker judges, read from where it is: the sandbox's control calls, the store's file, the shop's
// receivers.
#pragma once

#include "checker.hpp"
#include "support/database.hpp"
#include "support/http.hpp"
#include "support/webhook_receiver.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace wxgate::test {

/// GET /control/ledger into `s`; what cannot be read is told in `unread`.
void read_ledger(api const& control, snapshot& s);

/// The tables, in the state of one moment only while nobody writes.
void read_store(database const& store, snapshot& s);

/// What came to one merchant's receiver.
void read_receiver(webhook_receiver const& receiver, std::string const& merchant, snapshot& s);

/// Everything that the sandbox was asked. It remembers the last 10 000 calls, so whoever runs longer looks
/// now and then.
class call_log {
public:
    /// `keys`: the API key of each mch_id, to see whether an answer was signed.
    explicit call_log(std::map<std::string, std::string> keys) : keys_(std::move(keys)) {}

    /// Adds what is new, and fills in what has been answered since; looks at `newest` calls at least. Throws
    /// std::runtime_error.
    void look(api const& control, std::size_t newest = 400);

    /// In the order in which they came.
    std::vector<wechat_call> const& calls() const noexcept { return calls_; }

    /// Some were forgotten before they were seen.
    bool has_gaps() const noexcept { return gaps_; }

private:
    static constexpr std::size_t most_kept = 10'000; // by the sandbox

    void add(json::value const& seen);
    wechat_call read(json::value const& seen) const;

    std::map<std::string, std::string> keys_;
    std::vector<wechat_call> calls_;
    std::unordered_map<std::string, std::size_t> by_body_; // nonce_str makes each body another
    bool gaps_ = false;
};

} // namespace wxgate::test
