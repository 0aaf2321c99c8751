#include "load/receiver.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "wire/digest.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <unordered_map>
#include <unordered_set>

namespace wxgate::bench {

using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::string_view accepted = "HTTP/1.1 204 No Content\r\n\r\n";

std::string bytes_of(std::string const& secret) {
    if (secret.empty())
        return {};
    auto const bytes =
        secret.starts_with(secret_prefix) ? from_base64(secret.substr(secret_prefix.size())) : std::nullopt;
    if (!bytes)
        throw std::logic_error("a webhook secret is whsec_ and base64");
    return *bytes;
}

// Its own hash, so that a view is looked up without making a string.
struct text_hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>()(text);
    }
};

std::int64_t number_in(std::string_view json, std::string_view name) {
    auto const n = parse_uint(json_member(json, name), 1'000'000'000'000'000);
    return n ? static_cast<std::int64_t>(*n) : -1;
}

} // namespace

std::string make_webhook_secret() {
    return std::string(secret_prefix) + to_base64(random_bytes(32));
}

class receiver::impl : public std::enable_shared_from_this<impl> {
public:
    impl(asio::io_context& context, receiver_options const& o)
        : secret_(bytes_of(o.secret)), check_each_(std::max(1U, o.check_each)),
          acceptor_(context, tcp::endpoint(asio::ip::make_address(o.listen.host), o.listen.port)) {}

    void accept() {
        acceptor_.async_accept([self = shared_from_this()](error_code ec, tcp::socket socket) {
            if (self->closed_)
                return;
            if (!ec)
                self->serve(std::move(socket));
            self->accept();
        });
    }

    std::string url() const {
        auto const at = acceptor_.local_endpoint();
        return "http://" + at.address().to_string() + ":" + std::to_string(at.port()) + "/hook";
    }

    void close() {
        closed_ = true;
        error_code ignored;
        acceptor_.close(ignored);
        for (auto const& c : live_)
            c->socket.close(ignored);
        live_.clear();
    }

    std::optional<load_clock::time_point> paid_at(std::string_view out_trade_no) const {
        auto const at = paid_.find(out_trade_no);
        if (at == paid_.end())
            return std::nullopt;
        return at->second;
    }

    std::function<void(webhook const&)> told_;
    unsigned status_ = 204;
    counts counts_;
    money heard_;

private:
    struct connection {
        explicit connection(tcp::socket s) : socket(std::move(s)) {}

        tcp::socket socket;
        message_reader reader{message_reader::kind::request};
        std::array<char, 8UL * 1024> buffer;
        std::string answer;
    };

    using connection_ptr = std::shared_ptr<connection>;

    void serve(tcp::socket socket) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        socket.non_blocking(true, ignored);
        auto const c = std::make_shared<connection>(std::move(socket));
        live_.push_back(c);
        read(c);
    }

    void read(connection_ptr const& c) {
        c->socket.async_read_some(
            asio::buffer(c->buffer),
            [self = shared_from_this(), c](error_code ec, std::size_t n) { self->received(c, ec, n); }
        );
    }

    void received(connection_ptr const& c, error_code ec, std::size_t n) {
        if (closed_)
            return;
        if (ec) {
            live_.remove(c);
            return;
        }
        auto state = c->reader.append({c->buffer.data(), n});
        while (state == message_reader::state::complete) {
            hear(c->reader);
            answer(*c);
            state = c->reader.next();
        }
        if (state == message_reader::state::bad) {
            ++counts_.malformed;
            live_.remove(c); // closes it
            return;
        }
        error_code refused;
        c->answer.erase(0, c->socket.write_some(asio::buffer(c->answer), refused));
        if (c->answer.empty())
            read(c);
        else
            write_rest(c);
    }

    void write_rest(connection_ptr const& c) {
        asio::async_write(
            c->socket,
            asio::buffer(c->answer),
            [self = shared_from_this(), c](error_code failed, std::size_t) {
                c->answer.clear();
                if (!failed && !self->closed_)
                    self->read(c);
                else
                    self->live_.remove(c);
            }
        );
    }

    void answer(connection& c) const {
        if (status_ == 204)
            c.answer += accepted;
        else
            c.answer += "HTTP/1.1 " + std::to_string(status_) + " No\r\nContent-Length: 0\r\n\r\n";
    }

    void hear(message_reader const& message) {
        if (status_ != 204)
            return;
        ++counts_.messages;
        counts_.bytes += message.size();
        webhook w;
        w.at = load_clock::now();
        auto const body = message.body();
        w.id = message.header("webhook-id");
        w.type = json_member(body, "type");
        w.out_trade_no = json_member(body, "out_trade_no");
        bool const refund = w.type.starts_with("refund.");
        if (refund)
            w.out_refund_no = json_member(body, "out_refund_no");
        w.fee = number_in(body, refund ? "refund_fee" : "total_fee");
        if (w.type.empty() || w.out_trade_no.empty())
            ++counts_.malformed;
        if (!secret_.empty() && counts_.messages % check_each_ == 1 % check_each_)
            check(message, w.id);
        w.again = !w.id.empty() && !ids_.emplace(w.id).second;
        if (w.again)
            ++counts_.again;
        else
            count(w);
        if (told_)
            told_(w);
    }

    void count(webhook const& w) {
        auto const of_type = counts_.by_type.find(w.type);
        if (of_type != counts_.by_type.end())
            ++of_type->second;
        else
            counts_.by_type.emplace(w.type, 1);
        if (w.type == "payment.succeeded") {
            ++heard_.payments;
            heard_.paid += w.fee;
            paid_.emplace(w.out_trade_no, w.at);
        } else if (w.type == "refund.succeeded") {
            ++heard_.refunds;
            heard_.refunded += w.fee;
        }
    }

    // Standard Webhooks: v1,BASE64(HMAC-SHA256(secret, id.timestamp.body)).
    void check(message_reader const& message, std::string_view id) {
        ++counts_.checked;
        auto const timestamp = message.header("webhook-timestamp");
        auto const digest = wire::hmac_sha256(secret_, {id, ".", timestamp, ".", message.body()});
        auto const expected = "v1," + to_base64(std::string(digest.begin(), digest.end()));
        if (message.header("webhook-signature") != expected)
            ++counts_.badly_signed;
    }

    std::string secret_;
    unsigned check_each_;
    tcp::acceptor acceptor_;
    std::list<connection_ptr> live_;
    std::unordered_set<std::string, text_hash, std::equal_to<>> ids_;
    std::unordered_map<std::string, load_clock::time_point, text_hash, std::equal_to<>> paid_;
    bool closed_ = false;
};

receiver::receiver(asio::io_context& context, receiver_options options)
    : impl_(std::make_shared<impl>(context, options)) {
    impl_->accept();
}

receiver::~receiver() {
    impl_->told_ = nullptr;
    impl_->close();
}

std::string receiver::url() const {
    return impl_->url();
}

void receiver::on_webhook(std::function<void(webhook const&)> told) {
    impl_->told_ = std::move(told);
}

void receiver::answer_with(unsigned status) {
    impl_->status_ = status;
}

receiver::counts const& receiver::counted() const noexcept {
    return impl_->counts_;
}

money receiver::heard() const noexcept {
    return impl_->heard_;
}

std::optional<load_clock::time_point> receiver::paid_at(std::string_view out_trade_no) const {
    return impl_->paid_at(out_trade_no);
}

void receiver::close() {
    impl_->close();
}

} // namespace wxgate::bench
