// What every coroutine of the program needs. Read ENGINEERING's rule before writing one: in a statement that
// holds `co_await`, no braces that build an aggregate or a list, no lambda that captures by value, no `?:`
// making a class object, no `throw`; name the object on the line before. g++ 12 miscompiles the rest,
// silently.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <string_view>

namespace wxgate {

namespace asio = boost::asio;
using asio::awaitable;

/// `auto [ec, n] = co_await op(…, use_tuple);` — then test `if (ec)` first. (Not use_awaitable: it would make
/// a coroutine of every operation.)
inline constexpr auto use_tuple = asio::as_tuple(asio::deferred);

/// Says that a coroutine ended with an exception: logged as an error and counted under `name`. Never throws.
void report_failure(char const* name, std::exception_ptr const& failure) noexcept;

/// The completion token of a coroutine that nobody awaits: `co_spawn(ex, f(), report("session"))`. An
/// exception is logged and counted, never lost. `name` is a literal.
struct report {
    explicit constexpr report(char const* name) noexcept : name_(name) {}

    void operator()(std::exception_ptr const& failure) const noexcept {
        if (failure)
            report_failure(name_, failure);
    }

private:
    char const* name_;
};

/// Runs `context` until it is out of work. An exception that a handler throws leaves run() (Beast's parser,
/// bad_alloc): it is logged and counted, and the loop goes on.
void run_guarded(asio::io_context& context, char const* name);

} // namespace wxgate
