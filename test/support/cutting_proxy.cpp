#include "support/cutting_proxy.hpp"

#include "support/wechat.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
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

    void operator()(X509* x) const { X509_free(x); }
};

using ssl_ptr = std::unique_ptr<SSL, ssl_free>;
using context_ptr = std::unique_ptr<SSL_CTX, ssl_free>;

void use(SSL_CTX* context, std::string const& certificate, std::string const& private_key) {
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, private_key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw std::runtime_error("the proxy cannot use " + certificate);
}

int believe_all(int, X509_STORE_CTX*) {
    return 1;
}

std::string common_name(SSL* ssl) {
    std::unique_ptr<X509, ssl_free> const shown(SSL_get1_peer_certificate(ssl));
    std::array<char, 256> text{};
    if (shown)
        X509_NAME_get_text_by_NID(
            X509_get_subject_name(shown.get()), NID_commonName, text.data(), static_cast<int>(text.size())
        );
    return text.data();
}

// One message with a Content-Length, whole; "" at the end of the connection.
std::string read_message(SSL* ssl) {
    std::string text;
    std::array<char, 16384> chunk;
    std::size_t size = 0;
    while (size == 0 || text.size() < size) {
        auto const n = SSL_read(ssl, chunk.data(), static_cast<int>(chunk.size()));
        if (n <= 0)
            return {};
        text.append(chunk.data(), static_cast<std::size_t>(n));
        auto const head = text.find("\r\n\r\n");
        if (size != 0 || head == std::string::npos)
            continue;
        auto const length =
            parse_reply("HTTP/1.1 200 OK" + text.substr(text.find("\r\n"), head + 4 - text.find("\r\n")))
                .header("Content-Length");
        size = head + 4 + (length.empty() ? 0 : std::stoul(length));
    }
    return text;
}

bool write_all(SSL* ssl, std::string_view text) {
    return text.empty() || SSL_write(ssl, text.data(), static_cast<int>(text.size())) > 0;
}

} // namespace

class cutting_proxy::impl {
public:
    impl(certificate_files const& server, std::uint16_t upstream, std::map<std::string, client_files> clients)
        : upstream_(upstream), front_(SSL_CTX_new(TLS_server_method())) {
        ::signal(SIGPIPE, SIG_IGN);
        use(front_.get(), server.certificate, server.private_key);
        constexpr std::array<unsigned char, 6> name = {'w', 'x', 'c', 'u', 't', 's'};
        SSL_CTX_set_session_id_context(front_.get(), name.data(), name.size());
        SSL_CTX_set_verify(front_.get(), SSL_VERIFY_PEER, believe_all);
        clients[""]; // nobody's
        for (auto const& [mch_id, files] : clients) {
            context_ptr back(SSL_CTX_new(TLS_client_method()));
            if (!mch_id.empty())
                use(back.get(), files.certificate, files.private_key);
            backs_[mch_id] = std::move(back);
        }
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        auto* const address = reinterpret_cast<sockaddr*>(&where);
        if (::bind(listener_, address, sizeof where) != 0 || ::listen(listener_, 512) != 0 ||
            ::getsockname(listener_, address, &size) != 0)
            throw std::runtime_error("the proxy cannot listen");
        port_ = ntohs(where.sin_port);
        accepting_ = std::jthread([this] { accept_all(); });
    }

    ~impl() {
        {
            std::lock_guard const lock(guard_);
            stopping_ = true;
            for (auto const s : open_)
                ::shutdown(s, SHUT_RDWR);
        }
        ::shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        sessions_.clear();
        ::close(listener_);
    }

    impl(impl const&) = delete;
    impl& operator=(impl const&) = delete;

    mutable std::mutex guard_;
    std::map<std::string, cut> plans_;
    std::vector<seen> record_;
    std::size_t cuts_ = 0;
    std::uint16_t port_ = 0;

private:
    struct session {
        std::jthread thread;
        std::atomic<bool> done{false};
    };

    // A socket that is shut when the proxy ends, and closed here.
    class listed {
    public:
        listed(impl& owner, int s) : owner_(owner), socket(s) {
            std::lock_guard const lock(owner_.guard_);
            owner_.open_.insert(s);
            if (owner_.stopping_)
                ::shutdown(s, SHUT_RDWR);
        }

        ~listed() {
            {
                std::lock_guard const lock(owner_.guard_);
                owner_.open_.erase(socket);
            }
            ::close(socket);
        }

        listed(listed const&) = delete;
        listed& operator=(listed const&) = delete;

    private:
        impl& owner_;

    public:
        int const socket;
    };

    void accept_all() {
        for (;;) {
            auto const s = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (s < 0)
                return;
            sessions_.remove_if([](auto const& each) { return each->done.load(); });
            auto fresh = std::make_shared<session>();
            fresh->thread = std::jthread([this, s, mine = fresh.get()] {
                serve(s);
                mine->done = true;
            });
            sessions_.push_back(std::move(fresh));
        }
    }

    void serve(int accepted) {
        listed const front(*this, accepted);
        ssl_ptr const ssl(SSL_new(front_.get()));
        SSL_set_fd(ssl.get(), front.socket);
        if (SSL_accept(ssl.get()) != 1)
            return;
        listed const back(*this, ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(upstream_);
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto const who = backs_.find(common_name(ssl.get()));
        ssl_ptr const there(SSL_new(who == backs_.end() ? backs_[""].get() : who->second.get()));
        SSL_set_fd(there.get(), back.socket);
        if (::connect(back.socket, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 ||
            SSL_connect(there.get()) != 1)
            return;
        while (pass(ssl.get(), there.get(), front.socket)) {
        }
    }

    // Carries one call; false when the connection is over.
    bool pass(SSL* front, SSL* back, int socket) {
        auto const asked = read_message(front);
        if (asked.empty())
            return false;
        seen now;
        auto const target = asked.substr(asked.find(' ') + 1);
        now.path = target.substr(0, target.find(' '));
        now.out_refund_no = value_of(from_xml(asked.substr(asked.find("\r\n\r\n") + 4)), "out_refund_no");
        now.request_size = asked.size();
        bool const told = !now.out_refund_no.empty();
        auto const planned = now.path == "/secapi/pay/refund" ? take(now.out_refund_no) : std::nullopt;
        std::size_t const place = told ? note(now) : 0;
        if (planned && planned->where == side::request) {
            write_all(back, std::string_view(asked).substr(0, planned->after));
            end(front, socket, planned->reset);
            SSL_shutdown(back);
            return false;
        }
        if (!write_all(back, asked))
            return false;
        auto const said = read_message(back);
        if (said.empty())
            return false;
        now.answer_size = said.size();
        if (planned) {
            write_all(front, std::string_view(said).substr(0, planned->after));
            end(front, socket, planned->reset);
            return false;
        }
        now.whole = true;
        if (told) { // before the gateway has it: what it does next comes after
            std::lock_guard const lock(guard_);
            record_[place] = now;
        }
        return write_all(front, said);
    }

    std::optional<cut> take(std::string const& out_refund_no) {
        std::lock_guard const lock(guard_);
        auto const found = plans_.find(out_refund_no);
        if (found == plans_.end())
            return std::nullopt;
        auto const what = found->second;
        plans_.erase(found);
        ++cuts_;
        return what;
    }

    std::size_t note(seen const& s) {
        std::lock_guard const lock(guard_);
        record_.push_back(s);
        return record_.size() - 1;
    }

    static void end(SSL* front, int socket, bool reset) {
        if (reset) {
            linger const at_once{1, 0};
            ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        } else {
            SSL_shutdown(front);
        }
    }

    std::uint16_t upstream_;
    context_ptr front_;
    std::map<std::string, context_ptr> backs_;
    int listener_ = -1;
    bool stopping_ = false;
    std::set<int> open_;
    std::list<std::shared_ptr<session>> sessions_;
    std::jthread accepting_;
};

cutting_proxy::cutting_proxy(
    certificate_files const& server, std::uint16_t upstream, std::map<std::string, client_files> clients
)
    : impl_(std::make_unique<impl>(server, upstream, std::move(clients))) {
}

cutting_proxy::~cutting_proxy() = default;

std::uint16_t cutting_proxy::port() const {
    return impl_->port_;
}

void cutting_proxy::plan(std::string const& out_refund_no, cut what) {
    std::lock_guard const lock(impl_->guard_);
    impl_->plans_[out_refund_no] = what;
}

std::size_t cutting_proxy::cuts() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->cuts_;
}

std::vector<cutting_proxy::seen> cutting_proxy::record() const {
    std::lock_guard const lock(impl_->guard_);
    return impl_->record_;
}

std::string cutting_proxy::trouble() const {
    std::map<std::string, bool> in_doubt;
    for (auto const& s : record()) {
        bool& doubt = in_doubt[s.out_refund_no];
        bool const refund = s.path == "/secapi/pay/refund";
        if (refund && doubt)
            return s.out_refund_no + ": called again without an answered query";
        doubt = refund ? !s.whole : doubt && !s.whole;
    }
    return {};
}

} // namespace wxgate::test
