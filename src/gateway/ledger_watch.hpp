// What is open in the store, as metrics: how much waits, and since when.
#pragma once

#include "gateway/due_work.hpp"

namespace wxgate::gateway {

/// Runs on one worker of the process; looks every few seconds. (Several gateways of one store tell the same.)
class ledger_watch final : public due_work {
public:
    ledger_watch(asio::any_io_executor e, shared_state& shared);

private:
    awaitable<bool> prepare() override;
    awaitable<bool> take(std::size_t room) override;
    awaitable<result<std::optional<unix_ms>>> next_due() override;
};

} // namespace wxgate::gateway
