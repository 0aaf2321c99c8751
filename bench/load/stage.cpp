#include "load/stage.hpp"

#include "base/ids.hpp"
#include "base/password.hpp"
#include "base/text.hpp"
#include "load/cpu.hpp"
#include "load/interrupt.hpp"
#include "verb.hpp"
#include "wire/digest.hpp"

#include <boost/json/parse.hpp>
#include <boost/program_options/value_semantic.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace wxgate::bench {

namespace po = boost::program_options;

namespace {

constexpr auto any_port = "127.0.0.1:0";

std::string text_option(po::variables_map const& with, char const* name) {
    return with.count(name) != 0 ? with[name].as<std::string>() : std::string();
}

host_port plain(char const* option, std::string const& url) {
    auto const where = parse_plain_url(url);
    if (!where)
        throw usage_error(
            "--" + std::string(option) + ": " + url +
            " is not plain HTTP to an address; write e.g. http://127.0.0.1:8080"
        );
    return *where;
}

// A key and its value, as INFO has them.
std::string line(std::string const& key, std::string const& value) {
    std::string text = "    " + key + " \"";
    for (char const c : value) {
        if (c == '"' || c == '\\')
            text += '\\';
        text += c;
    }
    return text + "\"\n";
}

using keys = std::vector<std::pair<std::string, std::string>>;

std::string section(std::string const& name, keys const& values) {
    std::string text = name + "\n{\n";
    for (auto const& [key, value] : values)
        text += line(key, value);
    return text + "}\n";
}

unsigned cores() {
    return std::max(1U, std::thread::hardware_concurrency());
}

} // namespace

bool is_database(std::string_view store) noexcept {
    return store.starts_with("postgresql://") || store.starts_with("postgres://");
}

std::string own_program() {
    std::array<char, PATH_MAX> path{};
    auto const n = ::readlink("/proc/self/exe", path.data(), path.size());
    if (n <= 0)
        throw std::runtime_error("cannot tell where this program is; name its folder with --bin");
    return {path.data(), static_cast<std::size_t>(n)};
}

host_port address_in(std::string const& ready, char const* name) {
    auto const file = boost::json::parse(ready);
    auto const& text = file.as_object().at(name).as_string();
    auto const where = parse_plain_url({text.data(), text.size()});
    if (!where)
        throw std::runtime_error("the ready file names no address: " + ready);
    return *where;
}

void add_stage_options(po::options_description& to) {
    auto const text = [](char const* shown) { return po::value<std::string>()->value_name(shown); };
    // clang-format off
    to.add_options()
        ("threads", po::value<unsigned>()->value_name("N"), "the gateway's threads (one a core)")
        ("sign-type", text("TYPE"), "MD5 or HMAC-SHA256 (that)")
        ("store", text("FILE|URL"), "its SQLite file, which is used and kept (a fresh one), or postgresql://…")
        ("dir", text("DIR"), "where the scratch folder is made, on a real disk ($TMPDIR, or here)")
        ("keep", "keep the scratch folder")
        ("bin", text("DIR"), "where wxgate and wxgate-sandbox are (beside this program)")
        ("url", text("URL"), "start nothing: a gateway that is running, http://ADDRESS:PORT")
        ("key", text("KEY"), "… its API key, with the scopes pay, refund and read, and without a rate")
        ("admin", text("URL"), "… its admin_listen, for its metrics")
        ("control", text("URL"), "… its sandbox's control_listen, where orders are paid");
    // clang-format on
}

stage_options read_stage_options(po::variables_map const& with) {
    stage_options o;
    o.bin = text_option(with, "bin");
    o.dir = text_option(with, "dir");
    o.store = text_option(with, "store");
    o.keep = with.count("keep") != 0;
    if (with.count("threads") != 0)
        o.threads = with["threads"].as<unsigned>();
    if (with.count("sign-type") != 0)
        o.sign_type = text_option(with, "sign-type");
    o.url = text_option(with, "url");
    o.key = text_option(with, "key");
    o.admin = text_option(with, "admin");
    o.control = text_option(with, "control");
    if (!parse_sign_type(o.sign_type))
        throw usage_error("--sign-type: write MD5 or HMAC-SHA256");
    if (o.threads > 1024)
        throw usage_error("--threads: at most 1024");
    if (o.url.empty() != o.key.empty())
        throw usage_error("--url and --key go together");
    if (o.url.empty() && !(o.admin.empty() && o.control.empty()))
        throw usage_error("--admin and --control go with --url");
    if (!o.url.empty() && !o.store.empty())
        throw usage_error("--store does not go with --url: a gateway that is running has its own");
    return o;
}

stage::stage(stage_options options) : options_(std::move(options)) {
    catch_interrupts();
    raise_descriptor_limit();
    if (!own()) {
        attach();
        return;
    }
    if (options_.threads == 0)
        options_.threads = cores();
    folder_.emplace(options_.dir, options_.keep);
    if (options_.store.empty())
        store_file_ = folder_->path("wxgate.db");
    else if (is_database(options_.store))
        store_file_ = options_.store;
    else
        store_file_ = std::filesystem::absolute(options_.store).string();
    merchant_.appid = stage_appid;
    merchant_.mch_id = stage_mch_id;
    merchant_.api_key = random_alnum(32);
    merchant_.sign_type = *parse_sign_type(options_.sign_type);
    options_.key = "wxk_" + random_alnum(40);
    if (options_.with_operators)
        operators_ = {{"alice", random_alnum(20)}, {"bob", random_alnum(20)}};
    start_sandbox();
    start_gateway();
}

// Its programs go before the folder does.
stage::~stage() = default;

void stage::attach() {
    gateway_address_ = plain("url", options_.url);
    if (!options_.admin.empty())
        admin_address_ = plain("admin", options_.admin);
    if (!options_.control.empty())
        control_address_ = plain("control", options_.control);
    merchant_.sign_type = *parse_sign_type(options_.sign_type);
}

std::string stage::program(std::string const& name) const {
    auto const folder = options_.bin.empty() ? std::filesystem::path(own_program()).parent_path()
                                             : std::filesystem::absolute(options_.bin);
    return (folder / name).string();
}

void stage::start_sandbox() {
    auto const certificates = folder_->path("certificates");
    std::filesystem::create_directory(certificates);
    child maker(
        program("wxgate-sandbox"), {"--new-certificates", certificates}, folder_->path("certificates.log")
    );
    if (maker.wait(std::chrono::seconds(30)) != 0)
        throw std::runtime_error("cannot make certificates: " + maker.last_words());
    ca_file_ = certificates + "/ca.pem";
    folder_->write("shop.key", merchant_.api_key);
    auto const text = section(
                          "sandbox",
                          {{"listen", any_port},
                           {"control_listen", any_port},
                           {"certificate", certificates + "/server_cert.pem"},
                           {"private_key", certificates + "/server_key.pem"},
                           {"client_ca", ca_file_}}
                      ) +
                      "merchants\n{\n" +
                      section(
                          stage_merchant,
                          {{"appid", merchant_.appid},
                           {"mch_id", merchant_.mch_id},
                           {"api_key_file", "shop.key"},
                           {"balance", "1000000000000000"}}
                      ) +
                      "}\n";
    auto const file = folder_->write("sandbox.info", text);
    auto const ready_file = folder_->path("sandbox.ready");
    sandbox_.emplace(
        program("wxgate-sandbox"),
        std::vector<std::string>{"--config", file, "--ready-file", ready_file},
        folder_->path("sandbox.log")
    );
    auto const ready = wait_ready(*sandbox_, ready_file);
    upstream_url_ = "https://" + address_in(ready, "https").text();
    control_address_ = address_in(ready, "control");
}

void stage::write_gateway_config() {
    auto const with_more = [this](char const* name, keys values) {
        auto const more = options_.more.find(name);
        if (more != options_.more.end())
            values.insert(values.end(), more->second.begin(), more->second.end());
        return section(name, values);
    };
    // Once it has ports, it keeps them: the sandbox goes on to notify it where it was.
    auto const listen = gateway_address_.port == 0 ? any_port : gateway_address_.text();
    auto const admin = admin_address_ ? admin_address_->text() : any_port;
    auto text = with_more(
        "server", {{"listen", listen}, {"admin_listen", admin}, {"threads", std::to_string(options_.threads)}}
    );
    text += section("log", {{"level", "warn"}}) +
            section("store", {{"url", (is_database(store_file_) ? "" : "sqlite:") + store_file_}});
    text += with_more(
        "upstream",
        {{"url", upstream_url_}, {"backup_url", ""}, {"login_url", upstream_url_}, {"ca_file", ca_file_}}
    );
    text += with_more("refunds", {}) + with_more("background", {});
    keys merchant{
        {"appid", merchant_.appid},
        {"mch_id", merchant_.mch_id},
        {"api_key_file", "shop.key"},
        {"sign_type", options_.sign_type},
        {"client_certificate", "certificates/apiclient_cert.pem"},
        {"client_key", "certificates/apiclient_key.pem"},
        {"refund_approval", options_.refund_approval}};
    auto shop = section(stage_merchant, merchant);
    if (!options_.webhook_url.empty()) {
        folder_->write("shop.whsec", options_.webhook_secret);
        shop.resize(shop.rfind('}'));
        shop += section(
                    "webhook",
                    {{"url", options_.webhook_url}, {"secret_file", "shop.whsec"}, {"allow_private", "yes"}}
                ) +
                "}\n";
    }
    auto const digest = wire::sha256({options_.key});
    text += "merchants\n{\n" + shop + "}\napi_keys\n{\n" +
            section(
                "bench",
                {{"merchant", stage_merchant},
                 {"sha256", to_hex(std::string(digest.begin(), digest.end()))},
                 {"scopes", "pay refund read"},
                 {"rate", "0"}}
            ) +
            "}\n";
    if (!operators_.empty())
        text += "operators\n{\n";
    for (auto const& o : operators_) {
        constexpr scrypt_cost least{4, 1, 1}; // a login is not what is measured
        text += section(o.name, {{"password", hash_password(o.password, least)}, {"role", "approver"}});
    }
    if (!operators_.empty())
        text += "}\n";
    folder_->write("gateway.info", text);
}

void stage::start_gateway() {
    write_gateway_config();
    auto const ready_file = folder_->path("gateway.ready");
    std::filesystem::remove(ready_file);
    auto const began = load_clock::now();
    gateway_.emplace(
        program("wxgate"),
        std::vector<std::string>{
            "serve", "--config", folder_->path("gateway.info"), "--ready-file", ready_file},
        folder_->path("gateway.log")
    );
    auto const ready = wait_ready(*gateway_, ready_file, std::chrono::minutes(10));
    start_ = load_clock::now() - began;
    gateway_address_ = address_in(ready, "listen");
    admin_address_ = address_in(ready, "admin_listen");
}

bool stage::stop_gateway(int signal) {
    return gateway_.value().stop(signal) == 0;
}

pid_t stage::gateway_pid() const {
    if (!gateway_)
        throw std::logic_error("the gateway is not this stage's own");
    return gateway_->pid();
}

pid_t stage::sandbox_pid() const {
    if (!sandbox_)
        throw std::logic_error("the sandbox is not this stage's own");
    return sandbox_->pid();
}

bool stage::alive() {
    return (!gateway_ || gateway_->alive()) && (!sandbox_ || sandbox_->alive());
}

std::map<std::string, double> stage::metrics() const {
    std::map<std::string, double> all;
    if (!admin_address_)
        return all;
    std::istringstream lines(fetch(*admin_address_, "GET", "/metrics").body);
    for (std::string text; std::getline(lines, text);) {
        auto const space = text.rfind(' ');
        if (text.empty() || text.front() == '#' || space == std::string::npos)
            continue;
        auto const name = text.substr(0, std::min(text.find('{'), space));
        std::istringstream number(text.substr(space + 1));
        double value = 0;
        if (number >> value)
            all[name] += value;
    }
    return all;
}

void stage::describe(report& r) const {
    auto const add = [&](char const* name, std::string value) {
        r.configuration.emplace_back(name, std::move(value));
    };
    if (!own()) {
        add("gateway", options_.url + " (was running already)");
        return;
    }
    add("gateway", "own, " + std::to_string(options_.threads) + " threads, TLS upstream to its own sandbox");
    add("start", show(start_) + " until it was ready");
    add("sign_type", options_.sign_type);
    if (is_database(store_file_)) { // whose URL may hold a password
        add("store", "PostgreSQL");
        return;
    }
    add("store", options_.store.empty() ? "SQLite, fresh" : "SQLite, " + options_.store);
    if (in_memory_only(std::filesystem::path(store_file_).parent_path().string()))
        r.warnings.emplace_back(
            "the store is in memory only, where an fsync costs nothing: name a folder on a "
            "real disk with --dir"
        );
}

} // namespace wxgate::bench
