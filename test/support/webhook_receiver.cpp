#include "support/webhook_receiver.hpp"

#include "support/config.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace wxgate::test {

namespace {

constexpr std::size_t max_head = 64UL * 1024;
constexpr std::size_t max_body = 1024UL * 1024;
constexpr std::size_t max_open = 256;
constexpr std::size_t max_kept = 100'000;

struct ssl_free {
    void operator()(SSL* s) const { SSL_free(s); }

    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
};

using ssl_ptr = std::unique_ptr<SSL, ssl_free>;
using context_ptr = std::unique_ptr<SSL_CTX, ssl_free>;

// ---- a connection, with TLS or without ------------------------------------------------------------

class channel {
public:
    explicit channel(int socket) : socket_(socket) {
        timeval const patience{60, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        int const on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }

    bool shake_hands(SSL_CTX* context) {
        ssl_.reset(SSL_new(context));
        SSL_set_fd(ssl_.get(), socket_);
        return SSL_accept(ssl_.get()) == 1;
    }

    // Some more; false at the end.
    bool read(std::string& into) {
        std::array<char, 16384> chunk;
        auto const n =
            ssl_ ? static_cast<ssize_t>(SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size())))
                 : ::recv(socket_, chunk.data(), chunk.size(), 0);
        if (n <= 0)
            return false;
        into.append(chunk.data(), static_cast<std::size_t>(n));
        return true;
    }

    bool write(std::string_view text) {
        while (!text.empty()) {
            auto const n =
                ssl_ ? static_cast<ssize_t>(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())))
                     : ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0)
                return false;
            text.remove_prefix(static_cast<std::size_t>(n));
            sent_ += static_cast<std::size_t>(n);
        }
        return true;
    }

    // False when the connection ends meanwhile, by the peer or by us.
    bool stays(milliseconds time) const {
        pollfd waiting{socket_, POLLRDHUP, 0};
        return ::poll(&waiting, 1, static_cast<int>(time.count())) == 0;
    }

    void reset_at_close() const {
        linger const at_once{1, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

    void say_goodbye() {
        if (ssl_)
            SSL_shutdown(ssl_.get());
    }

    std::size_t sent() const noexcept { return sent_; }

private:
    int socket_;
    ssl_ptr ssl_;
    std::size_t sent_ = 0;
};

// One request with a Content-Length; nothing at the end of the connection, or when it is none.
std::optional<delivery> read_delivery(channel& w, std::string& buffer) {
    auto end = buffer.find("\r\n\r\n");
    while (end == std::string::npos) {
        if (buffer.size() > max_head || !w.read(buffer))
            return std::nullopt;
        end = buffer.find("\r\n\r\n");
    }
    auto const head = buffer.substr(0, end);
    buffer.erase(0, end + 4);
    auto const line = head.substr(0, head.find("\r\n"));
    delivery d;
    d.method = line.substr(0, line.find(' '));
    if (d.method.size() + 1 >= line.size())
        return std::nullopt;
    d.target = line.substr(d.method.size() + 1, line.rfind(' ') - d.method.size() - 1);
    d.headers = parse_reply("HTTP/1.1 200" + head.substr(line.size()) + "\r\n\r\n").headers;
    auto const length = d.header("content-length");
    auto const size = length.empty() ? 0 : whole_number(length);
    if (size < 0 || static_cast<std::size_t>(size) > max_body)
        return std::nullopt;
    while (buffer.size() < static_cast<std::size_t>(size))
        if (!w.read(buffer))
            return std::nullopt;
    d.body = buffer.substr(0, static_cast<std::size_t>(size));
    buffer.erase(0, static_cast<std::size_t>(size));
    d.at = steady::now();
    d.at_ms =
        std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    read_event(d);
    return d;
}

std::string text_of_answer(webhook_answer const& a) {
    auto text = "HTTP/1.1 " + std::to_string(a.status) + " Whatever\r\n";
    for (auto const& [name, value] : a.headers)
        text += name + ": " + value + "\r\n";
    if (a.status < 200 || a.status == 204 || a.status == 304) // these have no body
        return text + "\r\n";
    return text + "Content-Length: " + std::to_string(a.body.size()) + "\r\n\r\n" + a.body;
}

// `text` again and again, until the reader is gone.
void fill(channel& w, std::string const& text) {
    std::string block;
    while (block.size() < 16384)
        block += text;
    while (w.sent() < longest_possible_answer && w.write(block)) {
    }
}

int bound_socket(std::uint16_t port) {
    auto const s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int const on = 1;
    ::setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(s, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) {
        ::close(s);
        throw std::runtime_error("the receiver cannot have port " + std::to_string(port));
    }
    return s;
}

std::uint16_t port_of(int s) {
    sockaddr_in where{};
    socklen_t size = sizeof where;
    ::getsockname(s, reinterpret_cast<sockaddr*>(&where), &size);
    return ntohs(where.sin_port);
}

bool is_established(int s) {
    tcp_info info{};
    socklen_t size = sizeof info;
    return ::getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_ESTABLISHED;
}

} // namespace

// ---- the server -----------------------------------------------------------------------------------

class webhook_receiver::impl {
public:
    impl(
        std::vector<std::string> secrets, std::optional<certificate_files> const& identity, std::uint16_t port
    )
        : secrets_(std::move(secrets)) {
        ::signal(SIGPIPE, SIG_IGN);
        if (identity)
            use(*identity);
        listener_ = bound_socket(port);
        port_ = port_of(listener_);
        keeper_ = bound_socket(port_); // does not listen: the port is ours while nobody does
        listen();
    }

    ~impl() {
        go_away();
        ::close(keeper_);
    }

    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    void go_away() {
        if (listener_ < 0)
            return;
        {
            std::lock_guard const lock(guard_);
            away_ = true;
        }
        cut_connections();
        ::shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        ::close(std::exchange(listener_, -1));
        sessions_.clear();
    }

    void come_back() {
        if (listener_ >= 0)
            return;
        listener_ = bound_socket(port_);
        away_ = false; // no thread is there
        listen();
    }

    void cut_connections() {
        std::lock_guard const lock(guard_);
        for (auto const s : open_)
            ::shutdown(s, SHUT_RDWR);
    }

    bool speaks_tls() const noexcept { return context_ != nullptr; }

    mutable std::mutex guard_;
    std::vector<std::string> secrets_;
    webhook_script script_;
    std::map<std::string, webhook_answer> scripts_;
    std::vector<delivery> deliveries_;
    std::map<std::string, std::size_t> first_of_id_; // where it stands in deliveries_
    std::vector<delivery> taken_;
    std::set<std::string> taken_ids_;
    std::map<std::string, delivery> latest_;
    std::string trouble_;
    std::size_t connections_ = 0;
    std::size_t most_connections_ = 0;
    std::size_t under_way_ = 0;
    std::size_t longest_answer_ = 0;
    std::uint16_t port_ = 0;

private:
    struct session {
        std::jthread thread;
        std::atomic<bool> done{false};
    };

    void use(certificate_files const& identity) {
        context_.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
        if (SSL_CTX_use_certificate_chain_file(context_.get(), identity.certificate.c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(context_.get(), identity.private_key.c_str(), SSL_FILETYPE_PEM) != 1)
            throw std::runtime_error("the receiver cannot use its certificate");
    }

    void listen() {
        if (::listen(listener_, 512) != 0)
            throw std::runtime_error("the receiver cannot listen");
        accepting_ = std::jthread([this] { accept_all(); });
    }

    void accept_all() {
        for (;;) {
            auto const s = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (s < 0)
                return;
            sessions_.remove_if([](auto const& each) { return each->done.load(); });
            auto const number = note_open(s);
            if (number == 0) {
                ::close(s);
                continue;
            }
            auto fresh = std::make_shared<session>();
            fresh->thread = std::jthread([this, s, number, fresh = fresh.get()] {
                serve(s, number);
                {
                    std::lock_guard const lock(guard_);
                    open_.erase(s);
                }
                ::close(s);
                fresh->done = true;
            });
            sessions_.push_back(std::move(fresh));
        }
    }

    // The connection's number; 0 for one too many. A connection that the peer has closed is not open, whether
    // its thread has seen it or not.
    std::size_t note_open(int s) {
        std::lock_guard const lock(guard_);
        if (away_ || open_.size() >= max_open)
            return 0;
        open_.insert(s);
        auto const open = static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), is_established));
        most_connections_ = std::max(most_connections_, open);
        return ++connections_;
    }

    void serve(int s, std::size_t number) {
        channel w(s);
        if (context_ && !w.shake_hands(context_.get()))
            return;
        std::string buffer;
        while (auto d = read_delivery(w, buffer)) {
            d->connection = number;
            auto const how = take(*d);
            if (!how || !give(w, *how))
                return;
        }
        w.say_goodbye();
    }

    // Nothing when no more is kept.
    std::optional<webhook_answer> take(delivery& d) {
        webhook_script script;
        std::optional<webhook_answer> how;
        {
            std::lock_guard const lock(guard_);
            if (deliveries_.size() >= max_kept)
                return std::nullopt;
            examine(d);
            deliveries_.push_back(d);
            ++under_way_;
            script = script_;
            if (auto const found = scripts_.find(d.out_trade_no); found != scripts_.end())
                how = found->second;
        }
        if (!how && script) {
            std::lock_guard const lock(scripting_);
            how = script(d);
        }
        if (!how)
            how.emplace();
        std::lock_guard const lock(guard_);
        if (how->status >= 200 && how->status < 300)
            consume(d);
        return how;
    }

    void examine(delivery& d) {
        d.trouble = shape_trouble(d);
        if (d.trouble.empty() && !is_signed(d, secrets_))
            d.trouble = "the signature is none of ours";
        auto const [before, fresh] = first_of_id_.try_emplace(d.id, deliveries_.size());
        d.repeated = !fresh;
        if (auto const& known = fresh ? d : deliveries_[before->second];
            known.body != d.body || known.version != d.version)
            d.trouble = "the same id came with other content";
        if (trouble_.empty() && !d.trouble.empty())
            trouble_ = d.id + " (" + d.type + "): " + d.trouble;
    }

    // The sample of CONTRACT.md 5: once, and the order's latest word is that of the highest version.
    void consume(delivery const& d) {
        if (!d.trouble.empty() || !taken_ids_.insert(d.id).second)
            return;
        taken_.push_back(d);
        auto const known = latest_.find(d.out_trade_no);
        if (d.version >= 0 && (known == latest_.end() || known->second.version < d.version))
            latest_.insert_or_assign(d.out_trade_no, d);
    }

    void answered(std::size_t bytes) {
        std::lock_guard const lock(guard_);
        --under_way_;
        longest_answer_ = std::max(longest_answer_, bytes);
    }

    // False when the connection is over.
    bool give(channel& w, webhook_answer const& a) {
        if (a.delay > 0ms && !w.stays(a.delay)) {
            answered(0);
            return false;
        }
        if (a.how == conduct::answer) {
            answered(0); // whoever reads it may look at once
            return w.write(text_of_answer(a));
        }
        auto const before = w.sent();
        misbehave(w, a);
        answered(w.sent() - before);
        return false;
    }

    static void misbehave(channel& w, webhook_answer const& a) {
        std::string const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
        std::string const block(16384, 'x');
        switch (a.how) {
        case conduct::answer:
        case conduct::close:
            break;
        case conduct::hang:
            w.stays(120s);
            break;
        case conduct::reset:
            w.reset_at_close();
            break;
        case conduct::cut:
            w.write(ok + "Content-Length: 64\r\n\r\nhalf");
            break;
        case conduct::garbage:
            w.write("220 mail.example.com ESMTP\r\n\x16\x03\x01 no HTTP at all\r\n\r\n");
            break;
        case conduct::trickle: {
            auto const text = ok + "Content-Length: 1000\r\n\r\n" + block.substr(0, 1000);
            for (std::size_t i = 0; i < text.size() && w.write(text.substr(i, 1)) && w.stays(200ms); ++i) {
            }
            break;
        }
        case conduct::huge:
            w.write(ok + "Content-Length: 10485760\r\n\r\n");
            for (int i = 0; i < 640 && w.write(block); ++i) {
            }
            break;
        case conduct::endless:
            w.write(ok + "Connection: close\r\n\r\n");
            fill(w, block);
            break;
        case conduct::endless_head:
            w.write(ok);
            fill(w, "X-Filler: " + block.substr(0, 200) + "\r\n");
            break;
        case conduct::interim:
            fill(w, "HTTP/1.1 100 Continue\r\n\r\n");
            break;
        case conduct::trailer:
            w.write(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: ");
            w.write(std::string(100'000, 't') + "\r\n\r\n");
            w.stays(5s); // the peer decides what it thinks of it
            break;
        }
    }

    context_ptr context_;
    int listener_ = -1;
    int keeper_ = -1;
    bool away_ = false;
    std::set<int> open_;
    std::mutex scripting_;
    std::list<std::shared_ptr<session>> sessions_;
    std::jthread accepting_;
};

webhook_receiver::webhook_receiver(
    std::vector<std::string> secrets, std::optional<certificate_files> const& identity, std::uint16_t port
)
    : impl_(std::make_unique<impl>(std::move(secrets), identity, port)) {
}

webhook_receiver::~webhook_receiver() = default;

std::string webhook_receiver::make_secret() {
    return make_webhook_secret();
}

std::uint16_t webhook_receiver::port() const {
    return impl_->port_;
}

std::string webhook_receiver::url() const {
    return std::string(impl_->speaks_tls() ? "https" : "http") + "://127.0.0.1:" + std::to_string(port()) +
           "/hook";
}

std::vector<std::string> webhook_receiver::secrets() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->secrets_;
}

void webhook_receiver::trust(std::vector<std::string> secrets) {
    std::lock_guard const lock(impl_->guard_);
    impl_->secrets_ = std::move(secrets);
}

void webhook_receiver::behave_well() {
    std::lock_guard const lock(impl_->guard_);
    impl_->script_ = nullptr;
    impl_->scripts_.clear();
}

void webhook_receiver::behave(webhook_script how) {
    std::lock_guard const lock(impl_->guard_);
    impl_->script_ = std::move(how);
}

void webhook_receiver::behave_about(std::string const& out_trade_no, webhook_answer how) {
    std::lock_guard const lock(impl_->guard_);
    impl_->scripts_[out_trade_no] = std::move(how);
}

void webhook_receiver::go_away() {
    impl_->go_away();
}

void webhook_receiver::come_back() {
    impl_->come_back();
}

void webhook_receiver::cut_connections() {
    impl_->cut_connections();
}

std::vector<delivery> webhook_receiver::deliveries(std::string const& id) const {
    std::lock_guard const lock(impl_->guard_);
    std::vector<delivery> some;
    for (auto const& d : impl_->deliveries_)
        if (id.empty() || d.id == id)
            some.push_back(d);
    return some;
}

std::optional<delivery> webhook_receiver::first(std::string const& number, std::string const& type) const {
    std::lock_guard const lock(impl_->guard_);
    for (auto const& d : impl_->deliveries_)
        if (d.type == type && (d.out_trade_no == number || d.out_refund_no == number))
            return d;
    return std::nullopt;
}

std::vector<delivery> webhook_receiver::about(std::string const& out_trade_no) const {
    std::lock_guard const lock(impl_->guard_);
    std::vector<delivery> some;
    for (auto const& d : impl_->taken_)
        if (d.out_trade_no == out_trade_no)
            some.push_back(d);
    return some;
}

std::size_t webhook_receiver::taken() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->taken_.size();
}

bool webhook_receiver::has_taken(std::string const& id) const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->taken_ids_.contains(id);
}

std::optional<delivery> webhook_receiver::latest(std::string const& out_trade_no) const {
    std::lock_guard const lock(impl_->guard_);
    auto const found = impl_->latest_.find(out_trade_no);
    return found == impl_->latest_.end() ? std::nullopt : std::optional(found->second);
}

std::string webhook_receiver::trouble() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->trouble_;
}

std::size_t webhook_receiver::connections() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->connections_;
}

std::size_t webhook_receiver::most_connections() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->most_connections_;
}

std::size_t webhook_receiver::under_way() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->under_way_;
}

std::size_t webhook_receiver::longest_answer() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->longest_answer_;
}

} // namespace wxgate::test
