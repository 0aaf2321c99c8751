#include "client/upstream.hpp"

#include <stdexcept>

namespace wxgate {

using clock = std::chrono::steady_clock;

namespace {

constexpr unsigned failures_to_be_bad = 3;
constexpr auto time_to_be_bad = std::chrono::seconds(30); // the SDK allows 180 at most

// Hands on what comes, and remembers that something did and whether it was wanted.
class watched_sink final : public net::download_sink {
public:
    explicit watched_sink(net::download_sink& sink) : sink_(sink) {}

    awaitable<error_code> take(std::string_view piece) override {
        begun_ = true;
        error_code const ended = co_await sink_.take(piece);
        refused_ = ended.failed();
        co_return ended;
    }

    bool begun() const noexcept { return begun_; }

    bool refused() const noexcept { return refused_; }

private:
    net::download_sink& sink_;
    bool begun_ = false;
    bool refused_ = false;
};

} // namespace

std::unique_ptr<net::http_client> make_pool(
    asio::any_io_executor executor,
    std::string const& text,
    char const* key,
    net::tls_context_ptr const& tls,
    client_limits const& limits,
    std::string const& identity
) {
    auto const parsed = net::parse_url(text);
    if (!parsed)
        throw std::runtime_error(std::string(key) + ": not a URL (http or https, host, port): " + text);
    net::http_client_options const pool_options{limits, false, identity};
    return std::make_unique<net::http_client>(
        std::move(executor), *parsed, parsed->tls ? tls : nullptr, pool_options
    );
}

upstream::upstream(
    asio::any_io_executor executor,
    client_options const& options,
    net::tls_context_ptr tls,
    std::string const& identity
) {
    hosts_.push_back(
        {make_pool(executor, options.url, "url", tls, options.limits, identity),
         net::parse_url(options.url)->path,
         0,
         {}}
    );
    if (options.backup_url.empty())
        return;
    auto backup =
        make_pool(std::move(executor), options.backup_url, "backup_url", tls, options.limits, identity);
    hosts_.push_back({std::move(backup), net::parse_url(options.backup_url)->path, 0, {}});
}

std::size_t upstream::preferred() const {
    bool const main_is_bad = hosts_.front().bad_until > clock::now();
    return hosts_.size() > 1 && main_is_bad && hosts_.back().bad_until <= clock::now() ? 1 : 0;
}

void upstream::note(host& h, net::exchange_result const& answer) {
    if (answer) {
        h.failures = 0;
        h.bad_until = {};
        return;
    }
    if (answer.error().code == errc::pool_exhausted || answer.error().code == errc::shutting_down)
        return; // ours, not the host's
    if (++h.failures >= failures_to_be_bad)
        h.bad_until = clock::now() + time_to_be_bad;
}

net::exchange_request upstream::request_to(host const& h, std::string const& path, std::string const& body) {
    net::exchange_request request;
    request.target = h.base_path + path;
    request.content_type = "text/xml; charset=utf-8";
    request.headers = {{"Accept", "text/xml, text/plain, application/x-gzip"}, {"User-Agent", "wxgate/1"}};
    request.body = body;
    return request;
}

awaitable<net::exchange_result>
upstream::post(std::string path, std::string body, bool repeatable, steady_point until) {
    std::size_t const first = preferred();
    for (std::size_t tried = 1;; ++tried) {
        host& h = hosts_[(first + tried - 1) % hosts_.size()];
        net::exchange_request request = request_to(h, path, body);
        request.repeatable = repeatable;
        net::exchange_result answer = co_await h.pool->exchange(std::move(request), until);
        note(h, answer);
        bool const may_go_on = !answer && (repeatable || !answer.error().sent);
        if (!may_go_on || tried == hosts_.size() || clock::now() >= until)
            co_return answer;
    }
}

awaitable<net::exchange_result>
upstream::download(std::string path, std::string body, net::download_sink& sink, steady_point until) {
    watched_sink watched(sink);
    std::size_t const first = preferred();
    for (std::size_t tried = 1;; ++tried) {
        host& h = hosts_[(first + tried - 1) % hosts_.size()];
        net::exchange_request request = request_to(h, path, body);
        request.repeatable = true;
        net::exchange_result answer = co_await h.pool->download(std::move(request), watched, until);
        if (!watched.refused()) // else the host did nothing wrong
            note(h, answer);
        bool const may_go_on = !answer && !watched.begun();
        if (!may_go_on || tried == hosts_.size() || clock::now() >= until)
            co_return answer;
    }
}

awaitable<bool> upstream::reachable(steady_point until) {
    std::size_t const first = preferred();
    for (std::size_t tried = 0; tried < hosts_.size(); ++tried) {
        host& h = hosts_[(first + tried) % hosts_.size()];
        error_code const failed = co_await h.pool->warm(until);
        if (!failed || failed == errc::pool_exhausted)
            co_return true;
    }
    co_return false;
}

void upstream::close() {
    for (auto& h : hosts_)
        h.pool->close();
}

} // namespace wxgate
