// Being cancelled by the caller (Asio's per-operation cancellation) without exceptions.
//
// An operation that is cancelled ends with operation_aborted; what began after the signal hears nothing of
// it, so whoever loops asks first. Asio besides throws from the next co_await of a cancelled coroutine,
// unless told not to.
#pragma once

#include "async/task.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <utility>

namespace wxgate {

/// `auto const state = co_await asio::this_coro::cancellation_state;`, then this.
inline bool is_cancelled(asio::cancellation_state const& state) noexcept {
    return state.cancelled() != asio::cancellation_type::none;
}

/// Awaits `work` without letting a cancellation throw out of it: `work` must end by itself then, with a
/// value.
template <class T>
awaitable<T> to_its_end(awaitable<T> work) {
    bool const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    T result = co_await std::move(work);
    co_await asio::this_coro::throw_if_cancelled(throws);
    co_return result;
}

} // namespace wxgate
