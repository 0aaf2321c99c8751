#include "load/idle_herd.hpp"

#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace wxgate::bench {

using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t at_a_time = 64;

} // namespace

struct idle_herd::member {
    explicit member(asio::io_context& context) : socket(context) {}

    tcp::socket socket;
    bool connected = false;
    bool gone = false;
};

// Lives while a request is under way: an idle connection has no buffer here either.
struct idle_herd::exchange {
    explicit exchange(member& m) : of(m) {}

    member& of;
    load_clock::time_point began = load_clock::now();
    message_reader reader{message_reader::kind::response};
    std::array<char, 4096> buffer{};
};

idle_herd::idle_herd(asio::io_context& context, host_port to, std::string request)
    : context_(context), to_(asio::ip::make_address(to.host), to.port), request_(std::move(request)) {
}

idle_herd::~idle_herd() = default;

void idle_herd::open(std::size_t count) {
    next_ = members_.size();
    for (std::size_t i = 0; i < count; ++i)
        members_.push_back(std::make_unique<member>(context_));
    counts_ = {};
    pump();
}

void idle_herd::ask_all() {
    next_ = 0;
    counts_ = {};
    pump();
}

std::size_t idle_herd::alive() const noexcept {
    auto const n = std::count_if(members_.begin(), members_.end(), [](auto const& m) {
        return m->connected && !m->gone;
    });
    return static_cast<std::size_t>(n);
}

void idle_herd::pump() {
    while (under_way_ < at_a_time && next_ < members_.size()) {
        auto& m = *members_[next_++];
        if (m.gone)
            continue;
        ++under_way_;
        begin(m);
    }
}

void idle_herd::begin(member& m) {
    if (m.connected) {
        ask(m);
        return;
    }
    m.socket.async_connect(to_, [this, &m](error_code ec) {
        if (!ec)
            m.socket.set_option(tcp::no_delay(true), ec);
        if (ec) {
            over(m, false);
            return;
        }
        m.connected = true;
        ++counts_.opened;
        ask(m);
    });
}

void idle_herd::ask(member& m) {
    auto const x = std::make_shared<exchange>(m);
    asio::async_write(m.socket, asio::buffer(request_), [this, x](error_code ec, std::size_t) {
        if (ec)
            over(x->of, false);
        else
            read(x);
    });
}

void idle_herd::read(std::shared_ptr<exchange> const& x) {
    x->of.socket.async_read_some(asio::buffer(x->buffer), [this, x](error_code ec, std::size_t n) {
        if (ec)
            over(x->of, false);
        else
            received(x, n);
    });
}

void idle_herd::received(std::shared_ptr<exchange> const& x, std::size_t n) {
    auto const state = x->reader.append({x->buffer.data(), n});
    if (state == message_reader::state::incomplete) {
        read(x);
        return;
    }
    auto const now = load_clock::now();
    counts_.latency.record(now - x->began);
    first_answered_ = std::min(first_answered_, now);
    bool const whole = state == message_reader::state::complete;
    bool const good = whole && x->reader.status() >= 200 && x->reader.status() < 300;
    ++(good ? counts_.good : counts_.bad);
    over(x->of, whole && x->reader.keep_alive());
}

void idle_herd::over(member& m, bool still_there) {
    --under_way_;
    if (!still_there) {
        m.gone = true;
        ++counts_.dropped;
        error_code ignored;
        m.socket.close(ignored);
    }
    pump();
}

} // namespace wxgate::bench
