#include "load/slow_crowd.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <deque>

namespace wxgate::bench {

using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds beat{5};
constexpr std::size_t most_a_beat = 100; // of each errand: the load's own work waits meanwhile
constexpr int small_buffer = 4096;       // of what does not read: the server's own are what fills
constexpr std::size_t sip = 64;          // bytes that are read of a reply, a second
/// Less than the server reads at a time, so that it knows of nothing more to come, and so many bytes of
/// replies that no buffers hold them.
constexpr int lists = 16;

double seconds_of(load_clock::duration d) {
    return std::chrono::duration<double>(d).count();
}

// What each kind says at first.
std::string greeting(slowness s, crowd_options const& o) {
    auto const fields = "Host: " + o.to.text() + "\r\nAuthorization: " + o.authorization + "\r\n";
    switch (s) {
    case slowness::header:
        return "GET /v1/payments HTTP/1.1\r\n" + fields + "X-Slow: ";
    case slowness::body:
        return "POST /v1/payments HTTP/1.1\r\n" + fields +
               "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"";
    case slowness::reading: {
        std::string all;
        for (int i = 0; i < lists; ++i)
            all += "GET /v1/payments?limit=10 HTTP/1.1\r\n" + fields + "\r\n";
        return all;
    }
    case slowness::silent:
        break;
    }
    return {};
}

} // namespace

char const* to_string(slowness s) noexcept {
    switch (s) {
    case slowness::header:
        return "header";
    case slowness::body:
        return "body";
    case slowness::reading:
        return "reading";
    case slowness::silent:
        return "silent";
    }
    return "";
}

class slow_crowd::impl : public std::enable_shared_from_this<impl> {
public:
    impl(asio::io_context& context, crowd_options options)
        : context_(context), options_(std::move(options)),
          to_(asio::ip::make_address(options_.to.host), options_.to.port), beats_(context) {
        for (std::size_t i = 0; i < slownesses; ++i)
            greetings_[i] = greeting(static_cast<slowness>(i), options_);
    }

    void open() {
        begun_ = load_clock::now();
        beat_later();
    }

    void close() {
        closed_ = true;
        beats_.cancel();
        for (auto& m : members_)
            if (!m.gone)
                gone(m, load_clock::now());
    }

    bool complete() const noexcept { return members_.size() == in_all() && opening_ == 0; }

    bool over() const noexcept { return closed_ || (complete() && alive_ == 0); }

    std::size_t alive_ = 0;
    std::size_t most_alive_ = 0;
    std::array<counts, slownesses> counts_;

private:
    struct member {
        member(asio::io_context& context, slowness k) : socket(context), kind(k) {}

        tcp::socket socket;
        slowness kind;
        load_clock::time_point began = load_clock::now(); // the server's clock runs later
        bool connected = false;
        bool gone = false;
        bool answered = false;
    };

    std::size_t in_all() const noexcept { return options_.each * slownesses; }

    counts& mine(member const& m) noexcept { return counts_[static_cast<std::size_t>(m.kind)]; }

    // ---- the beat

    void beat_later() {
        beats_.expires_after(beat);
        beats_.async_wait([self = shared_from_this()](error_code ec) {
            if (!ec && !self->over())
                self->on_beat();
        });
    }

    void on_beat() {
        auto const now = load_clock::now();
        open_some(now);
        feed_some(now);
        cut_late(now);
        beat_later();
    }

    // How many of something that comes so often a second are due, and a beat may do.
    std::size_t due(double a_second, std::size_t done, load_clock::time_point now) const {
        auto const wanted = static_cast<std::size_t>(a_second * seconds_of(now - begun_));
        return std::min(wanted - std::min(wanted, done), most_a_beat);
    }

    void open_some(load_clock::time_point now) {
        auto const left = in_all() - members_.size();
        for (auto n = std::min(due(options_.a_second, members_.size(), now), left); n > 0; --n)
            connect(members_.emplace_back(context_, static_cast<slowness>(members_.size() % slownesses)));
    }

    // Each once a second, one after the other: not all at once.
    void feed_some(load_clock::time_point now) {
        for (auto n = due(static_cast<double>(in_all()), fed_, now); n > 0; --n) {
            auto const place = fed_++ % in_all();
            if (place < members_.size() && members_[place].connected && !members_[place].gone)
                feed(members_[place]);
        }
    }

    // They are in the order of their deadlines.
    void cut_late(load_clock::time_point now) {
        auto const bound = options_.deadline + options_.patience;
        for (; first_ < members_.size() && members_[first_].began + bound < now; ++first_)
            if (!members_[first_].gone)
                gone(members_[first_], now);
    }

    // ---- one of them

    void connect(member& m) {
        ++opening_;
        error_code ignored;
        m.socket.open(to_.protocol(), ignored);
        if (m.kind == slowness::reading)
            m.socket.set_option(asio::socket_base::receive_buffer_size(small_buffer), ignored);
        m.socket.async_connect(to_, [self = shared_from_this(), &m](error_code ec) {
            --self->opening_;
            self->connected(m, ec);
        });
    }

    void connected(member& m, error_code ec) {
        if (m.gone) // cut meanwhile
            return;
        if (!ec)
            m.socket.non_blocking(true, ec);
        if (!ec)
            m.socket.set_option(tcp::no_delay(true), ec);
        if (ec) {
            gone(m, load_clock::now());
            return;
        }
        m.connected = true;
        ++mine(m).opened;
        most_alive_ = std::max(most_alive_, ++alive_);
        m.socket.write_some(asio::buffer(greetings_[static_cast<std::size_t>(m.kind)]), ec);
        watch(m);
    }

    // Until something comes; of what does not read, until it is cut.
    void watch(member& m) {
        auto const what = m.kind == slowness::reading ? tcp::socket::wait_error : tcp::socket::wait_read;
        m.socket.async_wait(what, [self = shared_from_this(), &m](error_code) {
            if (m.gone)
                return;
            if (m.kind != slowness::reading && self->is_there(m))
                self->watch(m);
            else if (!m.gone)
                self->gone(m, load_clock::now());
        });
    }

    void feed(member& m) {
        error_code ec;
        if (m.kind == slowness::header || m.kind == slowness::body)
            m.socket.write_some(asio::buffer("a", 1), ec); // that it failed is what its wait ends by
        else if (m.kind == slowness::reading && !is_there(m))
            gone(m, load_clock::now());
    }

    // Takes a little of what has come; false when that is the end.
    bool is_there(member& m) {
        std::array<char, sip> some;
        error_code ec;
        auto const n = m.socket.read_some(asio::buffer(some), ec);
        if (n > 0 && !m.answered) {
            m.answered = true;
            ++mine(m).answered;
        }
        return !ec || ec == asio::error::would_block;
    }

    void gone(member& m, load_clock::time_point now) {
        m.gone = true;
        error_code ignored;
        m.socket.set_option(asio::socket_base::linger(true, 0), ignored); // leave nothing behind
        m.socket.close(ignored);
        if (!m.connected) {
            ++mine(m).unopened;
            return;
        }
        --alive_;
        auto const behind = now - m.began - options_.deadline;
        auto& c = mine(m);
        if (behind < load_clock::duration(0)) {
            ++c.early;
            return;
        }
        ++(behind <= options_.margin ? c.at_deadline : c.late);
        c.behind.record(behind);
    }

    asio::io_context& context_;
    crowd_options const options_;
    tcp::endpoint to_;
    std::array<std::string, slownesses> greetings_;
    asio::steady_timer beats_;
    std::deque<member> members_; // in the order they were opened
    std::size_t first_ = 0;      // of them, that may be there
    std::size_t opening_ = 0;
    std::size_t fed_ = 0;
    load_clock::time_point begun_;
    bool closed_ = false;
};

slow_crowd::slow_crowd(asio::io_context& context, crowd_options options)
    : impl_(std::make_shared<impl>(context, std::move(options))) {
}

slow_crowd::~slow_crowd() {
    impl_->close();
}

void slow_crowd::open() {
    impl_->open();
}

bool slow_crowd::complete() const noexcept {
    return impl_->complete();
}

bool slow_crowd::over() const noexcept {
    return impl_->over();
}

void slow_crowd::close() {
    impl_->close();
}

std::size_t slow_crowd::alive() const noexcept {
    return impl_->alive_;
}

std::size_t slow_crowd::most_alive() const noexcept {
    return impl_->most_alive_;
}

slow_crowd::counts const& slow_crowd::of(slowness s) const noexcept {
    return impl_->counts_[static_cast<std::size_t>(s)];
}

} // namespace wxgate::bench
