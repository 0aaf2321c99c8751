#include "net/unsent_replies.hpp"

#include "async/outgoing.hpp"
#include "net/refusals.hpp"

namespace wxgate::net {

unsent_replies::unsent_replies(std::size_t max_bytes)
    : max_bytes_(max_bytes), dropped_(shed_counter("unsent", "connection")) {
}

void unsent_replies::leave(reply& r) noexcept {
    bytes_ -= r.bytes_;
    line_.erase(line_.iterator_to(r));
}

void unsent_replies::make_room_for(reply const& newest) noexcept {
    while (bytes_ > max_bytes_ && &line_.front() != &newest) {
        reply& oldest = line_.front();
        leave(oldest);
        dropped_.add();
        drop(oldest.to_);
    }
}

unsent_replies::reply::reply(unsent_replies& all, boost::asio::ip::tcp::socket& to, std::size_t bytes)
    : all_(all), to_(to), bytes_(bytes) {
    all_.bytes_ += bytes_;
    all_.line_.push_back(*this);
    all_.make_room_for(*this);
}

unsent_replies::reply::~reply() {
    if (is_linked())
        all_.leave(*this);
}

} // namespace wxgate::net
