// The system under test: the real gateway on SQLite (or on PostgreSQL, where conf/scratch-postgres runs the
// test), against the real sandbox or the scripted stand-in, on loopback and on ports the kernel chose.
// Everything is reached as an outsider reaches it: HTTP, files, signals.
#pragma once

#include "support/database.hpp"
#include "support/operator_client.hpp"
#include "support/postgres_schema.hpp"
#include "support/process.hpp"
#include "support/stand_in.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::test {

/// Sanitizers keep memory for themselves: what a program holds is then not measured.
#ifdef WXGATE_SANITIZED
inline constexpr bool memory_is_measured = false;
#else
inline constexpr bool memory_is_measured = true;
#endif

enum class against { sandbox, stand_in };

/// What the secrets of these tests begin with or hold. (A full openid holds CANARY too, which a log must not
/// show.)
inline constexpr char const* secret_marks[] = {
    "CANARYkey", "CANARYsecret", "CANARYbearer", "CANARYsession", "CANARYpassword", "CANARYhook"};

struct system_options {
    against upstream = against::sandbox;
    int time_scale = 1;
    /// What is between the gateway and the sandbox: gets the sandbox's port, gives the one to call.
    std::function<std::uint16_t(std::uint16_t, certificate_files const&)> between;
    /// Changes the merchants, which are the gateway's and the sandbox's, before anything is started.
    std::function<void(std::vector<merchant_config>&)> merchants;
    /// The last word on the gateway's configuration.
    std::function<void(gateway_config&)> adjust;
    /// What the gateway's environment has beside this process's, asked at each start; gets the folder in
    /// which it runs (its store is wxgate.db there).
    std::function<std::vector<std::pair<std::string, std::string>>(scratch const&)> environment;
};

/// What must be the same again after something bad was sent.
struct health {
    std::size_t open_files = 0;
    std::size_t rss_bytes = 0;
    std::string digest; // of the store but its anomalies
    std::int64_t anomalies = 0;
};

/// Merchants: `shop` and `rival` (HMAC-SHA256), `plain` (MD5); each has a client certificate, and the refunds
/// of `shop` and `plain` are approved by themselves, those of `rival` by people. API keys: `shop`, `rival`,
/// `plain` (all scopes), `reader` (read), `payer` (pay), `limited` (all scopes, 5 a second; all three of
/// shop). Operators: `alice` and `bob` (approver), `root` (admin), `vera` (viewer).
class system_under_test {
public:
    explicit system_under_test(system_options options = {});
    ~system_under_test();
    system_under_test(system_under_test const&) = delete;
    system_under_test& operator=(system_under_test const&) = delete;

    /// Starts the gateway and waits until it is ready; on the ports it had before, if it ran before. Throws
    /// when it ends.
    void start_gateway();

    /// SIGTERM, and how it ended; nothing when it did not within the bound.
    std::optional<exit_status> stop_gateway(milliseconds bound = 15s);

    /// kill -9.
    void kill_gateway();

    process& gateway();
    process& sandbox();
    stand_in& upstream();

    std::uint16_t port() const noexcept { return config_.port; }

    gateway_config const& config() const noexcept { return config_; }

    /// Writes the configuration again, changed; the next start or SIGHUP reads it.
    void reconfigure(std::function<void(gateway_config&)> const& change);

    std::string config_file() const;

    api with_key(std::string const& name, bool keep_alive = false) const;
    api anonymous() const;
    api admin() const;
    api control() const;
    merchant_config const& merchant(std::string const& name) const;
    operator_config const& person(std::string const& name) const;

    /// Somebody's browser at the operators' listener: nobody has signed in.
    operator_client visitor() const;

    /// An operator who has signed in; throws unless it is 200. Each call begins a session of its own.
    operator_client sign_in(std::string const& name) const;

    /// A request for a payment that is valid as it is, with a number of its own, with these members changed
    /// (null: left out).
    json::object order(json::object const& changes = {}) const;

    /// Creates a payment with the key `key`; throws unless it is 201.
    json::value create(json::object const& changes = {}, std::string const& key = "shop") const;

    /// The payment as it is now; throws unless it is 200.
    json::value payment(
        std::string const& out_trade_no, std::string const& key = "shop", std::string const& query = {}
    ) const;
    std::string state(std::string const& out_trade_no, std::string const& key = "shop") const;

    /// Posts a notification to `merchant`'s path, signed with its key and algorithm.
    reply notify(message const& fields, std::string const& merchant = "shop") const;
    reply notify_text(std::string const& document, std::string const& merchant = "shop") const;

    /// What the customer's wx.requestPayment does, at the sandbox.
    reply pay(json::value const& payment, std::string const& query = {}) const;

    /// Creates a payment, pays it (or tells the gateway so, with the stand-in) and waits until it is SUCCESS.
    json::value paid(json::object const& changes = {}, std::string const& key = "shop") const;

    /// Asks for a refund of `fee` with a number of its own, with these members changed (null: left out).
    json::object refund_request(std::int64_t fee, json::object const& changes = {}) const;
    reply refund(
        std::string const& out_trade_no, json::object const& request, std::string const& key = "shop"
    ) const;

    /// The refund as it is now; throws unless it is 200.
    json::value refund_of(std::string const& out_refund_no, std::string const& key = "shop") const;
    std::string refund_status(std::string const& out_refund_no, std::string const& key = "shop") const;

    /// Waits until the refund has this status.
    bool refund_becomes(
        std::string const& out_refund_no,
        std::string const& status,
        std::string const& key = "shop",
        milliseconds bound = 20s
    ) const;

    /// Posts to `merchant`'s path for refunds.
    reply notify_refund(std::string const& document, std::string const& merchant = "shop") const;

    /// Who certifies the merchants' certificates that the sandbox (and nobody else) believes.
    client_authority const& merchants_authority() const { return *authority_; }

    /// The sandbox's messages (newest first) of one kind that hold this text.
    std::vector<json::value> sandbox_calls(std::string const& operation, std::string const& holding) const;

    /// Messages of one kind about one order that the sandbox has received.
    std::size_t sandbox_received(std::string const& call, std::string const& out_trade_no) const;

    database store() const;

    /// The URL of the gateway's store, as another gateway beside it is given it.
    std::string const& store_url() const noexcept { return config_.store; }

    std::int64_t anomalies(std::string const& out_trade_no = {}) const;
    std::int64_t events(std::string const& out_trade_no, std::string const& trade_state = {}) const;

    health mark() const;

    /// Alive, serving, and the store as it was; else what is wrong. `changed`: the store may differ.
    std::string trouble_since(health const& before, bool changed = false);

    /// Files and memory are back within noise; else what is wrong. For the end of a table.
    std::string leaks_since(health const& before);

    /// Everything the gateway has written to stderr.
    std::string logs() const;

    /// The same, with the lines of all requests that were answered before: they may lie in a buffer for a
    /// moment.
    std::string logs_to_now();

    /// Secrets in logs, metrics, database or any reply; "" when there are none.
    std::string leaked();

    scratch const& dir() const noexcept { return dir_; }

private:
    void certify_merchants();
    void start_sandbox();
    void start_stand_in();
    bool try_start_gateway(); // false: a port was taken

    system_options options_;
    scratch dir_;
    std::unique_ptr<postgres_schema> schema_; // null: SQLite
    gateway_config config_;
    sandbox_config sandbox_config_;
    std::unique_ptr<client_authority> authority_;
    std::uint16_t control_port_ = 0;
    bool started_before_ = false;
    std::optional<process> sandbox_;
    std::unique_ptr<stand_in> stand_in_;
    std::optional<process> gateway_;
    std::string seed_; // out_trade_no of a payment that is always there
};

} // namespace wxgate::test
