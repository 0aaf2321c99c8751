#include "base/metrics.hpp"

#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <variant>

namespace wxgate::metrics {

std::size_t this_thread_slot() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local std::size_t const slot = next.fetch_add(1, std::memory_order_relaxed) % slots;
    return slot;
}

std::uint64_t counter::value() const noexcept {
    std::uint64_t sum = 0;
    for (auto const& c : cells_)
        sum += c.n.load(std::memory_order_relaxed);
    return sum;
}

void histogram::observe(std::chrono::nanoseconds took) noexcept {
    double const seconds = std::chrono::duration<double>(took).count();
    std::size_t i = 0;
    while (i < bounds.size() && seconds > bounds[i])
        ++i;
    buckets_[i].add();
    nanoseconds_.add(static_cast<std::uint64_t>(took.count()));
}

namespace {

void append_sample(std::string& out, std::string_view name, std::string_view labels, std::string_view value) {
    out += name;
    if (!labels.empty()) {
        out += '{';
        out += labels;
        out += '}';
    }
    out += ' ';
    out += value;
    out += '\n';
}

std::string decimal(double v) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.9g", v);
    return text.data();
}

using metric = std::variant<std::unique_ptr<counter>, std::unique_ptr<gauge>, std::unique_ptr<histogram>>;

struct family {
    std::string help;
    std::map<std::string, metric, std::less<>> members;
};

class registry {
public:
    template <class T>
    T& get(std::string_view name, std::string_view help, std::string_view labels) {
        std::lock_guard const lock(mutex_);
        auto f = families_.find(name);
        if (f == families_.end())
            f = families_.emplace(name, family{std::string(help), {}}).first;
        auto m = f->second.members.find(labels);
        if (m == f->second.members.end())
            m = f->second.members.emplace(labels, std::make_unique<T>()).first;
        return *std::get<std::unique_ptr<T>>(m->second);
    }

    std::string to_text() {
        std::lock_guard const lock(mutex_);
        std::string out;
        for (auto const& [name, f] : families_) {
            constexpr std::string_view kinds[] = {"counter", "gauge", "histogram"};
            out += "# HELP " + name + ' ' + f.help + "\n# TYPE " + name + ' ';
            out += kinds[f.members.begin()->second.index()];
            out += '\n';
            for (auto const& [labels, m] : f.members)
                write(out, name, labels, m);
        }
        return out;
    }

    histogram::counts counts_of(std::string_view name, std::string_view labels_begin) {
        std::lock_guard const lock(mutex_);
        histogram::counts sum{};
        auto const f = families_.find(name);
        if (f == families_.end())
            return sum;
        for (auto const& [labels, m] : f->second.members)
            if (labels.starts_with(labels_begin))
                std::get<std::unique_ptr<histogram>>(m)->add_to(sum);
        return sum;
    }

private:
    static void write(std::string& out, std::string_view name, std::string_view labels, metric const& m) {
        if (auto const* c = std::get_if<std::unique_ptr<counter>>(&m))
            append_sample(out, name, labels, std::to_string((*c)->value()));
        else if (auto const* g = std::get_if<std::unique_ptr<gauge>>(&m))
            append_sample(out, name, labels, std::to_string((*g)->value()));
        else
            std::get<std::unique_ptr<histogram>>(m)->write_to(out, name, labels);
    }

    std::mutex mutex_;
    std::map<std::string, family, std::less<>> families_;
};

registry& all() {
    static auto& instance = *new registry; // never destroyed: threads may count until the very end
    return instance;
}

} // namespace

void histogram::write_to(std::string& out, std::string_view name, std::string_view labels) const {
    std::string const n(name);
    std::string const prefix = labels.empty() ? "" : std::string(labels) + ',';
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
        sum += buckets_[i].value();
        std::string const bound = i < bounds.size() ? decimal(bounds[i]) : "+Inf";
        append_sample(out, n + "_bucket", prefix + "le=\"" + bound + '"', std::to_string(sum));
    }
    append_sample(out, n + "_sum", labels, decimal(static_cast<double>(nanoseconds_.value()) / 1e9));
    append_sample(out, n + "_count", labels, std::to_string(sum));
}

void histogram::add_to(counts& sum) const noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i)
        sum[i] += buckets_[i].value();
}

histogram::counts counts_of(std::string_view name, std::string_view labels_begin) {
    return all().counts_of(name, labels_begin);
}

counter& get_counter(std::string_view name, std::string_view help, std::string_view labels) {
    return all().get<counter>(name, help, labels);
}

gauge& get_gauge(std::string_view name, std::string_view help, std::string_view labels) {
    return all().get<gauge>(name, help, labels);
}

histogram& get_histogram(std::string_view name, std::string_view help, std::string_view labels) {
    return all().get<histogram>(name, help, labels);
}

std::string to_text() {
    return all().to_text();
}

} // namespace wxgate::metrics
