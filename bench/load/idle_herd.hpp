// Many connections that do nothing: each has asked once and been answered, and is asked again in the end.
#pragma once

#include "load/http_driver.hpp"
#include "report/histogram.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <vector>

namespace wxgate::bench {

/// Not the driver, which gives a call to whatever connection is free: here each connection has its turn. All
/// on the context's thread. To be destroyed when nothing is under way, or with the context stopped for good.
class idle_herd {
public:
    idle_herd(asio::io_context& context, host_port to, std::string request);
    ~idle_herd();
    idle_herd(idle_herd const&) = delete;
    idle_herd& operator=(idle_herd const&) = delete;

    /// Opens so many more and sends the request once on each, few at a time.
    void open(std::size_t count);

    /// Sends the request once more on each that is open, few at a time.
    void ask_all();

    bool busy() const noexcept { return under_way_ > 0; }

    struct counts {
        std::size_t opened = 0;  // connected
        std::size_t good = 0;    // answers with 2xx
        std::size_t bad = 0;     // other answers, and what is none
        std::size_t dropped = 0; // closed by the other side, or never connected
        histogram latency;       // of all answers
    };

    /// Since the last open() or ask_all().
    counts const& counted() const noexcept { return counts_; }

    std::size_t alive() const noexcept;

    /// When the first of them was answered first.
    load_clock::time_point first_answered() const noexcept { return first_answered_; }

private:
    struct member;
    struct exchange;

    void pump();
    void begin(member& m);
    void ask(member& m);
    void read(std::shared_ptr<exchange> const& x);
    void received(std::shared_ptr<exchange> const& x, std::size_t n);
    void over(member& m, bool still_there);

    asio::io_context& context_;
    asio::ip::tcp::endpoint to_;
    std::string const request_;
    std::vector<std::unique_ptr<member>> members_;
    std::size_t next_ = 0; // of members_, whose turn it is
    std::size_t under_way_ = 0;
    counts counts_;
    load_clock::time_point first_answered_ = load_clock::time_point::max();
};

} // namespace wxgate::bench
