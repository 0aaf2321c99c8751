// Sends what is approved and asks about what is under way.
#pragma once

#include "async/semaphore.hpp"
#include "gateway/due_work.hpp"
#include "gateway/refunds/refund_work.hpp"

#include <functional>

namespace wxgate::gateway {

using current_configuration = std::function<std::shared_ptr<configuration const>()>;

/// Runs on one worker of the process, so that the limits of WeChat are kept by counting here.
class refund_sender final : public due_work {
public:
    refund_sender(
        asio::any_io_executor e, shared_state& shared, client& wechat, current_configuration config
    );

    /// The certificates may be others now: what waits for one is tried at once.
    void reload();

private:
    // One of the calls that WeChat may yet refuse, until here, however it ends.
    struct place {
        explicit place(refund_sender& s) : sender(s) {}

        ~place();
        place(place const&) = delete;
        place& operator=(place const&) = delete;

        refund_sender& sender;
        bool taken = false;
        bool refused = false;
    };

    awaitable<bool> prepare() override;
    awaitable<bool> take(std::size_t room) override;
    awaitable<result<std::optional<unix_ms>>> next_due() override;
    awaitable<void> retry_held();
    awaitable<void> look_after(ledger::refund r, std::string owner);
    awaitable<result<std::optional<refund_work::looked>>>
    send(merchant const& m, ledger::refund r, std::string owner);

    refund_work work_;
    ledger::refunds refunds_;
    current_configuration config_;
    semaphore
        may_be_refused_; // calls whose end may still be a refusal: never more than WeChat takes a second
    even_pace calls_;
};

} // namespace wxgate::gateway
