#include "gateway/upstream_meter.hpp"

#include "base/metrics.hpp"
#include "base/time.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace wxgate::gateway {

namespace {

constexpr std::string_view calls[] = {
    "unifiedorder", "orderquery", "closeorder", "refund", "refundquery", "downloadbill", "jscode2session"};
constexpr std::string_view results[] = {"accepted", "refused", "unknown"};

metrics::counter& counter_of(std::string_view call, std::string_view result) {
    return metrics::get_counter(
        "wxgate_upstream_calls_total",
        "Calls to WeChat by how they ended.",
        metrics::label("call", call) + ',' + metrics::label("result", result)
    );
}

metrics::histogram& histogram_of(std::string_view call) {
    return metrics::get_histogram(
        "wxgate_upstream_call_seconds", "Time of calls to WeChat.", metrics::label("call", call)
    );
}

// Of one call: found by its name among the few that there are.
struct call_meter {
    explicit call_meter(std::string_view n) : name(n), took(histogram_of(n)) {
        for (std::size_t i = 0; i < std::size(results); ++i)
            ended[i] = &counter_of(n, results[i]);
    }

    std::string_view name;
    metrics::histogram& took;
    metrics::counter* ended[std::size(results)];
};

class upstream_meter {
public:
    upstream_meter() {
        for (auto const name : calls)
            known_.emplace_back(name);
    }

    void observe(std::string_view call, std::string_view result, std::chrono::nanoseconds took) const {
        for (auto const& known : known_) {
            if (known.name != call)
                continue;
            known.took.observe(took);
            for (std::size_t i = 0; i < std::size(results); ++i)
                if (results[i] == result)
                    known.ended[i]->add();
            return;
        }
        histogram_of(call).observe(took);
        counter_of(call, result).add();
    }

    // Its Date is cut to the second and has been on its way: within a second or so of ours nothing is wrong.
    void observe_date(std::chrono::milliseconds theirs) const {
        offset_.set((theirs.count() + 500 - now_ms()) / 1000);
    }

private:
    std::vector<call_meter> known_;
    metrics::gauge& offset_ = metrics::get_gauge(
        "wxgate_upstream_clock_offset_seconds", "How far WeChat's clock is ahead of ours, by its last answer."
    );
};

} // namespace

client_options with_meters(client_options options) {
    auto const meter = std::make_shared<upstream_meter const>();
    options.observe = [meter](std::string_view call, std::string_view result, std::chrono::nanoseconds took) {
        meter->observe(call, result, took);
    };
    options.observe_date = [meter](std::chrono::milliseconds theirs) { meter->observe_date(theirs); };
    return options;
}

} // namespace wxgate::gateway
