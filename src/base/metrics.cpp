#include "base/metrics.hpp"

#include "base/process_metrics.hpp"

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

void size_histogram::observe(std::uint64_t n) noexcept {
    std::size_t i = 0;
    while (i < bounds.size() && n > bounds[i])
        ++i;
    buckets_[i].add();
    sum_.add(n);
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

// `le` is the bucket's upper bound as text.
template <class Buckets, class Bound>
void append_buckets(
    std::string& out,
    std::string const& name,
    std::string_view labels,
    Buckets const& buckets,
    Bound const& le,
    std::string const& sum
) {
    std::string const prefix = labels.empty() ? "" : std::string(labels) + ',';
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        count += buckets[i].value();
        append_sample(out, name + "_bucket", prefix + "le=\"" + le(i) + '"', std::to_string(count));
    }
    append_sample(out, name + "_sum", labels, sum);
    append_sample(out, name + "_count", labels, std::to_string(count));
}

using metric = std::variant<
    std::unique_ptr<counter>,
    std::unique_ptr<gauge>,
    std::unique_ptr<histogram>,
    std::unique_ptr<size_histogram>>;

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
            constexpr std::string_view kinds[] = {"counter", "gauge", "histogram", "histogram"};
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
        else if (auto const* h = std::get_if<std::unique_ptr<histogram>>(&m))
            (*h)->write_to(out, name, labels);
        else
            std::get<std::unique_ptr<size_histogram>>(m)->write_to(out, name, labels);
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
    auto const le = [](std::size_t i) { return i < bounds.size() ? decimal(bounds[i]) : "+Inf"; };
    auto const sum = decimal(static_cast<double>(nanoseconds_.value()) / 1e9);
    append_buckets(out, std::string(name), labels, buckets_, le, sum);
}

void size_histogram::write_to(std::string& out, std::string_view name, std::string_view labels) const {
    auto const le = [](std::size_t i) { return i < bounds.size() ? std::to_string(bounds[i]) : "+Inf"; };
    append_buckets(out, std::string(name), labels, buckets_, le, std::to_string(sum_.value()));
}

std::string label(std::string_view name, std::string_view value) {
    std::string text(name);
    text += "=\"";
    for (char const c : value) {
        if (c == '\n') {
            text += "\\n";
            continue;
        }
        if (c == '"' || c == '\\')
            text += '\\';
        text += c;
    }
    return text += '"';
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

size_histogram& get_size_histogram(std::string_view name, std::string_view help, std::string_view labels) {
    return all().get<size_histogram>(name, help, labels);
}

counter_set::counter_set(
    std::string_view name,
    std::string_view help,
    std::string_view label_name,
    std::initializer_list<std::string_view> values
)
    : name_(name), help_(help), label_name_(label_name) {
    for (auto const value : values)
        known_.emplace_back(value, &get_counter(name, help, label(label_name, value)));
}

counter& counter_set::operator[](std::string_view value) const {
    for (auto const& [known, of_it] : known_)
        if (known == value)
            return *of_it;
    return get_counter(name_, help_, label(label_name_, value));
}

std::string to_text() {
    std::string text = all().to_text();
    append_process_metrics(text);
    return text;
}

} // namespace wxgate::metrics
