// What the gateway and the kernel hold while connections are many, and what is left when they are gone.
#pragma once

#include "load/cpu.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace wxgate::bench {

namespace asio = boost::asio;

struct footprint {
    std::size_t resident = 0; // bytes
    std::size_t files = 0;
    tcp_memory tcp;
};

/// Now. Counting thousands of descriptors takes milliseconds.
footprint footprint_of(pid_t process);

/// Looks ten times a second, on the context's thread.
class footprint_watch {
public:
    footprint_watch(asio::io_context& context, pid_t process);

    /// Descriptors are counted once, when `is_full` says so first.
    void begin(std::function<bool()> is_full);

    /// Gives the most of each since begin().
    footprint end();

private:
    void look_later();
    void look();

    pid_t const process_;
    asio::steady_timer timer_;
    std::function<bool()> is_full_;
    footprint most_;
};

} // namespace wxgate::bench
