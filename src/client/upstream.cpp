#include "client/upstream.hpp"

#include <stdexcept>

namespace wxgate {

using clock = std::chrono::steady_clock;

namespace {

net::exchange_result nobody_there() {
    return net::exchange_failure{
        make_error_code(errc::connect_failed), "none of WeChat's hosts could be reached lately", false};
}

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
    std::string const& identity,
    circuit_limits const& circuits
)
    : patience_(options.limits.timeout), log_(options.log) {
    auto const add = [&](std::string const& url, char const* key) {
        auto pool = make_pool(executor, url, key, tls, options.limits, identity);
        auto const parsed = *net::parse_url(url);
        hosts_.push_back({parsed.origin(), std::move(pool), parsed.path, circuit(circuits)});
    };
    add(options.url, "url");
    if (!options.backup_url.empty())
        add(options.backup_url, "backup_url");
}

// The host to ask next, if any: main before backup, and none that is shut.
upstream::host* upstream::choose(host const* but) {
    auto const now = clock::now();
    host* poor = nullptr;
    for (auto& h : hosts_) {
        auto const standing = h.health.at(now);
        if (&h == but || standing == circuit::standing::shut)
            continue;
        if (standing == circuit::standing::good)
            return &h;
        if (poor == nullptr)
            poor = &h;
    }
    return poor;
}

void upstream::note(host& h, net::exchange_result const& answer, steady_point until) const {
    bool const was_good = h.good;
    judge(h, answer, until);
    h.good = h.health.at(clock::now()) == circuit::standing::good;
    if (!log_ || h.good == was_good)
        return;
    if (h.good)
        log_(log_level::info, h.name + ": answers again");
    else
        log_(log_level::warning, h.name + ": does not answer: " + answer.error().code.message());
}

void upstream::judge(host& h, net::exchange_result const& answer, steady_point until) {
    auto const now = clock::now();
    if (answer)
        return h.health.answered();
    auto const why = answer.error();
    bool const too_late = !why.sent && now >= until; // the caller's own time was over
    if (why.code == errc::certificate_refused)       // the host is well: it is ours that it dislikes
        h.health.answered();
    else if (too_late || why.code == errc::pool_exhausted || why.code == errc::shutting_down || why.code == errc::cancelled)
        h.health.withdrawn(now);
    else
        h.health.failed(now, why.sent);
}

net::exchange_request upstream::request_to(host const& h, std::string const& path, std::string const& body) {
    net::exchange_request request;
    request.target = h.base_path + path;
    request.content_type = "text/xml; charset=utf-8";
    request.headers.reserve(2);
    request.headers.emplace_back("Accept", "text/xml, text/plain, application/x-gzip");
    request.headers.emplace_back("User-Agent", "wxgate/1");
    request.body = body;
    return request;
}

awaitable<net::exchange_result>
upstream::post(std::string path, std::string body, bool repeatable, steady_point until) {
    net::exchange_result answer = nobody_there();
    host* h = choose(nullptr);
    for (std::size_t tried = 1; h != nullptr; ++tried) {
        net::exchange_request request = request_to(*h, path, body);
        request.repeatable = repeatable;
        h->health.begin(clock::now(), patience_);
        answer = co_await h->pool->exchange(std::move(request), until);
        note(*h, answer, until);
        bool const may_go_on =
            !answer && answer.error().code != errc::cancelled && (repeatable || !answer.error().sent);
        if (!may_go_on || tried == hosts_.size() || clock::now() >= until)
            break;
        h = choose(h);
    }
    co_return answer;
}

awaitable<net::exchange_result>
upstream::download(std::string path, std::string body, net::download_sink& sink, steady_point until) {
    watched_sink watched(sink);
    net::exchange_result answer = nobody_there();
    host* h = choose(nullptr);
    for (std::size_t tried = 1; h != nullptr; ++tried) {
        net::exchange_request request = request_to(*h, path, body);
        request.repeatable = true;
        h->health.begin(clock::now(), patience_);
        answer = co_await h->pool->download(std::move(request), watched, until);
        if (watched.refused()) // the host did nothing wrong
            h->health.answered();
        else
            note(*h, answer, until);
        bool const may_go_on = !answer && answer.error().code != errc::cancelled && !watched.begun();
        if (!may_go_on || tried == hosts_.size() || clock::now() >= until)
            break;
        h = choose(h);
    }
    co_return answer;
}

// No trial of a circuit: a connection says nothing of how its host answers.
awaitable<bool> upstream::reachable(steady_point until) {
    host* h = choose(nullptr);
    for (std::size_t tried = 1; h != nullptr; ++tried) {
        error_code const failed = co_await h->pool->warm(until);
        if (!failed || failed == errc::pool_exhausted)
            co_return true;
        if (tried == hosts_.size())
            break;
        h = choose(h);
    }
    co_return false;
}

net::http_client::counts upstream::connections() const noexcept {
    net::http_client::counts all;
    for (auto const& h : hosts_) {
        auto const c = h.pool->connections();
        all.open += c.open;
        all.idle += c.idle;
        all.opened += c.opened;
        all.resumed += c.resumed;
    }
    return all;
}

void upstream::close() {
    for (auto& h : hosts_)
        h.pool->close();
}

} // namespace wxgate
