#include "support/system.hpp"

#include <boost/json.hpp>

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace wxgate::test {

namespace {

std::uint16_t port_of(json::value const& ready, std::string_view name) {
    auto const text = text_of(ready, name);
    auto const colon = text.rfind(':');
    return colon == std::string::npos ? std::uint16_t{0}
                                      : static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1)));
}

// The ready file's content, or null when the process ended before it was there.
json::value wait_ready(process& child, std::string const& file) {
    json::value ready;
    auto const came = eventually(30s, [&] {
        boost::system::error_code ec;
        ready = json::parse(read_file(file), ec);
        return (!ec && ready.is_object()) || !child.alive();
    });
    return came && ready.is_object() ? ready : json::value();
}

std::string tail(std::string const& text) {
    return text.size() > 3000 ? text.substr(text.size() - 3000) : text;
}

} // namespace

system_under_test::system_under_test(system_options options) : options_(std::move(options)) {
    config_.merchants = {
        make_merchant("shop", "10000100"),
        make_merchant("rival", "10000200"),
        make_merchant("plain", "10000300", "MD5")};
    if (options_.merchants)
        options_.merchants(config_.merchants);
    config_.api_keys = {
        make_api_key("shop", "shop"),
        make_api_key("rival", "rival"),
        make_api_key("plain", "plain"),
        make_api_key("reader", "shop", "read"),
        make_api_key("payer", "shop", "pay"),
        make_api_key("limited", "shop", "pay refund read", 5)};
    config_.operators = {
        make_operator("alice", "approver"),
        make_operator("bob", "approver"),
        make_operator("root", "admin"),
        make_operator("vera", "viewer")};
    certify_merchants();
    if (on_postgres()) {
        schema_ = std::make_unique<postgres_schema>();
        config_.store = schema_->url() + "&application_name=" + schema_->name();
        place_store(dir_.path("wxgate.db"), schema_->url());
    }
    if (options_.upstream == against::sandbox)
        start_sandbox();
    else
        start_stand_in();
    if (options_.adjust)
        options_.adjust(config_);
    start_gateway();
}

system_under_test::~system_under_test() {
    gateway_.reset(); // before what it talks to
}

void system_under_test::certify_merchants() {
    authority_ = std::make_unique<client_authority>(dir_, "merchants");
    for (auto& m : config_.merchants) {
        auto const files = authority_->issue("client_" + m.name, m.mch_id);
        m.client_certificate = files.certificate;
        m.client_key = files.private_key;
        m.refund_approval = m.name == "rival" ? "manual" : "auto";
    }
}

void system_under_test::start_sandbox() {
    std::filesystem::create_directory(dir_.path("certs"));
    auto const made = run(WXGATE_SANDBOX_PROGRAM, {"--new-certificates", dir_.path("certs")});
    if (made.status.code != 0)
        throw std::runtime_error("wxgate-sandbox --new-certificates: " + made.err);
    sandbox_config_.certificate = dir_.path("certs/server_cert.pem");
    sandbox_config_.private_key = dir_.path("certs/server_key.pem");
    sandbox_config_.client_ca =
        dir_.write("both_ca.pem", read_file(dir_.path("certs/ca.pem")) + read_file(authority_->ca()));
    sandbox_config_.time_scale = options_.time_scale;
    sandbox_config_.merchants = config_.merchants;
    auto const file = write_sandbox_config(dir_, "sandbox", sandbox_config_);
    process_options how;
    how.program = WXGATE_SANDBOX_PROGRAM;
    how.args = {"--config", file, "--ready-file", dir_.path("sandbox.ready")};
    how.stderr_file = dir_.path("sandbox.err");
    sandbox_.emplace(how);
    auto const ready = wait_ready(*sandbox_, dir_.path("sandbox.ready"));
    control_port_ = port_of(ready, "control");
    auto https = port_of(ready, "https");
    if (control_port_ == 0 || https == 0)
        throw std::runtime_error(
            "the sandbox did not become ready: " + tail(read_file(dir_.path("sandbox.err")))
        );
    config_.ca_file = dir_.path("certs/ca.pem");
    if (options_.between)
        https = options_.between(
            https, {config_.ca_file, sandbox_config_.certificate, sandbox_config_.private_key}
        );
    config_.url = "https://127.0.0.1:" + std::to_string(https);
    config_.login_url = config_.url;
}

void system_under_test::start_stand_in() {
    auto const files = make_certificates(dir_, "upstream");
    stand_in_ = std::make_unique<stand_in>(files, config_.merchants);
    config_.url = stand_in_->url();
    config_.login_url = stand_in_->url();
    config_.ca_file = files.ca;
}

bool system_under_test::try_start_gateway() {
    if (!started_before_) {
        config_.port = free_port();
        config_.admin_port = free_port();
    }
    auto const file = write_gateway_config(dir_, "gateway", config_);
    auto const ready_file = dir_.path("gateway.ready");
    std::filesystem::remove(ready_file);
    process_options how;
    how.program = WXGATE_PROGRAM;
    how.args = {"serve", "--config", file, "--ready-file", ready_file};
    how.stderr_file = dir_.path("gateway.err");
    if (options_.environment)
        how.env = options_.environment(dir_);
    gateway_.emplace(how);
    auto const ready = wait_ready(*gateway_, ready_file);
    if (port_of(ready, "listen") == config_.port && number_of(ready, "pid") == gateway_->pid()) {
        started_before_ = true;
        return true;
    }
    if (logs().find("in use") != std::string::npos && !started_before_)
        return false;
    throw std::runtime_error(
        "the gateway did not become ready: " + json::serialize(ready) + " " + tail(logs())
    );
}

void system_under_test::start_gateway() {
    for (int i = 0; i < 3; ++i)
        if (try_start_gateway())
            return;
    throw std::runtime_error("the gateway found no free port: " + tail(logs()));
}

std::optional<exit_status> system_under_test::stop_gateway(milliseconds bound) {
    gateway().signal(SIGTERM);
    return gateway().wait(bound);
}

void system_under_test::kill_gateway() {
    gateway().kill();
    if (schema_)
        wait_until_gone(schema_->url(), schema_->name());
}

process& system_under_test::gateway() {
    return gateway_.value();
}

process& system_under_test::sandbox() {
    return sandbox_.value();
}

stand_in& system_under_test::upstream() {
    if (!stand_in_)
        throw std::runtime_error("this system has no stand-in");
    return *stand_in_;
}

void system_under_test::reconfigure(std::function<void(gateway_config&)> const& change) {
    change(config_);
    write_gateway_config(dir_, "gateway", config_);
}

std::string system_under_test::config_file() const {
    return dir_.path("gateway.info");
}

api system_under_test::with_key(std::string const& name, bool keep_alive) const {
    for (auto const& k : config_.api_keys)
        if (k.name == name)
            return api(port(), k.key, keep_alive);
    throw std::runtime_error("no API key " + name);
}

api system_under_test::anonymous() const {
    return api(port());
}

api system_under_test::admin() const {
    return api(config_.admin_port);
}

api system_under_test::control() const {
    return api(control_port_);
}

merchant_config const& system_under_test::merchant(std::string const& name) const {
    for (auto const& m : config_.merchants)
        if (m.name == name)
            return m;
    throw std::runtime_error("no merchant " + name);
}

operator_config const& system_under_test::person(std::string const& name) const {
    for (auto const& o : config_.operators)
        if (o.name == name)
            return o;
    throw std::runtime_error("no operator " + name);
}

operator_client system_under_test::visitor() const {
    return operator_client(config_.admin_port);
}

operator_client system_under_test::sign_in(std::string const& name) const {
    auto client = visitor();
    auto const r = client.login(name, person(name).password);
    if (r.status != 200)
        throw std::runtime_error(name + " signs in: " + r.describe());
    return client;
}

json::object system_under_test::order(json::object const& changes) const {
    json::object o;
    o["out_trade_no"] = "T" + random_hex(24);
    o["openid"] = "oUpFCANARY" + random_hex(18);
    o["total_fee"] = 1299;
    o["body"] = "测试商店-短袖";
    return with(std::move(o), changes);
}

json::value system_under_test::create(json::object const& changes, std::string const& key) const {
    auto const r = with_key(key).post("/v1/payments", order(changes));
    if (r.status != 201)
        throw std::runtime_error("POST /v1/payments: " + r.describe());
    return r.parsed();
}

json::value system_under_test::payment(
    std::string const& out_trade_no, std::string const& key, std::string const& query
) const {
    auto const r = with_key(key).get("/v1/payments/" + out_trade_no + query);
    if (r.status != 200)
        throw std::runtime_error("GET /v1/payments/" + out_trade_no + query + ": " + r.describe());
    return r.parsed();
}

std::string system_under_test::state(std::string const& out_trade_no, std::string const& key) const {
    return text_of(payment(out_trade_no, key), "trade_state");
}

reply system_under_test::notify(message const& fields, std::string const& name) const {
    auto const& m = merchant(name);
    return notify_text(to_xml(signed_with(fields, m.sign_type, m.key)), name);
}

reply system_under_test::notify_text(std::string const& document, std::string const& name) const {
    header_list const headers = {
        {"Content-Type", "text/xml"}, {"User-Agent", "Mozilla/4.0"}, {"Pragma", "no-cache"}};
    return exchange(port(), {"POST", "/notify/" + name + "/payment", headers, document});
}

reply system_under_test::pay(json::value const& payment, std::string const& query) const {
    return control().post("/control/request-payment" + query, member(payment, "request_payment"));
}

json::value system_under_test::paid(json::object const& changes, std::string const& key) const {
    auto const made = create(changes, key);
    auto const number = text_of(made, "out_trade_no");
    auto const done = stand_in_
                          ? notify(notification_of(made, new_transaction_id()), text_of(made, "merchant"))
                          : pay(made);
    if (done.status != 200)
        throw std::runtime_error("paying: " + done.describe());
    if (!eventually(20s, [&] { return state(number, key) == "SUCCESS"; }))
        throw std::runtime_error(number + " was paid and is not SUCCESS");
    return payment(number, key);
}

json::object system_under_test::refund_request(std::int64_t fee, json::object const& changes) const {
    json::object o;
    o["out_refund_no"] = "R" + random_hex(24);
    o["refund_fee"] = fee;
    return with(std::move(o), changes);
}

reply system_under_test::refund(
    std::string const& out_trade_no, json::object const& request, std::string const& key
) const {
    return with_key(key).post("/v1/payments/" + out_trade_no + "/refunds", request);
}

json::value system_under_test::refund_of(std::string const& out_refund_no, std::string const& key) const {
    auto const r = with_key(key).get("/v1/refunds/" + out_refund_no);
    if (r.status != 200)
        throw std::runtime_error("GET /v1/refunds/" + out_refund_no + ": " + r.describe());
    return r.parsed();
}

std::string system_under_test::refund_status(std::string const& out_refund_no, std::string const& key) const {
    return text_of(refund_of(out_refund_no, key), "refund_status");
}

bool system_under_test::refund_becomes(
    std::string const& out_refund_no, std::string const& status, std::string const& key, milliseconds bound
) const {
    return eventually(bound, [&] { return refund_status(out_refund_no, key) == status; });
}

reply system_under_test::notify_refund(std::string const& document, std::string const& name) const {
    header_list const headers = {{"Content-Type", "text/xml"}, {"User-Agent", "Mozilla/4.0"}};
    return exchange(port(), {"POST", "/notify/" + name + "/refund", headers, document});
}

std::vector<json::value>
system_under_test::sandbox_calls(std::string const& operation, std::string const& holding) const {
    std::vector<json::value> some;
    auto const all = control().get("/control/requests?last=100000").parsed();
    if (all.is_array())
        for (auto const& each : all.as_array())
            if (text_of(each, "operation") == operation &&
                text_of(each, "request_body").find(holding) != std::string::npos)
                some.push_back(each);
    return some;
}

std::size_t
system_under_test::sandbox_received(std::string const& call, std::string const& out_trade_no) const {
    auto all = control().get("/control/requests?last=100000").parsed();
    if (all.is_object())
        for (auto const& each : all.as_object())
            if (each.value().is_array()) {
                all = json::value(each.value());
                break;
            }
    std::size_t n = 0;
    if (all.is_array())
        for (auto const& each : all.as_array()) {
            auto const text = json::serialize(each);
            n +=
                text.find("/pay/" + call) != std::string::npos && text.find(out_trade_no) != std::string::npos
                    ? 1U
                    : 0U;
        }
    return n;
}

database system_under_test::store() const {
    return database(dir_.path("wxgate.db"));
}

std::int64_t system_under_test::anomalies(std::string const& out_trade_no) const {
    return store().number(
        "SELECT count(*) FROM anomalies" +
        (out_trade_no.empty() ? "" : " WHERE out_trade_no = '" + out_trade_no + "'")
    );
}

std::int64_t
system_under_test::events(std::string const& out_trade_no, std::string const& trade_state) const {
    auto const r = with_key("shop").get("/v1/payments/" + out_trade_no + "/events");
    auto list = r.parsed();
    if (list.is_object())
        list = member(list, "data");
    if (!list.is_array())
        throw std::runtime_error("events: " + r.describe());
    std::int64_t n = 0;
    for (auto const& each : list.as_array())
        n += trade_state.empty() || text_of(each, "trade_state") == trade_state ? 1 : 0;
    return n;
}

health system_under_test::mark() const {
    health h;
    h.open_files = gateway_->open_files();
    h.rss_bytes = gateway_->rss_bytes();
    h.digest = store().digest({"anomalies"});
    h.anomalies = anomalies();
    return h;
}

std::string system_under_test::trouble_since(health const& before, bool changed) {
    if (!gateway().alive())
        return "the gateway has ended: " + tail(logs());
    if (seed_.empty() && changed)
        seed_ = text_of(create(), "out_trade_no");
    auto const next = seed_.empty() ? admin().get("/healthz") : with_key("shop").get("/v1/payments/" + seed_);
    if (next.status != 200)
        return "the next valid request: " + next.describe();
    if (changed)
        return {};
    if (store().digest({"anomalies"}) != before.digest)
        return "the store has changed";
    if (anomalies() != before.anomalies)
        return "an anomaly was recorded";
    return {};
}

std::string system_under_test::leaks_since(health const& before) {
    constexpr std::size_t noise_files = 16;
    constexpr std::size_t noise_bytes = std::size_t{24} << 20U;
    if (!eventually(15s, [&] { return gateway().open_files() <= before.open_files + noise_files; }))
        return "open files: " + std::to_string(before.open_files) + " before, " +
               std::to_string(gateway().open_files()) + " now";
    if (auto const now = gateway().rss_bytes(); memory_is_measured && now > before.rss_bytes + noise_bytes)
        return "resident bytes: " + std::to_string(before.rss_bytes) + " before, " + std::to_string(now) +
               " now";
    return {};
}

std::string system_under_test::logs() const {
    return read_file(dir_.path("gateway.err"));
}

std::string system_under_test::logs_to_now() {
    bool const tells = config_.log_level == "info" || config_.log_level == "debug";
    if (!tells || !gateway_ || !gateway_->alive())
        return logs();
    auto const mark = "mark-" + random_hex(16);
    try {
        admin().get("/nowhere", {{"X-Request-Id", mark}});
        eventually(2s, [&] { return logs().find(mark) != std::string::npos; });
    } catch (std::runtime_error const&) { // it is about to end
    }
    return logs();
}

std::string system_under_test::leaked() {
    auto const find = [](std::string const& where, std::string const& text, std::string const& secret) {
        auto const at = text.find(secret);
        return at == std::string::npos ? std::string()
                                       : where + ": …" + text.substr(at > 200 ? at - 200 : 0, 300) + "… ";
    };
    std::string found = find("log", logs_to_now(), "CANARY"); // full openids hold it, too
    if (gateway_ && gateway_->alive())
        found += find("metrics", admin().get("/metrics").body, "CANARY");
    auto const stored = store().dump();
    for (auto const* secret : secret_marks)
        found += find("store", stored, secret);
    if (auto const said = secret_in_a_reply(); !said.empty())
        found += "reply: …" + said;
    return found;
}

} // namespace wxgate::test
