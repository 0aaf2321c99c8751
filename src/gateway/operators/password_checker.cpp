#include "gateway/operators/password_checker.hpp"

#include "base/password.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace wxgate::gateway {

struct password_checker::pending {
    pending(
        asio::any_io_executor const& e,
        std::string a,
        std::string b,
        std::chrono::steady_clock::time_point until
    )
        : done(e, until), password(std::move(a)), stored(std::move(b)) {}

    asio::steady_timer done; // this and `right` are touched on the caller's thread only
    std::optional<bool> right;
    std::atomic<bool> given_up{false};
    std::string const password;
    std::string const stored;
};

password_checker::password_checker(login_limits const& limits)
    : room_(limits.max_hashes + limits.max_waiting),
      hashing_(metrics::get_gauge("wxgate_passwords_hashing", "Passwords that are being hashed.")),
      waiting_(metrics::get_gauge("wxgate_passwords_waiting", "Passwords that wait to be hashed.")),
      threads_(limits.max_hashes) {
}

awaitable<std::optional<bool>> password_checker::check(
    std::string password, std::string stored, std::chrono::steady_clock::time_point until
) {
    if (stopped_)
        co_return std::nullopt;
    if (inside_.fetch_add(1) >= room_) {
        --inside_;
        co_return std::nullopt;
    }
    waiting_.add(1);
    auto const executor = co_await asio::this_coro::executor;
    auto const mine = std::make_shared<pending>(executor, std::move(password), std::move(stored), until);
    asio::post(threads_, [this, mine] { work(mine); });
    co_await mine->done.async_wait(use_tuple);
    mine->given_up = true;
    co_return mine->right;
}

void password_checker::work(std::shared_ptr<pending> const& p) {
    waiting_.add(-1);
    std::optional<bool> right;
    if (!stopped_ && !p->given_up) {
        hashing_.add(1);
        right = verify_password(p->password, p->stored);
        hashing_.add(-1);
    }
    --inside_;
    asio::post(p->done.get_executor(), [p, right] {
        p->right = right;
        p->done.cancel();
    });
}

} // namespace wxgate::gateway
