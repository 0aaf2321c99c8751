// Counters, gauges and histograms in Prometheus' text format.
//
// A metric is made once, at start, and lives as long as the process; adding to it takes no lock. Each thread
// adds to a slot of its own, and reading sums the slots.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::metrics {

/// Where a thread adds: threads are spread over this many cache lines.
inline constexpr std::size_t slots = 16;

std::size_t this_thread_slot() noexcept;

class counter {
public:
    void add(std::uint64_t n = 1) noexcept {
        cells_[this_thread_slot()].n.fetch_add(n, std::memory_order_relaxed);
    }

    std::uint64_t value() const noexcept;

private:
    struct alignas(64) cell {
        std::atomic<std::uint64_t> n{0};
    };

    std::array<cell, slots> cells_;
};

class gauge {
public:
    void add(std::int64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }

    void set(std::int64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }

    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

/// One owner's part of a gauge in which several add up; taken back when the owner ends. One thread.
class share {
public:
    explicit share(gauge& of) noexcept : of_(of) {}

    ~share() { set(0); }

    share(share const&) = delete;
    share& operator=(share const&) = delete;

    void set(std::int64_t n) noexcept {
        if (n != mine_)
            of_.add(n - mine_);
        mine_ = n;
    }

private:
    gauge& of_;
    std::int64_t mine_ = 0;
};

/// Seconds in fixed buckets from 100 µs to 30 s.
class histogram {
public:
    static constexpr std::array<double, 17> bounds = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

    void observe(std::chrono::nanoseconds took) noexcept;

    void write_to(std::string& out, std::string_view name, std::string_view labels) const;

    /// How many fell into each bucket; the last has no bound.
    using counts = std::array<std::uint64_t, bounds.size() + 1>;

    void add_to(counts& sum) const noexcept;

private:
    std::array<counter, bounds.size() + 1> buckets_;
    counter nanoseconds_;
};

/// How many things there were at a time, in buckets of powers of two.
class size_histogram {
public:
    static constexpr std::array<std::uint64_t, 9> bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256};

    void observe(std::uint64_t n) noexcept;

    void write_to(std::string& out, std::string_view name, std::string_view labels) const;

private:
    std::array<counter, bounds.size() + 1> buckets_;
    counter sum_;
};

/// `name="value"`, escaped; several are joined with commas.
std::string label(std::string_view name, std::string_view value);

/// The metric of this name and these labels (`route="/v1/payments",status="200"`, or ""), made on the first
/// call. `name`, `help` and the kind must always go together. The reference lives as long as the process.
/// Takes a lock: keep the reference where it is used often.
counter& get_counter(std::string_view name, std::string_view help, std::string_view labels = {});
gauge& get_gauge(std::string_view name, std::string_view help, std::string_view labels = {});
histogram& get_histogram(std::string_view name, std::string_view help, std::string_view labels = {});
size_histogram&
get_size_histogram(std::string_view name, std::string_view help, std::string_view labels = {});

/// Counters of one name that differ in the value of one label. They are all made at once, so that each is
/// there before anything was counted, and are found without a lock.
class counter_set {
public:
    /// The texts are literals.
    counter_set(
        std::string_view name,
        std::string_view help,
        std::string_view label_name,
        std::initializer_list<std::string_view> values
    );

    /// The counter of this value; of one that was not foreseen it is looked up, under a lock.
    counter& operator[](std::string_view value) const;

private:
    std::string_view name_;
    std::string_view help_;
    std::string_view label_name_;
    std::vector<std::pair<std::string_view, counter*>> known_;
};

/// The buckets of all histograms of this name whose labels begin so, added up; nothing but zeros when there
/// is none.
histogram::counts counts_of(std::string_view name, std::string_view labels_begin);

/// All of it and what there is to say of the process (process_metrics.hpp), in Prometheus' text exposition
/// format 0.0.4.
std::string to_text();

} // namespace wxgate::metrics
