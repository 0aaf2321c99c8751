// The book of a pipeline: what was sent, and what its answers say. No I/O, and nothing of libpq: it is fed
// what PQgetResult() gave, so that a test can feed it anything.
//
// PostgreSQL answers each statement with a result and an end (libpq's NULL), and each group, at its sync
// point, with one more result that has no end. A group of batches is one transaction: after an error the rest
// of it is skipped. A connection that broke gives errors, then ends without end, and never the sync point.
#pragma once

#include "store/job.hpp"
#include "store/postgres/runs.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace wxgate::store::postgres {

/// A group under way: sent, and not known to be done.
struct exchange {
    using clock = std::chrono::steady_clock;

    jobs work;                         // done together, or not at all
    bool reads = false;                // it changes nothing
    int attempt = 0;                   // how often it was sent before
    std::vector<std::string> prepares; // statements that are prepared first, each with a result of its own
    std::size_t prepared = 0;          // how many of them were
    std::vector<run> runs;             // what is sent of its batches
    std::vector<rows> answers;         // to those
    bool failed = false;
    std::string sqlstate; // of the first error; "" when there is none (libpq's own)
    std::string message;
    clock::time_point sent{};

    /// Statements that are not wanted always are sent when the batch's others have been answered.
    void take(jobs group);

    /// All that was sent was answered well.
    bool complete() const noexcept {
        return !failed && prepared == prepares.size() && answers.size() == runs.size();
    }

    /// Gives each batch its own answers, when all are there.
    void hand_out_answers();
};

class reply_book {
public:
    void expect(exchange e) { under_way_.push_back(std::move(e)); }

    std::size_t size() const noexcept { return under_way_.size(); }

    bool empty() const noexcept { return under_way_.empty(); }

    /// Since when the server has had nothing but the oldest to answer; there must be one.
    exchange::clock::time_point waiting_since() const noexcept {
        return std::max(under_way_.front().sent, answered_);
    }

    // What came next, of the oldest. Each returns false when that cannot be: the connection is no good.

    bool on_rows(rows r);
    bool on_error(std::string sqlstate, std::string message);
    bool on_skipped();

    /// The end of a statement's results. A few in a row are no answer any more.
    bool on_end() noexcept;

    /// The sync point: the oldest is finished, and is `done` now.
    bool on_sync(exchange& done, exchange::clock::time_point now = exchange::clock::now());

    /// All of it, oldest first: nobody will answer.
    std::vector<exchange> give_up();

private:
    static constexpr int most_ends = 2;

    std::deque<exchange> under_way_;
    exchange::clock::time_point answered_{}; // the one before the oldest
    int ends_ = 0;                           // in a row
};

} // namespace wxgate::store::postgres
