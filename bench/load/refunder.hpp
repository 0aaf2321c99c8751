// Refunds of orders that are paid: asked for, approved (by itself, or by an operator), and heard of.
#pragma once

#include "load/http_driver.hpp"
#include "load/receiver.hpp"
#include "load/stage.hpp"
#include "load/timeline.hpp"

#include <map>
#include <string>
#include <vector>

namespace wxgate::bench {

struct refund_plan {
    std::string tag; // of the orders, and of the refunds
    std::uint64_t count = 0;
    std::size_t customers = 64;
    bool approve = false; // by an operator
    std::chrono::milliseconds timeout{15'000};
};

/// A closed loop: each customer asks for the refund of an order, and goes on to the next one when WeChat has
/// accepted it (the gateway answers then), or, where an operator approves, when it has succeeded. One refund
/// an order. Everything on the context's thread; it outlives what it has sent.
class refunder {
public:
    /// `s` outlives it. Signs an operator in when one is needed.
    refunder(asio::io_context& context, stage const& s, refund_plan plan);

    void start();

    /// To be called for every webhook.
    void heard(webhook const& w);

    /// Nothing is under way: all have succeeded but those that failed.
    bool over() const noexcept { return succeeded_ + failed_ >= plan_.count && calls_ == 0; }

    std::uint64_t succeeded() const noexcept { return succeeded_; }

    std::uint64_t failed() const noexcept { return failed_; } // an answer that should not be, or none

    /// Of the requests: 201 accepted, 202 asked for; 0: no answer.
    std::map<unsigned, std::uint64_t> const& statuses() const noexcept { return statuses_; }

    std::string const& first_mistake() const noexcept { return first_mistake_; }

    // Latencies, from the request on.
    histogram answered; // the request
    histogram approved; // by the operator
    histogram ended;    // refund.succeeded, WeChat's own two seconds (at the sandbox) included

    timeline const& over_time() const noexcept { return over_time_; }

    /// Refunds that succeeded, a second, between the first and the last of them.
    double rate() const noexcept;

    /// What an order of this amount is refunded: all of every other one, a half of the rest.
    static std::int64_t refund_fee(std::uint64_t number) noexcept;

private:
    void ask_next();
    void asked(std::uint64_t number, http_answer const& a);
    void approve(std::uint64_t number);
    void decided(std::uint64_t number, http_answer const& a);
    void fail(char const* what, http_answer const& a);

    refund_plan const plan_;
    host_port const to_;
    header_list const api_;
    std::optional<host_port> const admin_;
    header_list operator_;
    http_driver gateway_;
    std::optional<http_driver> desk_;
    std::vector<load_clock::time_point> begun_; // by number
    std::uint64_t next_ = 0;
    std::uint64_t calls_ = 0; // under way
    std::uint64_t succeeded_ = 0;
    std::uint64_t failed_ = 0;
    std::map<unsigned, std::uint64_t> statuses_;
    std::string first_mistake_;
    load_clock::time_point first_;
    load_clock::time_point last_;
    timeline over_time_{load_clock::now()};
};

} // namespace wxgate::bench
