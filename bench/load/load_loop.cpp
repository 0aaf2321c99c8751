#include "load/cpu.hpp"
#include "load/interrupt.hpp"
#include "load/load.hpp"

#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <cstdio>
#include <thread>
#include <unordered_map>

namespace wxgate::bench {

using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds tick{100};
constexpr std::chrono::milliseconds pause_after_failure{
    10};                   // of a customer: else a dead server is a busy loop
constexpr int burst = 256; // arrivals that are begun before anything is read again

double seconds_of(load_clock::duration d) {
    return std::chrono::duration<double>(d).count();
}

} // namespace

class load_loop::impl : public std::enable_shared_from_this<impl> {
public:
    impl(asio::io_context& context, load_options options)
        : usual_(options), context_(context), phases_(context), due_(context), ticks_(context),
          schedule_(1, false) {}

    load_result run(workload& what, std::string const& name, load_options const& options) {
        prepare(what, name, options);
        context_.restart();
        later(phases_, window_begin_, &impl::begin_window);
        later(ticks_, begun_ + tick, &impl::look);
        if (options_.rate > 0)
            arrive_at(begun_ + schedule_.next());
        else
            for (std::size_t i = 0; i < options_.connections; ++i)
                begin_one(load_clock::now(), false);
        context_.run();
        phases_.cancel();
        due_.cancel();
        ticks_.cancel();
        what_ = nullptr;
        return std::move(result_);
    }

    bool end(std::uint64_t number, ending how, load_clock::time_point at) {
        auto const found = units_.find(number);
        if (found == units_.end())
            return false;
        auto const u = found->second;
        units_.erase(found);
        count(u, how, at);
        if (phase_ == phase::after)
            stop_if_over();
        else if (options_.rate == 0)
            next_of_customer(how);
        return true;
    }

    unit* find(std::uint64_t number) noexcept {
        auto const found = units_.find(number);
        return found == units_.end() ? nullptr : &found->second;
    }

    bool measuring() const noexcept { return phase_ == phase::inside; }

    bool counts(unit const& u) const noexcept { return options_.rate > 0 ? u.counts : measuring(); }

    std::function<void()> at_begin_;
    std::function<void()> at_end_;
    load_options usual_;

private:
    enum class phase { before, inside, after };

    void prepare(workload& what, std::string const& name, load_options const& options) {
        what_ = &what;
        ++runs_;
        name_ = name;
        options_ = options;
        result_ = {};
        result_.throughput.unit = result_.errors.unit = "1/s";
        result_.p99.unit = "ms";
        units_.clear();
        of_second_.clear();
        phase_ = phase::before;
        arriving_ = options_.rate > 0;
        if (options_.rate > 0)
            schedule_ = arrivals(options_.rate, options_.poisson, runs_);
        begun_ = load_clock::now();
        shown_ = begun_;
        done_of_second_ = errors_of_second_ = 0;
        window_begin_ = begun_ + options_.warmup;
        window_end_ = window_begin_ + options_.measured;
    }

    // ---- the window

    // What is measured over the window stands inside what it calls here, so that the calls' own time does
    // not.
    void begin_window() {
        if (at_begin_)
            at_begin_();
        cpu_ = thread_cpu();
        window_begin_ = series_from_ = load_clock::now();
        window_end_ = window_begin_ + options_.measured;
        done_of_point_ = errors_of_point_ = 0;
        of_point_.clear();
        phase_ = phase::inside;
        later(phases_, window_end_, &impl::end_window);
    }

    void end_window() {
        auto const now = load_clock::now();
        result_.seconds = seconds_of(now - window_begin_);
        result_.generator_cpu = thread_cpu() - cpu_;
        result_.generator_busy = seconds_of(result_.generator_cpu) / result_.seconds;
        if (now - series_from_ > std::chrono::milliseconds(500)) // a shorter rest says nothing
            add_point(now);
        phase_ = phase::after;
        if (at_end_)
            at_end_();
        if (next_arrival_ >= window_end_) // else those that are late are still begun
            arriving_ = false;
        stop_if_over();
    }

    void stop_if_over() {
        if (units_.empty() && !arriving_)
            context_.stop();
    }

    void interrupt() {
        result_.interrupted = true;
        phases_.cancel();
        if (phase_ == phase::inside)
            end_window();
        phase_ = phase::after;
        units_.clear();
        context_.stop();
    }

    // ---- units

    void begin_one(load_clock::time_point intended, bool counts) {
        unit u;
        u.number = next_number_++;
        u.intended = intended;
        u.counts = counts;
        what_->begin(units_.emplace(u.number, u).first->second);
    }

    void next_of_customer(ending how) {
        if (how != ending::failed) {
            begin_one(load_clock::now(), false);
            return;
        }
        auto const wait = std::make_shared<asio::steady_timer>(context_, pause_after_failure);
        wait->async_wait([self = shared_from_this(), wait, run = runs_](error_code) {
            if (self->is_now(run) && self->phase_ != phase::after)
                self->begin_one(load_clock::now(), false);
        });
    }

    void arrive_at(load_clock::time_point when) {
        next_arrival_ = when;
        later(due_, when, &impl::arrive);
    }

    void arrive() {
        auto const now = load_clock::now();
        auto when = next_arrival_;
        for (int i = 0; i < burst && when <= now; ++i) {
            if (when >= window_end_) {
                arriving_ = false;
                if (phase_ == phase::after)
                    stop_if_over();
                return;
            }
            arrived(when);
            when = begun_ + schedule_.next();
        }
        arrive_at(when);
    }

    void arrived(load_clock::time_point when) {
        bool const inside = phase_ != phase::before && when >= window_begin_;
        if (inside)
            ++result_.offered;
        if (units_.size() < options_.max_outstanding) {
            begin_one(when, inside);
            return;
        }
        unit never;
        never.intended = when;
        never.counts = inside;
        count(never, ending::shed, when + options_.timeout);
    }

    void count(unit const& u, ending how, load_clock::time_point at) {
        auto const took = at - u.intended;
        of_second_.record(took);
        of_point_.record(took);
        (how == ending::done ? done_of_second_ : errors_of_second_) += 1;
        (how == ending::done ? done_of_point_ : errors_of_point_) += 1;
        if (how == ending::done && measuring())
            ++result_.completed;
        if (!counts(u))
            return;
        ++result_.ended[static_cast<std::size_t>(how)];
        result_.latency.record(took);
    }

    // ---- time

    // What a timer of a run before this one left in the queue does nothing.
    bool is_now(std::uint64_t run) const noexcept { return what_ != nullptr && run == runs_; }

    void later(asio::steady_timer& timer, load_clock::time_point when, void (impl::*what)()) {
        timer.expires_at(when);
        timer.async_wait([self = shared_from_this(), run = runs_, what](error_code ec) {
            if (!ec && self->is_now(run))
                ((*self).*what)();
        });
    }

    void look() {
        auto const now = load_clock::now();
        if (interrupt_came()) {
            interrupt();
            return;
        }
        end_late(now);
        if (phase_ == phase::inside && now - series_from_ >= std::chrono::seconds(1))
            add_point(now);
        if (now - shown_ >= std::chrono::seconds(1))
            show_progress(now);
        later(ticks_, now + tick, &impl::look);
    }

    void end_late(load_clock::time_point now) {
        late_.clear();
        for (auto const& [number, u] : units_)
            if (u.intended + options_.timeout <= now)
                late_.push_back(number);
        for (auto const number : late_)
            end(number, ending::timed_out, find(number)->intended + options_.timeout);
    }

    void add_point(load_clock::time_point now) {
        auto const length = seconds_of(now - series_from_);
        auto const at = seconds_of(now - window_begin_);
        result_.throughput.points.emplace_back(at, static_cast<double>(done_of_point_) / length);
        result_.errors.points.emplace_back(at, static_cast<double>(errors_of_point_) / length);
        if (of_point_.count() > 0)
            result_.p99.points.emplace_back(at, 1000 * seconds_of(of_point_.percentile(99)));
        series_from_ = now;
        done_of_point_ = errors_of_point_ = 0;
        of_point_.clear();
    }

    void show_progress(load_clock::time_point now) {
        static constexpr char const* words[] = {"warm-up", "", "waiting for what is under way"};
        auto const length = seconds_of(now - shown_);
        std::fprintf(
            stderr,
            "%s %3.0f s: %s/s, p50 %s, p99 %s, %llu errors, %zu under way %s\n",
            name_.c_str(),
            seconds_of(now - begun_),
            show(static_cast<double>(done_of_second_) / length).c_str(),
            show(of_second_.percentile(50)).c_str(),
            show(of_second_.percentile(99)).c_str(),
            static_cast<unsigned long long>(errors_of_second_),
            units_.size(),
            words[static_cast<std::size_t>(phase_)]
        );
        shown_ = now;
        of_second_.clear();
        done_of_second_ = errors_of_second_ = 0;
    }

    asio::io_context& context_;
    asio::steady_timer phases_;
    asio::steady_timer due_;
    asio::steady_timer ticks_;
    load_options options_;
    workload* what_ = nullptr;
    std::string name_;
    load_result result_;
    std::unordered_map<std::uint64_t, unit> units_; // under way
    std::vector<std::uint64_t> late_;
    std::uint64_t next_number_ = 0;
    std::uint64_t runs_ = 0;
    phase phase_ = phase::after;
    arrivals schedule_;
    load_clock::time_point next_arrival_;
    bool arriving_ = false; // not all of an open loop have come yet
    load_clock::time_point begun_;
    load_clock::time_point window_begin_;
    load_clock::time_point window_end_;
    std::chrono::nanoseconds cpu_{0};
    load_clock::time_point series_from_;
    std::uint64_t done_of_point_ = 0;
    std::uint64_t errors_of_point_ = 0;
    histogram of_point_;
    load_clock::time_point shown_;
    histogram of_second_;
    std::uint64_t done_of_second_ = 0;
    std::uint64_t errors_of_second_ = 0;
};

load_loop::load_loop(asio::io_context& context, load_options options)
    : impl_(std::make_shared<impl>(context, options)) {
}

load_loop::~load_loop() = default;

load_result load_loop::run(workload& what, std::string const& name) {
    return impl_->run(what, name, impl_->usual_);
}

load_result load_loop::run(workload& what, std::string const& name, load_options const& options) {
    return impl_->run(what, name, options);
}

void load_loop::at_window(std::function<void()> begin, std::function<void()> end) {
    impl_->at_begin_ = std::move(begin);
    impl_->at_end_ = std::move(end);
}

bool load_loop::measuring() const noexcept {
    return impl_->measuring();
}

unit* load_loop::find(std::uint64_t number) noexcept {
    return impl_->find(number);
}

bool load_loop::end(std::uint64_t number, ending how, load_clock::time_point at) {
    return impl_->end(number, how, at);
}

bool load_loop::counts(unit const& u) const noexcept {
    return impl_->counts(u);
}

double median(std::vector<double> values) {
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    auto const middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

bool run_until(
    asio::io_context& context, std::function<bool()> const& happened, std::chrono::milliseconds bound
) {
    auto const until = load_clock::now() + bound;
    while (!happened() && load_clock::now() < until && !interrupt_came()) {
        context.restart();
        if (context.run_one_for(std::chrono::milliseconds(10)) == 0 && context.stopped())
            std::this_thread::sleep_for(std::chrono::milliseconds(1)); // nothing to run
    }
    return happened();
}

} // namespace wxgate::bench
