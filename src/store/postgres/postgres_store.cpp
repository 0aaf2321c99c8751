#include "store/postgres/postgres_store.hpp"

#include "base/log.hpp"

#include <boost/asio/post.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace wxgate::store::postgres {

namespace {

// Groups go by one lane, where a second is there when the first is done: what comes meanwhile makes bigger
// groups than several lanes would have. The others are for what goes alone, and for when that lane is stuck.
constexpr std::size_t write_lanes = 4;
constexpr std::size_t read_lanes = 2;
// Groups, on one lane.
constexpr std::size_t most_writes_under_way = 2;
constexpr std::size_t most_reads_under_way = 16;
constexpr milliseconds stuck_after{50}; // without an answer: somebody keeps a row

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

/// The first two parameters of a batch's first statement name the row that it changes: in their order, two
/// groups whose changes are alike take the rows they share one after the other. (Others may wait for each
/// other; the server then undoes one, which is tried again.)
bool comes_before(std::unique_ptr<job> const& a, std::unique_ptr<job> const& b) {
    if (a->work.empty() || b->work.empty())
        return b->work.size() > a->work.size();
    return a->work.front().params < b->work.front().params;
}

bool is_of_same_row(job const& a, job const& b) {
    if (a.work.empty() || b.work.empty())
        return false;
    auto const& x = a.work.front().params;
    auto const& y = b.work.front().params;
    return x.size() >= 2 && y.size() >= 2 && std::equal(x.begin(), x.begin() + 2, y.begin());
}

} // namespace

// ---- opening and closing

postgres_store::kind::kind(role r, store_limits const& limits)
    : what(r), queue(limits.max_queue, queue_patience(limits), r == role::write ? "write" : "read"),
      max_group(r == role::write ? std::max<std::size_t>(limits.max_group, 1) : 1),
      max_under_way(r == role::write ? most_writes_under_way : most_reads_under_way),
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
      group_size_(metrics::get_size_histogram(
          "wxgate_store_commit_batches", "Batches that were written under one COMMIT."
      )),
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

awaitable<result<results>> postgres_store::write_alone(batch b) {
    return writes_.queue.submit(std::move(b), true);
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
    l.write_wait = writes_.pace.wait(l.writes / writes_.max_group, now);
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

/// Of those that are up, the last one of several: the first is where groups go. Null when none is.
postgres_store::lane* postgres_store::least_busy(kind const& k) {
    lane* best = nullptr;
    for (auto const& l : k.lanes)
        if (l->pipe && (best == nullptr || l->pipe->under_way() <= best->pipe->under_way()))
            best = l.get();
    return best;
}

/// The one by which what is in line goes: null when that has no room.
postgres_store::lane* postgres_store::next_lane(kind const& k) {
    auto const has_room = [&k](lane* l) { return l != nullptr && l->pipe->under_way() < k.max_under_way; };
    if (k.what == role::read) {
        auto* const l = least_busy(k);
        return has_room(l) ? l : nullptr;
    }
    auto const then = clock::now() - stuck_after;
    auto const moves = [then](auto const& l) { return l->pipe && !l->pipe->is_silent_since(then); };
    auto const first = std::find_if(k.lanes.begin(), k.lanes.end(), moves);
    return first != k.lanes.end() && has_room(first->get()) ? first->get() : nullptr;
}

// ---- batches

/// Sends what is in line, as far as there is room.
void postgres_store::pump(kind& k) {
    if (!any_up(k))
        return fail_all(k, errc::store_unavailable);
    jobs group;
    for (;;) {
        auto* const l = next_lane(k);
        if (l == nullptr || !k.queue.try_take(group, k.max_group))
            return;
        if (k.what == role::write)
            batches_.add(group.size());
        send_together(*l, group);
    }
}

/// … but for those that go alone, and those whose row is changed by another one of them: each on the lane
/// that is least busy then.
void postgres_store::send_together(lane& l, jobs& group) {
    std::stable_sort(group.begin(), group.end(), comes_before);
    jobs together;
    jobs others;
    for (auto& j : group) {
        bool const apart = j->alone || (!together.empty() && is_of_same_row(*together.back(), *j));
        (apart ? others : together).push_back(std::move(j));
    }
    send(l, std::move(together), 0);
    for (auto& j : others)
        resend(l.of, std::move(j), 0);
}

void postgres_store::send(lane& l, jobs group, int attempt) {
    l.pipe->send(std::move(group), l.of.what == role::read, attempt);
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
    jobs one;
    one.push_back(std::move(j));
    if (auto* const l = least_busy(k))
        return send(*l, std::move(one), attempt);
    one.front()->fail(errc::store_unavailable);
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

void postgres_store::answered(std::vector<exchange> done) {
    if (done.empty())
        return;
    auto& k = done.front().reads ? reads_ : writes_; // one lane's, so all of one kind
    jobs finished;
    for (auto& e : done)
        take_answer(std::move(e), k, finished);
    k.pace.answered(clock::now(), under_way(k));
    post_completions(std::move(finished));
    pump(k);
    if (closing_)
        end_when_done();
}

/// Either all of a group is done or nothing is; what is to be sent again does not come into `finished`.
void postgres_store::take_answer(exchange e, kind& k, jobs& finished) {
    if (!e.reads)
        note(e);
    if (e.complete()) {
        e.hand_out_answers();
        send_rest(e, k);
    } else {
        auto const why = e.failed ? failure_of(e.sqlstate) : failure::database;
        if (e.work.size() > 1 && why != failure::database)
            return send_each(std::move(e), k, why);
        if (wants_another_try(e, why))
            return again_later(k, std::move(e.work.front()), e.attempt + 1);
        auto const outcome = outcome_of(e, why);
        for (auto const& j : e.work)
            j->fail(outcome);
        if (!e.reads && outcome == errc::store_unavailable)
            failures_.add(e.work.size());
    }
    std::move(e.work.begin(), e.work.end(), std::back_inserter(finished));
}

/// What is wanted by now, of those of its batches that want it; the others stay.
void postgres_store::send_rest(exchange& e, kind& k) {
    auto const unfinished =
        std::stable_partition(e.work.begin(), e.work.end(), [](auto const& j) { return !is_unfinished(*j); });
    std::for_each(unfinished, e.work.end(), [&](auto& j) { resend(k, std::move(j), 0); });
    e.work.erase(unfinished, e.work.end());
}

void postgres_store::note(exchange const& e) {
    commit_seconds_.observe(clock::now() - e.sent);
    if (!e.complete())
        return;
    commits_.add();
    group_size_.observe(e.work.size());
    if (std::any_of(e.answers.begin(), e.answers.end(), [](rows const& r) { return r.changed() > 0; }))
        note_up();
}

/// Of a group that the server has undone.
void postgres_store::send_each(exchange e, kind& k, failure why) {
    for (auto& j : e.work)
        if (why == failure::conflict)
            again_later(k, std::move(j), e.attempt + 1);
        else
            resend(k, std::move(j), e.attempt);
}

bool postgres_store::wants_another_try(exchange const& e, failure why) const {
    auto const age = clock::now() - e.work.front()->queued;
    if (e.work.size() > 1 || age > limits_.timeout / 2)
        return false;
    return (why == failure::conflict && e.attempt + 1 < most_tries) ||
           (why == failure::overtaken && e.attempt + 1 < most_tries_overtaken);
}

/// Of what is not tried again.
errc postgres_store::outcome_of(exchange const& e, failure why) {
    switch (why) {
    case failure::refused:
    case failure::overtaken:
        return errc::store_constraint;
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
    return errc::store_unavailable;
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
            again_later(reads_, std::move(e.work.front()), e.attempt + 1);
            continue;
        }
        if (!e.reads) {
            losses_.add(e.work.size());
            failures_.add(e.work.size());
        }
        for (auto& j : e.work) {
            j->fail(errc::store_unavailable);
            unknown.push_back(std::move(j));
        }
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
