#include "gateway/due_work.hpp"

#include "base/failpoint.hpp"
#include "base/log.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <random>

namespace wxgate::gateway {

using clock = std::chrono::steady_clock;
using std::chrono::seconds;

namespace {

constexpr auto after_trouble = seconds(1);

// One look, until here; the loop is told, as it may wait for room.
struct place {
    place(std::size_t& n, metrics::gauge& g, notice_board& b, std::string const& name)
        : count(n), looks(g), board(b), notice(name) {}

    ~place() {
        --count;
        looks.add(-1);
        board.tell(notice);
    }

    place(place const&) = delete;
    place& operator=(place const&) = delete;

    std::size_t& count;
    metrics::gauge& looks;
    notice_board& board;
    std::string const& notice;
};

std::string_view loop_name(std::string_view name) {
    constexpr std::string_view prefix = "loop.";
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

} // namespace

due_work::due_work(asio::any_io_executor e, shared_state& shared, options const& o)
    : shared_(shared), executor_(std::move(e)), options_(o), notice_(o.notice),
      looks_(metrics::get_gauge(
          "wxgate_loop_looks",
          "Looks that a background loop has under way.",
          metrics::label("loop", loop_name(o.name))
      )) {
}

void due_work::start() {
    asio::co_spawn(executor_, run(), report(options_.name));
}

void due_work::stop() {
    stopped_ = true;
    shared_.board.tell(notice_);
}

awaitable<void> due_work::ended(clock::time_point until) {
    while (under_way_ + beside_ != 0 && clock::now() < until)
        co_await pause(std::chrono::milliseconds(20));
}

awaitable<void> due_work::pause(clock::duration d) {
    asio::steady_timer timer(executor_, d);
    co_await timer.async_wait(use_tuple);
}

void due_work::begin_look(awaitable<void> look) {
    if (stopped_)
        return;   // the lease is given back at the next start
    ++under_way_; // here, as a coroutine begins to run later only
    looks_.add(1);
    asio::co_spawn(executor_, counted(std::move(look)), report(options_.name));
}

awaitable<void> due_work::counted(awaitable<void> look) {
    place const held(under_way_, looks_, shared_.board, notice_);
    co_await std::move(look);
}

void due_work::begin_beside(awaitable<void> look) {
    if (stopped_)
        return;
    ++beside_;
    asio::co_spawn(executor_, counted_beside(std::move(look)), report(options_.name));
}

awaitable<void> due_work::counted_beside(awaitable<void> look) {
    struct one {
        explicit one(std::size_t& n) : count(n) {}

        ~one() { --count; }

        one(one const&) = delete;
        one& operator=(one const&) = delete;

        std::size_t& count;
    };

    one const held(beside_);
    co_await std::move(look);
}

// Whatever happens in a round, the next one comes.
awaitable<void> due_work::run() {
    while (!stopped_) {
        bool failed = false;
        try {
            co_await round();
        } catch (...) {
            report_failure(options_.name, std::current_exception());
            failed = true;
        }
        if (failed)
            co_await pause(after_trouble);
    }
}

awaitable<void> due_work::round() {
    WXGATE_FAILPOINT(options_.name);
    if (!prepared_)
        prepared_ = co_await prepare();
    if (!prepared_) {
        co_await pause(after_trouble);
        co_return;
    }
    auto const seat =
        shared_.board.take_seat(notice_, executor_); // first, so that nothing told from here on is missed
    if (stopped_)                                    // told before there was a seat
        co_return;
    if (under_way_ >= options_.most) {
        co_await seat->wait(clock::now() + options_.longest_sleep); // who ends tells
        co_return;
    }
    if (!co_await take(options_.most - under_way_)) {
        co_await pause(after_trouble);
        co_return;
    }
    if (under_way_ >= options_.most)
        co_return; // there may be more, when there is room again
    auto const next = co_await next_due();
    clock::duration sleep = options_.longest_sleep;
    if (next && *next)
        sleep = std::min<clock::duration>(
            sleep, std::chrono::milliseconds(std::max<unix_ms>(1, **next - now_ms()))
        );
    co_await seat->wait(clock::now() + sleep);
}

clock::duration even_pace::take(clock::time_point now) {
    auto const turn = std::max(next_, now);
    next_ = turn + gap_;
    return turn - now;
}

double random_spread() {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::uniform_real_distribution<double>(0, 1)(random);
}

} // namespace wxgate::gateway
