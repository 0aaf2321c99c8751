#include "async/notice_board.hpp"

#include <boost/asio/post.hpp>

#include <vector>

namespace wxgate {

awaitable<bool> notice_board::seat::wait(std::chrono::steady_clock::time_point until) {
    if (!told_) {
        timer_.expires_at(until);
        co_await timer_.async_wait(use_tuple);
    }
    co_return told_;
}

std::shared_ptr<notice_board::seat>
notice_board::take_seat(std::string const& name, asio::any_io_executor const& e) {
    std::shared_ptr<seat> taken(new seat(e), [this, name](seat* s) {
        delete s;
        leave(name);
    });
    std::lock_guard const lock(mutex_);
    seats_[name].push_back(taken);
    return taken;
}

void notice_board::leave(std::string const& name) {
    std::lock_guard const lock(mutex_);
    auto const found = seats_.find(name);
    if (found == seats_.end())
        return;
    std::erase_if(found->second, [](auto const& s) { return s.expired(); });
    if (found->second.empty())
        seats_.erase(found);
}

std::size_t notice_board::size() const {
    std::lock_guard const lock(mutex_);
    return seats_.size();
}

void notice_board::tell(std::string const& name) {
    std::vector<std::weak_ptr<seat>> waiting;
    {
        std::lock_guard const lock(mutex_);
        auto const found = seats_.find(name);
        if (found == seats_.end())
            return;
        waiting = std::move(found->second);
        seats_.erase(found);
    }
    for (auto const& weak : waiting)
        if (auto const s = weak.lock())
            asio::post(s->timer_.get_executor(), [s] {
                s->told_ = true;
                s->timer_.cancel();
            });
}

} // namespace wxgate
