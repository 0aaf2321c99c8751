// Connections that are slow in every way there is: how long each is borne, and what it is told.
#pragma once

#include "load/http_driver.hpp"
#include "report/histogram.hpp"

#include <memory>
#include <string>

namespace wxgate::bench {

enum class slowness {
    header,  // a byte of a field a second
    body,    // a byte of it a second
    reading, // asks for lists, of which it takes a few bytes a second
    silent   // never says a thing
};
inline constexpr std::size_t slownesses = 4;

char const* to_string(slowness s) noexcept;

struct crowd_options {
    host_port to;
    std::string authorization;          // as the header wants it
    std::size_t each = 2000;            // connections of each kind
    double a_second = 4000;             // that are opened, all kinds in turns
    std::chrono::milliseconds deadline; // the server's, the same for every kind
    std::chrono::milliseconds margin;   // what is gone so much later counts as gone at its deadline
    std::chrono::milliseconds patience; // what is there so long after its deadline is cut here
};

/// One timer for all, a wait and no buffer for each: it costs the load beside it next to nothing. All on the
/// context's thread.
class slow_crowd {
public:
    slow_crowd(asio::io_context& context, crowd_options options);
    ~slow_crowd();
    slow_crowd(slow_crowd const&) = delete;
    slow_crowd& operator=(slow_crowd const&) = delete;

    /// Begins to open them.
    void open();

    /// All have been opened, as far as they could.
    bool complete() const noexcept;

    /// … and none is there any more.
    bool over() const noexcept;

    /// Cuts those that are there.
    void close();

    std::size_t alive() const noexcept;
    std::size_t most_alive() const noexcept; // at a time

    struct counts {
        std::size_t opened = 0;
        std::size_t unopened = 0;    // no connection came about
        std::size_t early = 0;       // gone before the deadline
        std::size_t at_deadline = 0; // … or not more than the margin behind it
        std::size_t late = 0;        // … or later, or never
        std::size_t answered = 0;    // were told something, which only those that read are to be
        histogram behind;            // the deadline, of those that were not early
    };

    counts const& of(slowness s) const noexcept;

private:
    class impl;
    std::shared_ptr<impl> impl_;
};

} // namespace wxgate::bench
