#include "support/stand_in.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <list>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace wxgate::test {

namespace {

struct ssl_free {
    void operator()(SSL* s) const { SSL_free(s); }

    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
};

using ssl_ptr = std::unique_ptr<SSL, ssl_free>;
using context_ptr = std::unique_ptr<SSL_CTX, ssl_free>;

context_ptr make_context(certificate_files const& identity) {
    context_ptr context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    constexpr std::array<unsigned char, 6> name = {'w', 'x', 't', 'e', 's', 't'};
    SSL_CTX_set_session_id_context(context.get(), name.data(), name.size());
    if (SSL_CTX_use_certificate_chain_file(context.get(), identity.certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), identity.private_key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("the stand-in cannot use its certificate");
    return context;
}

std::uint16_t listen_on_loopback(int listener) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    if (::bind(listener, address, sizeof where) != 0 || ::listen(listener, 512) != 0 ||
        ::getsockname(listener, address, &size) != 0)
        throw std::runtime_error("the stand-in cannot listen");
    return ntohs(where.sin_port);
}

// A request of the gateway's client: one head, a body by Content-Length. False at the end of the connection.
bool read_call(SSL* ssl, std::string& buffer, call& c) {
    std::array<char, 16384> chunk;
    auto const more = [&] {
        auto const n = SSL_read(ssl, chunk.data(), static_cast<int>(chunk.size()));
        if (n <= 0)
            return false;
        buffer.append(chunk.data(), static_cast<std::size_t>(n));
        return true;
    };
    while (buffer.find("\r\n\r\n") == std::string::npos)
        if (!more())
            return false;
    auto const end = buffer.find("\r\n\r\n");
    auto const head = buffer.substr(0, end);
    buffer.erase(0, end + 4);
    auto const first = head.substr(0, head.find("\r\n"));
    c.method = first.substr(0, first.find(' '));
    auto const target = first.substr(c.method.size() + 1, first.rfind(' ') - c.method.size() - 1);
    c.path = target.substr(0, target.find('?'));
    c.query = target.size() > c.path.size() ? target.substr(c.path.size() + 1) : "";
    c.headers = parse_reply("HTTP/1.1 200" + head.substr(first.size()) + "\r\n\r\n").headers;
    std::size_t length = 0;
    for (auto const& [name, value] : c.headers)
        if (name == "Content-Length" || name == "content-length")
            length = std::stoul(value);
    while (buffer.size() < length)
        if (!more())
            return false;
    c.body = buffer.substr(0, length);
    buffer.erase(0, length);
    c.fields = from_xml(c.body);
    c.at = steady::now();
    return true;
}

} // namespace

class stand_in::impl {
public:
    impl(certificate_files const& identity, std::vector<merchant_config> merchants)
        : merchants_(std::move(merchants)), context_(make_context(identity)) {
        ::signal(SIGPIPE, SIG_IGN);
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        port_ = listen_on_loopback(listener_);
        accepting_ = std::jthread([this] { accept_all(); });
    }

    ~impl() {
        {
            std::lock_guard const lock(guard_);
            stopping_ = true;
            for (auto const s : open_)
                ::shutdown(s, SHUT_RDWR);
        }
        changed_.notify_all();
        ::shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        sessions_.clear();
        ::close(listener_);
    }

    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    std::vector<merchant_config> merchants_;
    std::uint16_t port_ = 0;
    mutable std::mutex guard_;
    std::mutex scripting_;
    script script_;
    std::vector<call> calls_;
    std::set<int> open_;
    std::size_t badly_signed_ = 0;
    std::atomic<int> resets_{0};
    std::atomic<unsigned> prepays_{0};

private:
    struct session {
        std::jthread thread;
        std::atomic<bool> done{false};
    };

    void accept_all() {
        for (;;) {
            auto const s = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (s < 0)
                return;
            sessions_.remove_if([](auto const& each) { return each->done.load(); });
            {
                std::lock_guard const lock(guard_);
                if (stopping_) {
                    ::close(s);
                    return;
                }
                open_.insert(s);
            }
            auto fresh = std::make_shared<session>();
            fresh->thread = std::jthread([this, s, fresh = fresh.get()] {
                serve(s);
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

    static void reset(int s) {
        linger const at_once{1, 0};
        ::setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

    void serve(int s) {
        if (resets_.load() > 0 && resets_.fetch_sub(1) > 0) {
            reset(s);
            return;
        }
        ssl_ptr const ssl(SSL_new(context_.get()));
        SSL_set_fd(ssl.get(), s);
        if (SSL_accept(ssl.get()) != 1)
            return;
        std::string buffer;
        for (call c; read_call(ssl.get(), buffer, c); c = call())
            if (!give(ssl.get(), s, decide(c)))
                return;
        SSL_shutdown(ssl.get());
    }

    answer decide(call const& c) {
        script how;
        {
            std::lock_guard const lock(guard_);
            calls_.push_back(c);
            note_signature(c);
            how = script_;
        }
        std::lock_guard const lock(scripting_);
        return how(c);
    }

    void note_signature(call const& c) {
        if (!c.path.starts_with("/pay/") && !c.path.starts_with("/secapi/"))
            return;
        auto const mch_id = value_of(c.fields, "mch_id");
        auto const who = std::find_if(merchants_.begin(), merchants_.end(), [&](auto const& m) {
            return m.mch_id == mch_id;
        });
        auto const type = value_of(c.fields, "sign_type");
        if (who == merchants_.end() ||
            value_of(c.fields, "sign") != naive_sign(c.fields, type.empty() ? "MD5" : type, who->key))
            ++badly_signed_;
    }

    // False when the connection is over.
    bool give(SSL* ssl, int s, answer const& a) {
        if (a.how == manner::reset_before || a.how == manner::reset_after) {
            reset(s);
            return false;
        }
        if (a.how == manner::hang) { // until the peer gives up, or the stand-in ends
            pollfd waiting{s, POLLRDHUP, 0};
            ::poll(&waiting, 1, 60'000);
            return false;
        }
        if (a.delay > 0ms) {
            std::unique_lock lock(guard_);
            if (changed_.wait_for(lock, a.delay, [&] { return stopping_; }))
                return false;
        }
        auto text = "HTTP/1.1 " + std::to_string(a.status) +
                    " Whatever\r\nServer: nginx\r\nContent-Type: " + a.content_type + "\r\n";
        if (a.length)
            text += "Connection: keep-alive\r\nKeep-Alive: timeout=8\r\nContent-Length: " +
                    std::to_string(a.body.size()) + "\r\n";
        else
            text += "Connection: close\r\n";
        text += "\r\n" + (a.how == manner::cut ? a.body.substr(0, a.cut_at) : a.body);
        bool const cut = a.how == manner::cut || (a.how == manner::cut_anywhere && a.cut_at < text.size());
        if (a.how == manner::cut_anywhere)
            text.resize(std::min(text.size(), a.cut_at));
        if (!text.empty() && SSL_write(ssl, text.data(), static_cast<int>(text.size())) <= 0)
            return false;
        if (cut || !a.length) {
            SSL_shutdown(ssl);
            return false;
        }
        return true;
    }

    context_ptr context_;
    int listener_ = -1;
    bool stopping_ = false;
    std::condition_variable changed_;
    std::list<std::shared_ptr<session>> sessions_;
    std::jthread accepting_;
};

stand_in::stand_in(certificate_files const& identity, std::vector<merchant_config> merchants)
    : impl_(std::make_unique<impl>(identity, std::move(merchants))) {
    behave([this](call const& c) { return well_behaved(c); });
}

stand_in::~stand_in() = default;

std::uint16_t stand_in::port() const {
    return impl_->port_;
}

std::string stand_in::url() const {
    return "https://127.0.0.1:" + std::to_string(port());
}

void stand_in::behave(script how) {
    std::lock_guard const lock(impl_->guard_);
    impl_->script_ = std::move(how);
}

void stand_in::reset_connections(int how_many) {
    impl_->resets_ = how_many;
}

merchant_config const* stand_in::merchant_of(call const& c) const {
    auto const mch_id = value_of(c.fields, "mch_id");
    for (auto const& m : impl_->merchants_)
        if (m.mch_id == mch_id)
            return &m;
    return nullptr;
}

message stand_in::answer_fields(call const& c, message fields) const {
    message all = {
        {"return_code", "SUCCESS"},
        {"return_msg", "OK"},
        {"appid", value_of(c.fields, "appid")},
        {"mch_id", value_of(c.fields, "mch_id")},
        {"nonce_str", random_hex(16)},
        {"result_code", "SUCCESS"}};
    for (auto const& [name, value] : fields)
        set(all, name, value);
    return all;
}

std::string stand_in::accepted(call const& c, message fields) const {
    auto const* who = merchant_of(c);
    auto const type = value_of(c.fields, "sign_type");
    return to_xml(
        signed_with(answer_fields(c, std::move(fields)), type.empty() ? "MD5" : type, who ? who->key : "none")
    );
}

std::string
stand_in::refused(call const& c, std::string const& err_code, std::string const& err_code_des) const {
    return accepted(c, {{"result_code", "FAIL"}, {"err_code", err_code}, {"err_code_des", err_code_des}});
}

answer stand_in::well_behaved(call const& c) const {
    answer a;
    auto const number = value_of(c.fields, "out_trade_no");
    if (c.path == "/pay/unifiedorder") {
        auto const prepay = "wx" + std::string("20261123120000") + random_hex(12) +
                            std::to_string(10'000'000 + impl_->prepays_++);
        a.body = accepted(c, {{"prepay_id", prepay}, {"trade_type", value_of(c.fields, "trade_type")}});
    } else if (c.path == "/pay/orderquery") {
        a.body = accepted(
            c, {{"out_trade_no", number}, {"trade_state", "NOTPAY"}, {"trade_state_desc", "订单未支付"}}
        );
    } else if (c.path == "/pay/closeorder") {
        a.body = accepted(c, {{"result_msg", "OK"}});
    } else if (c.path == "/sns/jscode2session") {
        auto const at = c.query.find("openid%3A");
        auto const plain = c.query.find("openid:");
        auto const begin = at != std::string::npos      ? at + 9
                           : plain != std::string::npos ? plain + 7
                                                        : std::string::npos;
        if (begin == std::string::npos)
            a.body = R"({"errcode":40029,"errmsg":"invalid code, rid: 1"})";
        else
            a.body = R"({"session_key":"CANARYsession","openid":")" +
                     c.query.substr(begin, c.query.find('&', begin) - begin) + R"("})";
    } else {
        a.status = 404;
        a.body = "<html>404</html>";
    }
    return a;
}

std::vector<call> stand_in::calls(std::string const& path) const {
    std::lock_guard const lock(impl_->guard_);
    std::vector<call> some;
    std::copy_if(impl_->calls_.begin(), impl_->calls_.end(), std::back_inserter(some), [&](call const& c) {
        return path.empty() || c.path == path;
    });
    return some;
}

std::size_t stand_in::count(std::string const& path, std::string const& out_trade_no) const {
    auto const all = calls(path);
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](call const& c) {
        return value_of(c.fields, "out_trade_no") == out_trade_no;
    }));
}

void stand_in::forget() {
    std::lock_guard const lock(impl_->guard_);
    impl_->calls_.clear();
}

std::size_t stand_in::open_connections() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->open_.size();
}

std::size_t stand_in::badly_signed() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->badly_signed_;
}

} // namespace wxgate::test
