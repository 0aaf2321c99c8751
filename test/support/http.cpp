#include "support/http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace wxgate::test {

namespace {

bool same_name(std::string_view a, std::string_view b) {
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
        return lower(x) == lower(y);
    });
}

// The header section up to the empty line; nothing when the text is no HTTP/1.1 response.
std::optional<reply> parse_head(std::string_view head) {
    if (!head.starts_with("HTTP/1.1 ") || head.size() < 12)
        return std::nullopt;
    reply r;
    r.status = static_cast<unsigned>((head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0'));
    auto line = head.find("\r\n");
    while (line != std::string_view::npos) {
        auto const begin = line + 2;
        line = head.find("\r\n", begin);
        auto const text = head.substr(begin, line == std::string_view::npos ? line : line - begin);
        auto const colon = text.find(':');
        if (colon == std::string_view::npos)
            continue;
        auto value = text.substr(colon + 1);
        while (!value.empty() && value.front() == ' ')
            value.remove_prefix(1);
        r.headers.emplace_back(text.substr(0, colon), value);
    }
    return r;
}

std::mutex noting;
std::string first_secret;

void look_for_secrets(std::string const& received) {
    for (auto const* secret :
         {"CANARYkey", "CANARYsecret", "CANARYbearer", "CANARYsession", "CANARYpassword", "CANARYhook"}) {
        auto const at = received.find(secret);
        if (at == std::string::npos)
            continue;
        std::lock_guard const lock(noting);
        if (first_secret.empty())
            first_secret = received.substr(at > 200 ? at - 200 : 0, 300);
    }
}

} // namespace

std::string secret_in_a_reply() {
    std::lock_guard const lock(noting);
    return first_secret;
}

std::string reply::header(std::string_view name) const {
    for (auto const& [n, v] : headers)
        if (same_name(n, name))
            return v;
    return {};
}

std::size_t reply::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), [&](auto const& h) {
        return same_name(h.first, name);
    }));
}

json::value reply::parsed() const {
    boost::system::error_code ec;
    auto v = boost::json::parse(body, ec);
    return ec ? json::value() : v;
}

std::string reply::describe() const {
    if (status == 0)
        return "no answer";
    return std::to_string(status) + " " + header("Content-Type") + " " + body.substr(0, 600);
}

connection::connection(std::uint16_t port, int receive_buffer) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer != 0)
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) {
        ::close(socket_);
        throw std::runtime_error("nobody listens on port " + std::to_string(port));
    }
    int const on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

connection::~connection() {
    if (socket_ >= 0)
        ::close(socket_);
}

connection::connection(connection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), ended_(other.ended_), buffer_(std::move(other.buffer_)) {
}

bool connection::send(std::string_view bytes) {
    auto const until = steady::now() + 20s;
    while (!bytes.empty()) {
        auto const n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
            continue;
        }
        if (errno != EAGAIN || steady::now() > until)
            return false;
        pollfd waiting{socket_, POLLOUT, 0};
        ::poll(&waiting, 1, 100);
    }
    return true;
}

bool connection::send_pieces(std::vector<std::string> const& pieces) {
    for (auto const& piece : pieces) {
        if (!send(piece))
            return false;
        // Wait until the peer's kernel has it, so that the next piece is a segment of its own.
        int waiting = 1;
        eventually(200ms, [&] {
            tcp_info info{};
            socklen_t size = sizeof info;
            waiting = ::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
                          ? static_cast<int>(info.tcpi_unacked)
                          : 0;
            return waiting == 0;
        });
    }
    return true;
}

bool connection::fill(steady::time_point until) {
    if (ended_)
        return false;
    auto const left = std::chrono::duration_cast<milliseconds>(until - steady::now()).count();
    pollfd waiting{socket_, POLLIN, 0};
    if (left < 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0)
        return false;
    std::array<char, 16384> chunk;
    auto const n = ::recv(socket_, chunk.data(), chunk.size(), 0);
    if (n <= 0) {
        ended_ = true;
        return false;
    }
    buffer_.append(chunk.data(), static_cast<std::size_t>(n));
    return true;
}

reply connection::read(milliseconds bound, bool interim, bool head) {
    auto const until = steady::now() + bound;
    for (;;) {
        auto end = buffer_.find("\r\n\r\n");
        while (end == std::string::npos) {
            if (!fill(until))
                return {};
            end = buffer_.find("\r\n\r\n");
        }
        auto parsed = parse_head(std::string_view(buffer_).substr(0, end));
        if (!parsed)
            return {};
        look_for_secrets(buffer_.substr(0, end));
        buffer_.erase(0, end + 4);
        auto r = std::move(*parsed);
        if (r.status == 100 && !interim)
            continue;
        if (r.status < 200 || r.status == 204 || r.status == 304 || head) {
            r.whole = true;
            return r;
        }
        auto const length = r.header("Content-Length");
        if (length.empty()) { // until the peer closes
            while (fill(until)) {
            }
            r.body = std::exchange(buffer_, {});
            look_for_secrets(r.body);
            r.whole = ended_;
            return r;
        }
        auto const size = std::stoul(length);
        while (buffer_.size() < size && fill(until)) {
        }
        r.whole = buffer_.size() >= size;
        r.body = buffer_.substr(0, size);
        look_for_secrets(r.body);
        buffer_.erase(0, size);
        return r;
    }
}

bool connection::closed_within(milliseconds bound) {
    auto const until = steady::now() + bound;
    while (fill(until)) {
    }
    return ended_;
}

void connection::shutdown_write() {
    ::shutdown(socket_, SHUT_WR);
}

void connection::reset() {
    linger const at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(std::exchange(socket_, -1));
}

std::string request::to_string() const {
    auto text = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    for (auto const& [name, value] : headers)
        text += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH")
        text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text + "\r\n" + body;
}

reply exchange_raw(std::uint16_t port, std::string_view bytes, milliseconds bound) {
    connection c(port);
    c.send(bytes);
    return c.read(bound);
}

reply exchange(std::uint16_t port, request const& r, milliseconds bound) {
    connection c(port);
    c.send(r.to_string());
    return c.read(bound, false, r.method == "HEAD");
}

api::api(std::uint16_t port, std::string bearer, bool keep_alive)
    : port_(port), bearer_(std::move(bearer)), keep_alive_(keep_alive) {
}

reply api::send(request r) const {
    if (!bearer_.empty())
        r.headers.emplace_back("Authorization", "Bearer " + bearer_);
    if (!keep_alive_)
        return exchange(port_, r);
    for (auto const fresh : {!kept_, true}) {
        if (fresh)
            kept_ = std::make_shared<connection>(port_);
        kept_->send(r.to_string());
        auto answer = kept_->read(15s, false, r.method == "HEAD");
        if (answer.status != 0 && answer.header("Connection") == "close")
            kept_.reset();
        if (answer.status != 0 || fresh)
            return answer;
    }
    return {};
}

reply api::get(std::string const& target, header_list headers) const {
    return send({"GET", target, std::move(headers), {}});
}

reply api::post(std::string const& target, json::value const& body, header_list headers) const {
    return post_text(target, json::serialize(body), std::move(headers));
}

reply api::post_text(std::string const& target, std::string body, header_list headers) const {
    if (!body.empty())
        headers.emplace_back("Content-Type", "application/json");
    return send({"POST", target, std::move(headers), std::move(body)});
}

reply api::put(std::string const& target, json::value const& body) const {
    return send({"PUT", target, {{"Content-Type", "application/json"}}, json::serialize(body)});
}

reply api::del(std::string const& target) const {
    return send({"DELETE", target, {}, {}});
}

std::string text_of(json::value const& object, std::string_view name) {
    auto const v = member(object, name);
    return v.is_string() ? std::string(v.get_string().c_str(), v.get_string().size()) : std::string();
}

std::int64_t number_of(json::value const& object, std::string_view name) {
    auto const v = member(object, name);
    return v.is_int64() ? v.get_int64() : -1;
}

json::value member(json::value const& object, std::string_view name) {
    if (!object.is_object())
        return {};
    auto const* found = object.get_object().if_contains(json::string_view(name.data(), name.size()));
    return found ? *found : json::value();
}

json::object with(json::object object, json::object const& changes) {
    for (auto const& change : changes) {
        if (change.value().is_null())
            object.erase(change.key());
        else
            object[change.key()] = change.value();
    }
    return object;
}

reply parse_reply(std::string_view text) {
    auto const end = text.find("\r\n\r\n");
    auto parsed = end == std::string_view::npos ? std::nullopt : parse_head(text.substr(0, end));
    if (!parsed)
        return {};
    parsed->body = text.substr(end + 4);
    parsed->whole = true;
    return std::move(*parsed);
}

} // namespace wxgate::test
