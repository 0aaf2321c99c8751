// The PostgreSQL engine: one thread that speaks with the database over a few connections, and one that makes
// them (which blocks: DNS, TLS).
#pragma once

#include "base/metrics.hpp"
#include "store/job.hpp"
#include "store/postgres/line_pace.hpp"
#include "store/postgres/pipeline.hpp"
#include "store/postgres/schema.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace wxgate::store::postgres {

/// Batches of one kind (writes or reads) go over lanes of that kind, each a connection. What only reads goes
/// to the lane with the fewest under way. Writes that are in line go as one group (one transaction, one round
/// trip, one flush) to the first lane that is not stuck, when that has room; but for those that are to go
/// alone, and for a second one of the same row. Where one of a group fails, the server has undone all, and
/// each is sent by itself.
///
/// A batch is never sent again once it may have been done: a lane that is lost takes its batches with it as
/// store_unavailable, and whoever writes again writes under the same keys, by which it finds what is there.
/// What the server says it has undone (a deadlock, a serialization failure, a unique key that somebody
/// else's commit took first) is sent again a few times; so is what only reads.
///
/// While no lane of its kind is up, a batch fails at once. Lanes come back by themselves.
class postgres_store final : public store, private pipeline_user {
public:
    /// Throws std::runtime_error, which does not tell the URL.
    postgres_store(address where, store_options const& options);
    ~postgres_store() override;

    awaitable<result<results>> write(batch b) override;
    awaitable<result<results>> write_alone(batch b) override;
    awaitable<result<results>> read(batch b) override;
    bool healthy() const noexcept override;

    bool shared() const noexcept override { return true; }

    store_load load(std::chrono::steady_clock::time_point now) const noexcept override;
    void close() override;

private:
    using clock = std::chrono::steady_clock;
    struct kind;

    /// One connection, or the attempt to have one.
    struct lane {
        lane(kind& k, asio::io_context& context) : of(k), again(context) {}

        kind& of;
        std::shared_ptr<pipeline> pipe; // null while there is none
        asio::steady_timer again;
        int failures = 0; // in a row
    };

    /// Writes, or reads.
    struct kind {
        kind(role r, store_limits const& limits);

        role what;
        job_queue queue;
        line_pace pace;
        std::vector<std::unique_ptr<lane>> lanes;
        std::size_t waiting = 0; // to be sent again
        std::size_t max_group;
        std::size_t max_under_way; // groups, on one lane
        milliseconds answer_timeout;
    };

    void answered(std::vector<exchange> done) override;
    void lost(pipeline& which, std::vector<exchange> unanswered, std::string const& why) override;

    void start_threads();
    void shut();
    void connect(lane& l);
    void connected(lane& l, connection c);
    void not_connected(lane& l, std::string const& why);
    void connect_later(lane& l);
    void pump(kind& k);
    static lane* least_busy(kind const& k);
    static lane* next_lane(kind const& k);
    static bool any_up(kind const& k);
    static std::size_t under_way(kind const& k);
    void send_together(lane& l, jobs& group);
    void send(lane& l, jobs group, int attempt);
    void resend(kind& k, std::unique_ptr<job> j, int attempt);
    void again_later(kind& k, std::unique_ptr<job> j, int attempt);
    void fail_all(kind& k, errc why);
    void take_answer(exchange e, kind& k, jobs& finished);
    void note(exchange const& e);
    void send_rest(exchange& e, kind& k);
    void send_each(exchange e, kind& k, failure why);
    errc outcome_of(exchange const& e, failure why);
    bool wants_another_try(exchange const& e, failure why) const;
    void note_fault(std::string const& why);
    void note_up();
    void watch();
    void end_when_done();
    milliseconds back_off(milliseconds first, milliseconds longest, int times);

    address const where_;
    store_limits const limits_;
    asio::io_context context_{1};
    asio::io_context connecting_{1};
    kind writes_;
    kind reads_;
    std::atomic<bool> healthy_{true};
    std::atomic<bool> closing_{false};
    std::once_flag shut_;
    bool ended_ = false;
    std::minstd_rand random_{std::random_device{}()};
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    asio::executor_work_guard<asio::io_context::executor_type> connecting_work_;
    asio::steady_timer watch_;
    std::thread thread_;
    std::thread connecting_thread_;
    metrics::counter& batches_;
    metrics::counter& commits_;
    metrics::counter& failures_;
    metrics::counter& retries_;
    metrics::counter& losses_;
    metrics::gauge& connections_;
    metrics::histogram& commit_seconds_;
    metrics::size_histogram& group_size_;
    metrics::gauge& writes_well_;
};

} // namespace wxgate::store::postgres
