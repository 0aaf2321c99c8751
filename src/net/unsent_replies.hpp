// The replies that their readers have not taken yet, of all connections of a listener. They are bounded in
// all, at the cost of those who do not read and of nobody else.
#pragma once

#include "base/metrics.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>

#include <cstddef>

namespace wxgate::net {

/// Belongs to one thread.
class unsent_replies {
public:
    explicit unsent_replies(std::size_t max_bytes);
    unsent_replies(unsent_replies const&) = delete;
    unsent_replies& operator=(unsent_replies const&) = delete;

    /// One that is being sent, while this lives. Where it is one too many, the connections that are longest
    /// at theirs are dropped; what they wait for then fails.
    class reply : public boost::intrusive::list_base_hook<> {
    public:
        /// `all` and `to` must outlive it.
        reply(unsent_replies& all, boost::asio::ip::tcp::socket& to, std::size_t bytes);
        ~reply();
        reply(reply const&) = delete;
        reply& operator=(reply const&) = delete;

    private:
        friend unsent_replies;

        unsent_replies& all_;
        boost::asio::ip::tcp::socket& to_;
        std::size_t const bytes_;
    };

    std::size_t bytes() const noexcept { return bytes_; }

private:
    void leave(reply& r) noexcept;
    void make_room_for(reply const& newest) noexcept;

    std::size_t const max_bytes_;
    std::size_t bytes_ = 0;
    boost::intrusive::list<reply> line_; // in the order in which they began
    metrics::counter& dropped_;
};

} // namespace wxgate::net
