#include "sandbox/wechat_handler.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <array>

namespace wxgate::sandbox {

namespace {

using clock = std::chrono::steady_clock;

// No charset, as WeChat's own (protocol A1), although the body is UTF-8.
constexpr char const* plain = "text/plain";

net::http_reply reply_with(unsigned status, char const* type, std::string body) {
    net::http_reply r;
    r.status = status;
    r.content_type = type;
    r.body = std::move(body);
    r.headers.emplace_back("Server", "nginx");
    r.headers.emplace_back("Keep-Alive", "timeout=8");
    return r;
}

net::http_reply nginx_page(unsigned status, std::string_view title) {
    std::string const what = std::to_string(status) + " " + std::string(title);
    return reply_with(
        status,
        "text/html",
        "<html>\r\n<head><title>" + what + "</title></head>\r\n<body>\r\n<center><h1>" + what +
            "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
}

// What nginx says itself, before anything of WeChat's sees the call (protocol A2).
net::http_reply no_certificate_page() {
    return reply_with(
        400,
        "text/html",
        "<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n"
        "<center><h1>400 Bad Request</h1></center>\r\n"
        "<center>No required SSL certificate was sent</center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
}

bool is_one_of(std::optional<fault_kind> k, std::initializer_list<fault_kind> all) {
    return k && std::find(all.begin(), all.end(), *k) != all.end();
}

call_faults to_call_faults(fault const& f) {
    call_faults out;
    if (f.kind == fault_kind::system_error) {
        out.system_error = true;
        out.work = f.coin;
    }
    if (f.kind == fault_kind::bad_sign)
        out.sign = signing::wrong;
    if (f.kind == fault_kind::sign_probe)
        out.invent = true;
    return out;
}

// What the log of messages keeps of an answer: all, but of a bill, which may be large and binary, the
// beginning.
std::string logged(wechat_api::operation const& op, std::string const& body) {
    constexpr std::size_t most = 4096;
    if (op.plain == nullptr || body.size() <= most)
        return body;
    std::size_t end = most;
    while (end != 0 && (static_cast<unsigned char>(body[end]) & 0xC0U) == 0x80U) // within a character
        --end;
    return body.substr(0, end);
}

} // namespace

awaitable<net::http_reply> wechat_handler::handle(net::http_request const& request) {
    net::http_reply reply = co_await answered(request);
    reply.headers.emplace_back("Date", to_http_date(world_.clock.now()));
    co_return reply;
}

awaitable<net::http_reply> wechat_handler::answered(net::http_request const& request) {
    if (request.path.starts_with("/secapi/") && request.peer_common_name.empty())
        co_return without_certificate(request);
    if (auto const* const op = wechat_api::find_operation(request.path)) {
        net::http_reply reply = co_await signed_call(*op, request);
        co_return reply;
    }
    if (request.path == "/sns/jscode2session")
        co_return login(request);
    co_return nginx_page(404, "Not Found");
}

awaitable<net::http_reply>
wechat_handler::signed_call(wechat_api::operation const& op, net::http_request const& request) {
    auto const record = world_.log.add(
        world_.clock.now(), std::string(op.name), std::string(op.path), std::string(request.body)
    );
    record->client_certificate = request.peer_common_name;
    fault const f = world_.faults.draw(op.name);
    net::http_reply reply = reply_with(200, plain, {});
    if (f.kind)
        log::info("fault", {{"on", op.name}, {"do", to_string(*f.kind)}});
    if (f.delay.count() != 0)
        co_await wait(f.delay, request.deadline);
    bool const before = is_one_of(f.kind, {fault_kind::hang_before, fault_kind::reset_before});
    bool const after = is_one_of(f.kind, {fault_kind::hang_after, fault_kind::reset_after});
    if (f.kind == fault_kind::http_500) {
        reply = nginx_page(500, "Internal Server Error");
    } else if (!before) {
        api_reply answer = call(op, request, to_call_faults(f));
        if (!answer.note.empty())
            log::info("refused", {{"operation", op.name}, {"because", answer.note}});
        reply.body = std::move(answer.body);
        if (f.kind == fault_kind::garbage)
            reply.body.resize(reply.body.size() / 2);
    }
    if (before || after) {
        bool const hang = is_one_of(f.kind, {fault_kind::hang_before, fault_kind::hang_after});
        if (hang)
            co_await wait(f.ms.value_or(std::chrono::minutes(10)), request.deadline);
        reply.disconnect = true;
    } else {
        record->status = reply.status;
        record->response_body = logged(op, reply.body);
    }
    record->took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - request.received);
    co_return reply;
}

api_reply wechat_handler::call(
    wechat_api::operation const& op, net::http_request const& request, call_faults const& faults
) {
    auto const next_end = world_.refunds.next_end();
    api_reply answer = world_.api.call(
        op, request.method, request.body, world_.clock.now(), faults, request.peer_common_name
    );
    if (world_.refunds.next_end() != next_end)
        world_.something_is_due();
    return answer;
}

net::http_reply wechat_handler::without_certificate(net::http_request const& request) {
    net::http_reply reply = no_certificate_page();
    if (auto const* const op = wechat_api::find_operation(request.path)) {
        auto const record = world_.log.add(
            world_.clock.now(), std::string(op->name), std::string(op->path), std::string(request.body)
        );
        record->status = reply.status;
        record->response_body = reply.body;
    }
    return reply;
}

net::http_reply wechat_handler::login(net::http_request const& request) {
    auto const record = world_.log.add(world_.clock.now(), "jscode2session", std::string(request.path), {});
    for (std::string_view const name : {"appid", "js_code", "grant_type"})
        if (auto const value = query_value(request.query, name))
            record->request.set(name, as_utf8(*value)); // not the secret
    if (request.method != "GET")
        return nginx_page(405, "Not Allowed");
    net::http_reply reply = reply_with(200, plain, world_.logins.exchange(world_.merchants, request.query));
    record->status = reply.status;
    record->response_body = reply.body;
    return reply;
}

net::http_reply wechat_handler::refuse(unsigned status, std::string_view reason, std::string_view) {
    return nginx_page(status, reason);
}

// Sleeps, but never past the time by which the server wants its answer.
awaitable<void> wechat_handler::wait(std::chrono::milliseconds duration, clock::time_point until) {
    if (released_)
        co_return;
    auto const timer =
        std::make_shared<asio::steady_timer>(executor_, std::min(clock::now() + duration, until));
    auto const place = waiting_.insert(waiting_.end(), timer);
    co_await timer->async_wait(use_tuple);
    waiting_.erase(place);
}

void wechat_handler::release() {
    released_ = true;
    for (auto const& t : waiting_)
        t->cancel();
}

} // namespace wxgate::sandbox
