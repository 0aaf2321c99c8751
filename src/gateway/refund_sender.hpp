// Sends what is approved and asks about what is under way. All of it is data in the store: what is due, who
// has it, what was begun. A refund that this process dies over is found by the next one.
#pragma once

#include "async/semaphore.hpp"
#include "gateway/refund_work.hpp"

#include <functional>

namespace wxgate::gateway {

/// Runs on one worker of the process, so that the limits of WeChat are kept by counting here.
class refund_sender {
public:
    using current_configuration = std::function<std::shared_ptr<configuration const>()>;

    refund_sender(
        asio::any_io_executor e, shared_state& shared, client& wechat, current_configuration config
    );

    /// Starts the loop. `this` must live until ended() has completed.
    void start();

    /// The certificates may be others now: what waits for one is tried at once.
    void reload();

    /// Takes nothing more; what is under way goes on to its end.
    void stop();

    /// Completes when nothing is under way any more, or `until` has passed.
    awaitable<void> ended(steady_point until);

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

    awaitable<void> run();
    awaitable<void> retry_held();
    awaitable<void> round();
    awaitable<void> look_after(ledger::refund r, std::string owner);
    awaitable<result<std::optional<refund_work::looked>>>
    send(merchant const& m, ledger::refund r, std::string owner);
    awaitable<void> pause(std::chrono::steady_clock::duration d);
    asio::any_io_executor executor_;
    shared_state& shared_;
    refund_work work_;
    ledger::refunds refunds_;
    current_configuration config_;
    semaphore
        may_be_refused_; // calls whose end may still be a refusal: never more than WeChat takes a second
    steady_point next_call_;
    std::size_t under_way_ = 0;
    bool stopped_ = false;
};

} // namespace wxgate::gateway
