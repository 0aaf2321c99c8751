#include "store/postgres/postgres_store.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

namespace wxgate::store::postgres {

namespace {

// A lane's batches are committed one after the other, each with a flush of its own that it shares with those
// of other lanes: so several, and few under way on each, that one which waits for a row holds up few others.
// 6, 16 and 32 of them carried 424, 747 and 970 payments a second where a commit took 3 ms; with 16, five
// gateways fit the hundred connections that a server allows by default.
constexpr std::size_t write_lanes = 16;
constexpr std::size_t read_lanes = 2;
constexpr std::size_t most_under_way = 16; // on one lane

constexpr int most_tries = 8;           // of what the server undid
constexpr int most_tries_overtaken = 3; // the next one sees what overtook this one
constexpr int most_tries_of_read = 4;   // of what was lost with its lane
constexpr milliseconds first_retry{2};
constexpr milliseconds last_retry{200};
constexpr milliseconds first_reconnect{50};
constexpr milliseconds last_reconnect{2000};
constexpr milliseconds watch_interval{100};
constexpr std::chrono::seconds connect_patience{2}; // libpq's least
constexpr std::chrono::seconds first_patience{5};

/// Signals are for the main thread.
void become(char const* name) noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    pthread_setname_np(pthread_self(), name);
}

/// How long a batch may wait to be sent; the rest of a caller's patience is for its answer.
milliseconds queue_patience(store_limits const& limits) {
    return limits.timeout / 4;
}

std::int64_t ticks(std::chrono::steady_clock::time_point t) noexcept {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

bool changed_something(results const& all) noexcept {
    return std::any_of(all.begin(), all.end(), [](rows const& r) { return r.changed() > 0; });
}

} // namespace

// ---- how a line moves

void line_pace::sent(clock::time_point now) noexcept {
    if (since_.load(std::memory_order_relaxed) == 0)
        since_.store(ticks(now), std::memory_order_relaxed);
}

void line_pace::answered(clock::time_point now, std::size_t under_way) noexcept {
    auto const since = since_.load(std::memory_order_relaxed);
    if (since != 0) {
        auto const gap = gap_.load(std::memory_order_relaxed);
        gap_.store(gap + (ticks(now) - since - gap) / 16, std::memory_order_relaxed);
    }
    since_.store(under_way == 0 ? 0 : ticks(now), std::memory_order_relaxed);
}

std::chrono::nanoseconds line_pace::wait(std::size_t queued, clock::time_point now) const noexcept {
    auto const since = since_.load(std::memory_order_relaxed);
    auto const silent = since == 0 ? 0 : std::max<std::int64_t>(0, ticks(now) - since);
    auto const gap = std::max<std::int64_t>(0, gap_.load(std::memory_order_relaxed));
    return std::chrono::nanoseconds(silent + static_cast<std::int64_t>(queued) * gap);
}

// ---- opening and closing

postgres_store::kind::kind(role r, store_limits const& limits)
    : what(r), queue(limits.max_queue, queue_patience(limits), r == role::write ? "write" : "read"),
      answer_timeout(postgres::answer_timeout(r, limits)) {
}

postgres_store::postgres_store(address where, store_options const& options)
    : where_(std::move(where)), limits_(options.limits), writes_(role::write, limits_),
      reads_(role::read, limits_), work_(context_.get_executor()),
      connecting_work_(connecting_.get_executor()), watch_(context_),
      batches_(
          metrics::get_counter("wxgate_store_batches_total", "Batches that the store was asked to write.")
      ),
      commits_(metrics::get_counter("wxgate_store_commits_total", "Transactions that the store committed.")),
      failures_(metrics::get_counter(
          "wxgate_store_failures_total", "Batches that were not written for a reason other than a constraint."
      )),
      retries_(metrics::get_counter(
          "wxgate_store_retries_total", "Batches that the database had undone and that were sent again."
      )),
      losses_(metrics::get_counter(
          "wxgate_store_lost_total", "Batches whose outcome nobody knows, as their connection was lost."
      )),
      connections_(metrics::get_gauge("wxgate_store_connections", "Connections to the database.")),
      commit_seconds_(
          metrics::get_histogram("wxgate_store_commit_seconds", "Time of a COMMIT, its fsync included.")
      ),
      writes_well_(metrics::get_gauge(
          "wxgate_store_healthy", "1; 0 when the last write failed for a reason that is the database's."
      )) {
    writes_well_.set(1);
    {
        auto const db = where_.connect(role::schema, limits_, first_patience);
        if (options.guest)
            require_newest(db.get(), options.migrations);
        else
            prepare_schema(db.get(), options.migrations, options.upgrade ? upgrade::always : upgrade::no);
    }
    if (!where_.is_private())
        log::warn("the store's URL asks for less than sslmode=verify-full", {{"store", where_.name()}});
    for (auto* k : {&writes_, &reads_}) {
        auto const lanes = k->what == role::write ? write_lanes : read_lanes;
        for (std::size_t i = 0; i < lanes; ++i)
            k->lanes.push_back(std::make_unique<lane>(*k, context_));
        k->queue.on_filled = [this, k] { asio::post(context_, [this, k] { pump(*k); }); };
        // One of each before anybody asks; the others come by themselves.
        connected(*k->lanes.front(), where_.connect(k->what, limits_, first_patience));
        for (std::size_t i = 1; i < lanes; ++i)
            connect(*k->lanes[i]);
    }
    watch();
    start_threads();
}

void postgres_store::start_threads() {
    thread_ = std::thread([this] {
        become("store");
        run_guarded(context_, "store");
    });
    try {
        connecting_thread_ = std::thread([this] {
            become("store-connect");
            run_guarded(connecting_, "store connect");
        });
    } catch (...) {
        close();
        throw;
    }
}

postgres_store::~postgres_store() {
    close();
}

awaitable<result<results>> postgres_store::write(batch b) {
    return writes_.queue.submit(std::move(b));
}

awaitable<result<results>> postgres_store::read(batch b) {
    return reads_.queue.submit(std::move(b));
}

bool postgres_store::healthy() const noexcept {
    return healthy_;
}

store_load postgres_store::load(clock::time_point now) const noexcept {
    store_load l;
    l.writes = writes_.queue.size();
    l.reads = reads_.queue.size();
    l.room = limits_.max_queue;
    l.write_wait = writes_.pace.wait(l.writes, now);
    return l;
}

void postgres_store::close() {
    std::call_once(shut_, [this] { shut(); });
}

void postgres_store::shut() {
    writes_.queue.close();
    reads_.queue.close();
    closing_ = true;
    connecting_work_.reset();
    if (connecting_thread_.joinable())
        connecting_thread_.join();
    asio::post(context_, [this] { end_when_done(); });
    if (thread_.joinable())
        thread_.join();
}

/// All that is in line and under way is ended first; watch() sees to it that it does end.
void postgres_store::end_when_done() {
    for (auto* k : {&writes_, &reads_}) {
        pump(*k);
        if (k->queue.size() != 0 || under_way(*k) != 0 || k->waiting != 0)
            return;
    }
    for (auto* k : {&writes_, &reads_})
        for (auto& l : k->lanes) {
            l->again.cancel();
            if (l->pipe) {
                l->pipe->close();
                connections_.add(-1);
            }
            l->pipe.reset();
        }
    ended_ = true;
    watch_.cancel();
    work_.reset();
}

// ---- lanes

void postgres_store::connect(lane& l) {
    if (closing_)
        return;
    asio::post(connecting_, [this, &l] {
        if (closing_)
            return;
        std::string why;
        connection made;
        try {
            made = where_.connect(l.of.what, limits_, connect_patience);
        } catch (std::exception const& e) {
            why = e.what();
        }
        asio::post(context_, [this, &l, why = std::move(why), c = std::move(made)]() mutable {
            if (c == nullptr)
                not_connected(l, why);
            else
                connected(l, std::move(c));
        });
    });
}

void postgres_store::connected(lane& l, connection c) {
    if (closing_)
        return;
    try {
        pipeline_user& me = *this; // a base that make_shared does not see
        l.pipe = std::make_shared<pipeline>(context_, std::move(c), me);
    } catch (std::exception const& e) {
        return not_connected(l, e.what());
    }
    l.failures = 0;
    connections_.add(1);
    l.pipe->start();
    if (l.of.what == role::write)
        note_up();
    pump(l.of);
}

void postgres_store::not_connected(lane& l, std::string const& why) {
    ++l.failures;
    if (!any_up(writes_))
        note_fault(why);
    connect_later(l);
}

void postgres_store::connect_later(lane& l) {
    if (closing_)
        return;
    l.again.expires_after(back_off(first_reconnect, last_reconnect, l.failures));
    l.again.async_wait([this, &l](boost::system::error_code const& ec) {
        if (!ec)
            connect(l);
    });
}

/// Doubled each time, and half of it by chance: many that lost the same server do not come back at once.
milliseconds postgres_store::back_off(milliseconds first, milliseconds longest, int times) {
    auto const whole = std::min(longest, first * (1 << std::clamp(times, 0, 10)));
    auto const half = whole.count() / 2;
    return milliseconds(half + std::uniform_int_distribution<std::int64_t>(0, half + 1)(random_));
}

bool postgres_store::any_up(kind const& k) {
    return std::any_of(k.lanes.begin(), k.lanes.end(), [](auto const& l) { return l->pipe != nullptr; });
}

std::size_t postgres_store::under_way(kind const& k) {
    std::size_t sum = 0;
    for (auto const& l : k.lanes)
        sum += l->pipe ? l->pipe->under_way() : 0;
    return sum;
}

postgres_store::lane* postgres_store::free_lane(kind& k) {
    lane* best = nullptr;
    for (auto const& l : k.lanes) {
        if (!l->pipe || l->pipe->under_way() >= most_under_way)
            continue;
        if (best == nullptr || l->pipe->under_way() < best->pipe->under_way())
            best = l.get();
    }
    return best;
}

// ---- batches

/// Sends what is in line, as far as there is room.
void postgres_store::pump(kind& k) {
    if (!any_up(k))
        return fail_all(k, errc::store_unavailable);
    jobs group;
    while (auto* const l = free_lane(k)) {
        if (!k.queue.try_take(group, 1))
            return;
        for (auto& j : group)
            if (j != nullptr)
                send(*l, std::move(j), 0);
    }
}

void postgres_store::send(lane& l, std::unique_ptr<job> j, int attempt) {
    if (l.of.what == role::write && attempt == 0)
        batches_.add();
    l.pipe->send(std::move(j), l.of.what == role::read, attempt);
    if (l.pipe->under_way() != 0)
        l.of.pace.sent(clock::now());
}

void postgres_store::fail_all(kind& k, errc why) {
    jobs group;
    while (k.queue.try_take(group, limits_.max_group)) {
        for (auto const& j : group)
            j->fail(why);
        if (k.what == role::write) {
            batches_.add(group.size());
            failures_.add(group.size());
        }
        post_completions(std::move(group));
        group = jobs();
    }
}

/// Lost lanes may be all of them: then this batch has waited for nothing.
void postgres_store::resend(kind& k, std::unique_ptr<job> j, int attempt) {
    lane* best = free_lane(k);
    if (best == nullptr && any_up(k))
        best = std::find_if(k.lanes.begin(), k.lanes.end(), [](auto const& l) {
                   return l->pipe != nullptr;
               })->get();
    if (best != nullptr)
        return send(*best, std::move(j), attempt);
    j->fail(errc::store_unavailable);
    jobs one;
    one.push_back(std::move(j));
    post_completions(std::move(one));
}

void postgres_store::again_later(kind& k, std::unique_ptr<job> j, int attempt) {
    ++k.waiting;
    retries_.add();
    auto timer = std::make_unique<asio::steady_timer>(context_, back_off(first_retry, last_retry, attempt));
    auto& t = *timer;
    t.async_wait([this,
                  &k,
                  attempt,
                  j = std::move(j),
                  timer = std::move(timer)](boost::system::error_code const&) mutable {
        --k.waiting;
        resend(k, std::move(j), attempt);
        if (closing_)
            end_when_done();
    });
}

bool postgres_store::wants_another_try(exchange const& e, failure why) const {
    auto const age = clock::now() - e.work->queued;
    if (age > limits_.timeout / 2)
        return false;
    return (why == failure::conflict && e.attempt + 1 < most_tries) ||
           (why == failure::overtaken && e.attempt + 1 < most_tries_overtaken);
}

/// Sets the outcome of what was answered; false when it is to be tried again instead.
bool postgres_store::judge(exchange& e) {
    if (e.complete()) {
        e.work->outcome = std::move(e.answers);
        return true;
    }
    auto const why = e.failed ? failure_of(e.sqlstate) : failure::database;
    if (wants_another_try(e, why))
        return false;
    switch (why) {
    case failure::refused:
    case failure::overtaken:
        e.work->fail(errc::store_constraint);
        return true;
    case failure::wrong:
        log::error("the store was given a batch that it cannot run", {{"why", e.message}});
        break;
    case failure::database:
        if (e.reads)
            log::error("the store cannot read", {{"why", e.message}});
        else
            note_fault(e.message + " (" + e.sqlstate + ")");
        break;
    case failure::conflict:
    case failure::slow:
        log::warn("a batch was not written in time", {{"why", e.message}, {"attempts", e.attempt + 1}});
        break;
    }
    e.work->fail(errc::store_unavailable);
    return true;
}

void postgres_store::answered(std::vector<exchange> done) {
    auto const now = clock::now();
    jobs finished;
    kind* of = nullptr;
    for (auto& e : done) {
        // All of one lane, so of one kind.
        if (of == nullptr)
            of = e.reads ? &reads_ : &writes_;
        bool const again = !judge(e);
        if (of->what == role::write) {
            commit_seconds_.observe(now - e.sent);
            if (e.work->outcome.has_value() && !again) {
                commits_.add();
                if (changed_something(*e.work->outcome))
                    note_up();
            } else if (!again && e.work->outcome.error() == errc::store_unavailable) {
                failures_.add();
            }
        }
        if (again)
            again_later(*of, std::move(e.work), e.attempt + 1);
        else
            finished.push_back(std::move(e.work));
    }
    if (of == nullptr)
        return;
    of->pace.answered(now, under_way(*of));
    post_completions(std::move(finished));
    pump(*of);
    if (closing_)
        end_when_done();
}

void postgres_store::lost(pipeline& which, std::vector<exchange> unanswered, std::string const& why) {
    for (auto* k : {&writes_, &reads_})
        for (auto& l : k->lanes) {
            if (l->pipe.get() != &which)
                continue;
            l->pipe.reset();
            connections_.add(-1);
            if (!any_up(writes_))
                note_fault(why);
            else
                log::warn("a connection to the store's database was lost", {{"why", why}});
            connect_later(*l);
        }
    jobs unknown;
    for (auto& e : unanswered) {
        if (e.reads && e.attempt + 1 < most_tries_of_read && any_up(reads_)) {
            again_later(reads_, std::move(e.work), e.attempt + 1);
            continue;
        }
        if (!e.reads) {
            losses_.add();
            failures_.add();
        }
        e.work->fail(errc::store_unavailable);
        unknown.push_back(std::move(e.work));
    }
    post_completions(std::move(unknown));
    for (auto* k : {&writes_, &reads_}) {
        if (under_way(*k) == 0)
            k->pace.forget();
        pump(*k);
    }
    if (closing_)
        end_when_done();
}

// ---- how it is

// One line a change, not one a batch: a database that is away fails thousands of them.
void postgres_store::note_fault(std::string const& why) {
    writes_well_.set(0);
    if (healthy_.exchange(false))
        log::error("the store's database fails", {{"store", where_.name()}, {"why", why}});
}

void postgres_store::note_up() {
    writes_well_.set(1);
    if (!healthy_.exchange(true))
        log::info("the store's database works again", {{"store", where_.name()}});
}

void postgres_store::watch() {
    watch_.expires_after(watch_interval);
    watch_.async_wait([this](boost::system::error_code const& ec) {
        if (ec || ended_)
            return;
        auto const now = clock::now();
        for (auto* k : {&writes_, &reads_}) {
            for (auto& l : k->lanes)
                if (auto const pipe = l->pipe)
                    pipe->end_if_silent_since(now - k->answer_timeout);
            pump(*k);
        }
        watch();
    });
}

} // namespace wxgate::store::postgres
