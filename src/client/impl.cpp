#include "client/impl.hpp"

#include "client/login.hpp"

namespace wxgate {

using clock = std::chrono::steady_clock;

namespace {

// None of the three may hold a line feed.
std::string account_key(std::string_view mch_id, std::string_view appid, std::string_view sub_mch_id) {
    return std::string(mch_id).append("\n").append(appid).append("\n").append(sub_mch_id);
}

bool same(client_certificate const& a, client_certificate const& b) {
    return a.certificate == b.certificate && a.private_key == b.private_key;
}

} // namespace

client::impl::impl(asio::any_io_executor executor, client_options options)
    : executor_(executor), options_(std::move(options)), tls_(net::make_client_tls({options_.ca_file, {}})),
      plain_(std::make_shared<upstream>(executor, options_, tls_)),
      login_(make_pool(executor, options_.login_url, "login_url", tls_, options_.limits)),
      login_path_(net::parse_url(options_.login_url)->path) {
}

unknown client::impl::no_certificate() {
    return {make_error_code(errc::certificate_refused), "no client certificate is set", false, {}};
}

// A replaced identity lives as long as its calls.
std::shared_ptr<upstream> client::impl::hosts_of(operation const& what, account const& who) const {
    if (!what.certificate)
        return plain_;
    auto const found = identities_.find(who.mch_id);
    return found == identities_.end() ? nullptr : found->second.hosts;
}

void client::impl::tell(
    std::string_view call, std::string_view result, std::string const& why, clock::time_point began
) const {
    if (options_.observe)
        options_.observe(call, result, clock::now() - began);
    if (options_.log && result == "unknown")
        options_.log(log_level::warning, std::string(call) + ": " + why);
}

awaitable<outcome<fields>>
client::impl::call(operation what, account const& who, fields message, sign_type type, steady_point until) {
    auto const began = clock::now();
    auto const hosts = hosts_of(what, who);
    if (!hosts)
        co_return no_certificate();
    std::string body = signed_document(std::move(message), who, type);
    std::string path(what.path);
    auto const answer = co_await hosts->post(std::move(path), std::move(body), what.repeatable, until);
    if (answer && answer->date && options_.observe_date)
        options_.observe_date(std::chrono::milliseconds(*answer->date));
    auto result = judge(what, answer, who, type);
    tell(what.name, name_of(result), result ? std::string() : result.error().message(), began);
    co_return result;
}

awaitable<outcome<login_result>> client::impl::login(std::string query, steady_point until) {
    auto const began = clock::now();
    net::exchange_request request;
    request.method = "GET";
    request.target = login_path_ + "/sns/jscode2session?" + query;
    auto const answer = co_await login_->exchange(std::move(request), until);
    auto result = read_login(answer);
    tell("jscode2session", name_of(result), result ? std::string() : result.error().message(), began);
    co_return result;
}

void client::impl::use_certificate(std::string const& mch_id, client_certificate const& pair) {
    if (pair.empty()) {
        identities_.erase(mch_id);
        return;
    }
    if (auto const mine = identities_.find(mch_id);
        mine != identities_.end() && same(mine->second.pair, pair))
        return; // its connections stay
    for (auto const& [other, known] : identities_)
        if (same(known.pair, pair)) {
            identity const shared = known;
            identities_.insert_or_assign(mch_id, shared);
            return;
        }
    auto tls = net::make_client_tls({options_.ca_file, {pair.certificate, pair.private_key}});
    auto hosts = std::make_shared<upstream>(executor_, options_, std::move(tls), mch_id);
    identities_.insert_or_assign(mch_id, identity{pair, std::move(hosts)});
}

std::shared_ptr<account const> client::impl::use_account(account who) {
    auto kept = std::make_shared<account const>(std::move(who));
    accounts_.insert_or_assign(account_key(kept->mch_id, kept->appid, kept->sub_mch_id), kept);
    return kept;
}

std::shared_ptr<account const> client::impl::find_account(
    std::string_view mch_id, std::string_view appid, std::string_view sub_mch_id
) const {
    auto const found = accounts_.find(account_key(mch_id, appid, sub_mch_id));
    return found == accounts_.end() ? nullptr : found->second;
}

connection_counts client::impl::connections() const noexcept {
    connection_counts all;
    auto const add = [&](net::http_client::counts const& c) {
        all.open += c.open;
        all.idle += c.idle;
        all.opened += c.opened;
        all.resumed += c.resumed;
    };
    add(plain_->connections());
    add(login_->connections());
    for (auto i = identities_.begin(); i != identities_.end(); ++i) {
        bool counted = false; // under another mch_id
        for (auto j = identities_.begin(); j != i; ++j)
            counted = counted || j->second.hosts == i->second.hosts;
        if (!counted)
            add(i->second.hosts->connections());
    }
    return all;
}

void client::impl::close() {
    plain_->close();
    login_->close();
    for (auto const& [mch_id, known] : identities_)
        known.hosts->close();
}

} // namespace wxgate
