// The client against the sandbox, over real TLS, in one process. `stage` is one thread with a clock that the
// test moves.
#pragma once

#include "net/http_server.hpp"
#include "sandbox/control.hpp"
#include "sandbox/wechat_handler.hpp"
#include "support.hpp"

#include <wxgate/client.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wxgate::embed_test {

using namespace std::chrono_literals;
using sandbox::test::key;
using sandbox::test::noon;

inline constexpr std::string_view provider_mch_id = "1900000001";
inline constexpr std::string_view shop_mch_id = "1900000109";
inline constexpr std::string_view shop_appid = "wx00000000000000aa";

/// The merchants of the sandbox's tests and a service provider with one shop.
sandbox::settings merchants();

account direct(sign_type type = sign_type::md5);
account provider();

unified_order_request order(std::string number = "order0001", std::string trade_type = "JSAPI");
refund_request refund_of(std::string number, std::int64_t fee);
micropay_request scanned(std::string auth_code, std::string number = "order0001");

/// Certificates of a CA of the stage's own, as files and as text.
class identities {
public:
    identities();

    std::string ca_file() const { return (files_.path() / "ca.pem").string(); }

    net::tls_context_ptr server_tls() const;

    client_certificate merchant(std::string const& mch_id) const;

private:
    sandbox::test::scratch files_;
    net::issued_certificate ca_;
};

inline steady_point soon(std::chrono::milliseconds in = 5s) {
    return std::chrono::steady_clock::now() + in;
}

void must_not_throw(std::exception_ptr const& failed);

/// How a call ended, in a form that tests compare.
template <class T>
std::string how(outcome<T> const& o) {
    if (o)
        return "accepted";
    if (auto const r = o.error().as_refused())
        return "refused " + r->err_code;
    auto const u = o.error().as_unknown();
    return "unknown " + std::to_string(u->code.value()) + (u->sent ? " sent" : " unsent");
}

inline std::string unknown_as(errc code, bool sent) {
    return "unknown " + std::to_string(static_cast<int>(code)) + (sent ? " sent" : " unsent");
}

struct stage {
    explicit stage(client_options options = {});
    ~stage();
    stage(stage const&) = delete;
    stage& operator=(stage const&) = delete;

    template <class T>
    T run(awaitable<T> work) {
        std::optional<T> got;
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr failed, T value) {
            must_not_throw(failed);
            got.emplace(std::move(value));
        });
        context.restart();
        while (!got && context.run_one_for(20s) != 0) {
        }
        BOOST_TEST_REQUIRE(got.has_value());
        return std::move(*got);
    }

    /// On the next `times` of `on`.
    void fault(std::string const& what, std::string const& on, int ms = 20, int times = 1);

    void no_faults() { w.faults.clear(); }

    /// The user pays an order of direct().
    void pay(std::string const& number);

    /// Places and pays one.
    void paid(std::string const& number = "order0001");

    sandbox::control_reply control(
        std::string_view method, std::string_view path, std::string const& body, std::string_view query = {}
    );

    unix_ms now = noon;
    identities who;
    asio::io_context context{1};
    sandbox::world w;
    sandbox::wechat_handler handler;
    std::unique_ptr<net::http_server> server;
    std::string url;
    std::optional<client> owned;

    client& wechat() { return *owned; }
};

} // namespace wxgate::embed_test
