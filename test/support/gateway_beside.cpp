#include "support/gateway_beside.hpp"

#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace wxgate::test {

namespace {

std::string with_application(std::string const& url, std::string const& name) {
    return url.substr(0, url.find("&application_name=")) + "&application_name=" + name;
}

} // namespace

gateway_beside::gateway_beside(
    system_under_test const& first, std::string name, std::function<void(gateway_config&)> const& adjust
)
    : first_(first), name_(std::move(name)), config_(first.config()) {
    config_.store = with_application(first.store_url(), name_);
    if (adjust)
        adjust(config_);
    find_ports();
}

// Somebody else may take a free port first.
void gateway_beside::find_ports() {
    for (int tries = 1;; ++tries) {
        config_.port = free_port();
        config_.admin_port = free_port();
        try {
            return start();
        } catch (std::runtime_error const&) {
            if (tries == 3 || logs().find("in use") == std::string::npos)
                throw;
        }
    }
}

void gateway_beside::start() {
    auto const file = write_gateway_config(first_.dir(), name_, config_);
    auto const ready = first_.dir().path(name_ + ".ready");
    std::filesystem::remove(ready);
    process_options how;
    how.program = WXGATE_PROGRAM;
    how.args = {"serve", "--config", file, "--ready-file", ready};
    how.stderr_file = first_.dir().path(name_ + ".err");
    program_.emplace(how);
    auto const up = eventually(30s, [&] { return std::filesystem::exists(ready) || !program_->alive(); });
    if (!up || !program_->alive())
        throw std::runtime_error(name_ + " did not become ready: " + logs());
}

void gateway_beside::kill() {
    program().kill();
    wait_until_gone(url_of_store(first_.dir().path("wxgate.db")), name_);
}

std::optional<exit_status> gateway_beside::stop(milliseconds bound) {
    program().signal(SIGTERM);
    return program().wait(bound);
}

api gateway_beside::with_key(std::string const& key, bool keep_alive) const {
    return api(config_.port, first_.with_key(key).bearer(), keep_alive);
}

reply gateway_beside::notify(message const& fields, std::string const& merchant) const {
    auto const& m = first_.merchant(merchant);
    header_list const headers = {{"Content-Type", "text/xml"}, {"User-Agent", "Mozilla/4.0"}};
    auto const document = to_xml(signed_with(fields, m.sign_type, m.key));
    return exchange(config_.port, {"POST", "/notify/" + merchant + "/payment", headers, document});
}

std::string gateway_beside::logs() const {
    return read_file(first_.dir().path(name_ + ".err"));
}

} // namespace wxgate::test
