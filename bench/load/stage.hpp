// What a load verb plays on: a sandbox and a gateway of its own in a scratch folder, or a gateway that is
// running already.
#pragma once

#include "load/child.hpp"
#include "load/http_driver.hpp"
#include "load/scratch.hpp"
#include "report/report.hpp"

#include <wxgate/messages.hpp>

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::bench {

/// The one merchant of a stage. Its number and appid are always these (a preloaded store has them), its key
/// is fresh.
inline constexpr char const* stage_merchant = "shop";
inline constexpr char const* stage_mch_id = "10000100";
inline constexpr char const* stage_appid = "wx2421b1c4370ec43b";

struct stage_options {
    // ---- from the command line (add_stage_options)
    std::string bin; // folder of the programs; "": this program's own
    std::string dir; // where the scratch folder is made; "": $TMPDIR or here, see scratch.hpp
    std::string
        store; // SQLite file (used and kept) or postgresql://…; "": a fresh file in the scratch folder
    bool keep = false;    // the scratch folder
    unsigned threads = 0; // of the gateway (server.threads); 0: one a core
    std::string sign_type = "HMAC-SHA256";
    std::string url;     // of a gateway that is running: nothing is started
    std::string key;     // its API key
    std::string admin;   // its admin listener, for its metrics; may be ""
    std::string control; // its sandbox's control listener; may be ""

    // ---- from the verb
    std::string webhook_url; // the receiver's; "": the gateway tells nobody
    std::string webhook_secret;
    std::string refund_approval = "manual"; // or auto
    bool with_operators = false;            // two approvers: alice asks, bob decides
    /// Further keys, by section of the gateway's file: "server", "upstream", "refunds", "background".
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> more;
};

/// Adds --bin, --dir, --store, --keep, --threads, --sign-type, --url, --key, --admin, --control.
void add_stage_options(boost::program_options::options_description& to);

/// Throws usage_error.
stage_options read_stage_options(boost::program_options::variables_map const& with);

struct stage_operator {
    std::string name;
    std::string password;
};

/// Blocks until both programs answer; an interrupt ends that wait with `interrupted`. Throws usage_error for
/// what the options ask for and cannot be had, std::runtime_error (with the program's last words) for a start
/// that failed. The destructor stops the programs by SIGTERM (SIGKILL after 15 s) and removes the folder.
/// Made and destroyed on the main thread: the programs die with it.
class stage {
public:
    explicit stage(stage_options options);
    ~stage();
    stage(stage const&) = delete;
    stage& operator=(stage const&) = delete;

    /// False: it plays on a gateway that was running already, and what is optional below may not be there.
    bool own() const noexcept { return options_.url.empty(); }

    stage_options const& options() const noexcept { return options_; }

    host_port const& gateway() const noexcept { return gateway_address_; }

    std::optional<host_port> const& admin() const noexcept { return admin_address_; }

    /// Of the sandbox.
    std::optional<host_port> const& control() const noexcept { return control_address_; }

    /// "Bearer …", as the Authorization header wants it.
    std::string authorization() const { return "Bearer " + options_.key; }

    // Of an own stage only.

    pid_t gateway_pid() const; // throws std::logic_error when not own()
    pid_t sandbox_pid() const;

    /// The merchant, with the key that WeChat's messages are signed with.
    account const& merchant() const noexcept { return merchant_; }

    std::vector<stage_operator> const& operators() const noexcept { return operators_; }

    /// A SQLite file, or the URL of a PostgreSQL database (is_database()); "" when it is not known.
    std::string const& store_file() const noexcept { return store_file_; }

    std::string const& upstream_url() const noexcept { return upstream_url_; }

    std::string const& ca_file() const noexcept { return ca_file_; }

    scratch const& folder() const { return folder_.value(); }

    std::string program(std::string const& name) const; // its path

    /// False when one of the programs has ended.
    bool alive();

    /// From SIGTERM (or `signal`) to its end; true when it ended with 0.
    bool stop_gateway(int signal = 15);

    /// Starts it again with the same file.
    void start_gateway();

    /// The gateway's counters and gauges by name, all labels summed up; empty when admin() is not there.
    std::map<std::string, double> metrics() const;

    /// Adds configuration and warnings.
    void describe(report& r) const;

private:
    void attach();
    void start_sandbox();
    void write_gateway_config();

    stage_options options_;
    std::optional<scratch> folder_;
    account merchant_;
    std::vector<stage_operator> operators_;
    std::string store_file_;
    std::string upstream_url_;
    std::string ca_file_;
    host_port gateway_address_;
    std::optional<host_port> admin_address_;
    std::optional<host_port> control_address_;
    std::optional<child> sandbox_;
    std::optional<child> gateway_;
    std::chrono::nanoseconds start_{0}; // of the gateway, until it was ready
};

/// True for postgresql://….
bool is_database(std::string_view store) noexcept;

/// This program's folder and file.
std::string own_program();

/// An address in a ready file's text. Throws std::runtime_error, or what Boost.JSON throws.
host_port address_in(std::string const& ready, char const* name);

} // namespace wxgate::bench
