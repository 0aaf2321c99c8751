#include "load/http_driver.hpp"

#include "net/url.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <stdexcept>
#include <vector>

namespace wxgate::bench {

using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

// More than an answer has, so that a read takes it whole and Asio knows that the socket is empty.
constexpr std::size_t read_size = 8UL * 1024;
constexpr std::size_t max_opening = 64; // connections at a time
constexpr std::chrono::milliseconds sweep_interval{50};

} // namespace

std::optional<host_port> parse_plain_url(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    if (text.starts_with(scheme))
        text.remove_prefix(scheme.size());
    if (text.ends_with('/'))
        text.remove_suffix(1);
    auto const a = net::parse_address(text);
    error_code not_ip;
    if (a)
        static_cast<void>(asio::ip::make_address(a->host, not_ip));
    if (!a || not_ip || a->host.find(':') != std::string::npos)
        return std::nullopt;
    return host_port{a->host, a->port};
}

class http_driver::impl : public std::enable_shared_from_this<impl> {
public:
    impl(asio::io_context& context, host_port const& to, driver_options o)
        : context_(context), to_(asio::ip::make_address(to.host), to.port), options_(o), sweep_(context) {}

    void send(std::string request, handler done) {
        call c;
        c.request = std::move(request);
        c.done = std::move(done);
        c.deadline = load_clock::now() + options_.timeout;
        ++outstanding_;
        if (closed_) {
            fail(c, http_answer::how::failed, "the driver was closed");
            return;
        }
        waiting_.push_back(std::move(c));
        pump();
        if (!sweeping_)
            sweep_later();
    }

    void open(std::size_t how_many, std::function<void(std::size_t)> done) {
        wanted_ = how_many;
        opened_ = std::move(done);
        pump();
        tell_opened();
    }

    void close() {
        closed_ = true;
        wanted_ = 0;
        sweep_.cancel();
        while (!all_.empty())
            drop(*all_.back());
        auto const rest = std::exchange(waiting_, {});
        for (auto const& c : rest)
            fail(c, http_answer::how::failed, "the driver was closed");
    }

    // Nobody is to hear any more.
    void abandon() {
        abandoned_ = true;
        opened_ = nullptr;
        close();
    }

    counts counts_;

    std::size_t open_connections() const noexcept { return all_.size() - opening_; }

    std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    struct call {
        std::string request;
        handler done;
        load_clock::time_point deadline;
        bool repeated = false;
    };

    struct connection : std::enable_shared_from_this<connection> {
        explicit connection(asio::io_context& context) : socket(context) {}

        tcp::socket socket;
        message_reader reader{message_reader::kind::response};
        std::array<char, read_size> buffer;
        std::optional<call> now; // what is under way
        std::size_t place = 0;   // in all_
        bool open = false;       // connected
        bool used = false;       // has answered before
        bool dropped = false;
    };

    using connection_ptr = std::shared_ptr<connection>;

    // ---- connections

    // Gives the waiting calls to idle connections, and opens more where there are too few.
    void pump() {
        while (!waiting_.empty() && !idle_.empty()) {
            auto const c = idle_.back();
            idle_.pop_back();
            start(*c);
        }
        auto const most = std::max(options_.connections, wanted_);
        auto const short_of = [&] { return opening_ < waiting_.size() || all_.size() < wanted_; };
        while (!closed_ && all_.size() < most && opening_ < max_opening && short_of())
            connect();
    }

    void connect() {
        auto const c = std::make_shared<connection>(context_);
        c->place = all_.size();
        all_.push_back(c);
        ++opening_;
        c->socket.async_connect(to_, [self = shared_from_this(), c](error_code ec) {
            self->connected(*c, ec);
        });
    }

    void connected(connection& c, error_code ec) {
        if (c.dropped)
            return;
        if (!ec)
            c.socket.set_option(tcp::no_delay(true), ec);
        if (!ec)
            c.socket.non_blocking(true, ec);
        if (ec) {
            drop(c);
            wanted_ = 0;
            fail_first("cannot connect: " + ec.message());
            pump();
            tell_opened();
            return;
        }
        --opening_;
        ++counts_.opened;
        c.open = true;
        read(c);
        release(c);
        pump();
        tell_opened();
    }

    void tell_opened() {
        if (!opened_ || (wanted_ > open_connections() && !closed_))
            return;
        wanted_ = 0;
        auto const done = std::exchange(opened_, nullptr);
        asio::post(context_, [self = shared_from_this(), done, n = open_connections()] {
            if (!self->abandoned_)
                done(n);
        });
    }

    // To the next call, or to the idle ones.
    void release(connection& c) {
        if (!waiting_.empty())
            start(c);
        else
            idle_.push_back(c.shared_from_this());
    }

    void drop(connection& c) {
        auto const keep = c.shared_from_this();
        c.dropped = true;
        if (!c.open)
            --opening_;
        error_code ignored;
        c.socket.close(ignored);
        all_.back()->place = c.place;
        std::swap(all_[c.place], all_.back());
        all_.pop_back();
        auto const idle = std::find(idle_.begin(), idle_.end(), keep);
        if (idle != idle_.end())
            idle_.erase(idle);
        if (c.now) {
            auto const lost = std::move(*c.now);
            c.now.reset();
            fail(lost, http_answer::how::failed, "the connection was closed");
        }
    }

    // ---- calls

    // The first waiting call, on this connection.
    void start(connection& c) {
        c.now = std::move(waiting_.front());
        waiting_.pop_front();
        ++counts_.sent;
        auto const& request = c.now->request;
        error_code ec;
        auto const n = c.socket.write_some(asio::buffer(request), ec);
        if (ec && ec != asio::error::would_block)
            return; // the read that is pending ends, too, and says why
        if (n == request.size())
            return;
        auto const rest = std::make_shared<std::string>(request, n); // the call may end before it is written
        asio::async_write(
            c.socket, asio::buffer(*rest), [rest, keep = c.shared_from_this()](error_code, std::size_t) {}
        );
    }

    void read(connection& c) {
        c.socket.async_read_some(
            asio::buffer(c.buffer),
            [self = shared_from_this(), keep = c.shared_from_this()](error_code ec, std::size_t n) {
                self->received(*keep, ec, n);
            }
        );
    }

    void received(connection& c, error_code ec, std::size_t n) {
        if (c.dropped)
            return;
        if (ec) {
            lost(c, ec);
            return;
        }
        auto const state = c.reader.append({c.buffer.data(), n});
        if (state == message_reader::state::incomplete && c.now) {
            read(c);
            return;
        }
        if (state != message_reader::state::complete || !c.now) {
            nonsense(c, c.now ? c.reader.mistake() : "an answer that nobody asked for");
            return;
        }
        answered(c);
    }

    void answered(connection& c) {
        auto const done = std::move(c.now->done);
        c.now.reset();
        c.used = true;
        --outstanding_;
        http_answer a;
        a.ended = http_answer::how::answered;
        a.status = c.reader.status();
        a.head = c.reader.head();
        a.body = c.reader.body();
        bool const keep = c.reader.keep_alive();
        // Before the handler runs: what it sends next may go over this connection. Its answer stays where it
        // is until the next read.
        if (keep)
            release(c);
        done(a);
        if (!keep && !c.dropped) {
            drop(c);
            pump();
        }
        if (c.dropped)
            return;
        c.reader.next();
        if (!c.reader.untouched())
            nonsense(c, "bytes behind an answer");
        else
            read(c);
    }

    void lost(connection& c, error_code ec) {
        if (!c.now) {
            ++counts_.dropped;
            drop(c);
            return;
        }
        auto mine = std::move(*c.now);
        c.now.reset();
        bool const again = c.used && c.reader.untouched() && !mine.repeated;
        drop(c);
        if (again) {
            mine.repeated = true;
            ++counts_.repeated;
            waiting_.push_front(std::move(mine));
        } else {
            fail(mine, http_answer::how::failed, ec.message());
        }
        pump();
    }

    void nonsense(connection& c, std::string_view mistake) {
        auto const mine = std::exchange(c.now, std::nullopt);
        drop(c);
        if (mine)
            fail(*mine, http_answer::how::failed, mistake);
        pump();
    }

    void fail_first(std::string const& why) {
        if (waiting_.empty())
            return;
        auto const first = std::move(waiting_.front());
        waiting_.pop_front();
        fail(first, http_answer::how::failed, why);
    }

    // Never inside send().
    void fail(call const& c, http_answer::how how, std::string_view why) {
        --outstanding_;
        asio::post(context_, [self = shared_from_this(), done = c.done, how, text = std::string(why)] {
            if (self->abandoned_)
                return;
            http_answer a;
            a.ended = how;
            a.mistake = text;
            done(a);
        });
    }

    // ---- time

    // One timer for all calls: their patience is the same, and need not be exact.
    void sweep_later() {
        sweeping_ = true;
        sweep_.expires_after(sweep_interval);
        sweep_.async_wait([self = shared_from_this()](error_code ec) {
            self->sweeping_ = false;
            if (!ec)
                self->sweep();
        });
    }

    void sweep() {
        auto const now = load_clock::now();
        while (!waiting_.empty() && waiting_.front().deadline <= now) {
            auto const late = std::move(waiting_.front());
            waiting_.pop_front();
            fail(late, http_answer::how::timed_out, "timed out");
        }
        for (std::size_t i = all_.size(); i-- > 0;) {
            auto const c = all_[i];
            if (!c->now || c->now->deadline > now)
                continue;
            auto const late = std::move(*c->now);
            c->now.reset();
            drop(*c); // its answer may still come
            fail(late, http_answer::how::timed_out, "timed out");
        }
        pump();
        if (outstanding_ > 0 && !closed_)
            sweep_later();
    }

    asio::io_context& context_;
    tcp::endpoint to_;
    driver_options options_;
    std::vector<connection_ptr> all_;
    std::vector<connection_ptr> idle_; // the one used last is taken first
    std::deque<call> waiting_;
    std::size_t opening_ = 0; // of all_
    std::size_t outstanding_ = 0;
    std::size_t wanted_ = 0; // by open()
    std::function<void(std::size_t)> opened_;
    asio::steady_timer sweep_;
    bool sweeping_ = false;
    bool closed_ = false;
    bool abandoned_ = false;
};

http_driver::http_driver(asio::io_context& context, host_port to, driver_options options)
    : impl_(std::make_shared<impl>(context, to, options)) {
}

http_driver::~http_driver() {
    impl_->abandon();
}

void http_driver::send(std::string request, handler done) {
    impl_->send(std::move(request), std::move(done));
}

void http_driver::open(std::size_t how_many, std::function<void(std::size_t)> done) {
    impl_->open(how_many, std::move(done));
}

void http_driver::close() {
    impl_->close();
}

http_driver::counts const& http_driver::counted() const noexcept {
    return impl_->counts_;
}

std::size_t http_driver::connections() const noexcept {
    return impl_->open_connections();
}

std::size_t http_driver::waiting() const noexcept {
    return impl_->waiting();
}

fetched fetch(
    host_port const& from,
    std::string_view method,
    std::string_view target,
    header_list const& headers,
    std::string_view body,
    std::chrono::milliseconds timeout
) {
    asio::io_context context{1};
    http_driver driver(context, from, {1, timeout});
    fetched got;
    std::string mistake;
    driver.send(request_head(method, target, from.text(), headers).with(body), [&](http_answer const& a) {
        got.status = a.status;
        got.head = a.head;
        got.body = a.body;
        mistake = a.mistake;
        context.stop();
    });
    context.run();
    if (got.status == 0)
        throw std::runtime_error(
            std::string(method) + " http://" + from.text() + std::string(target) + ": " + mistake
        );
    return got;
}

} // namespace wxgate::bench
