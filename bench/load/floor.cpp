// wxgate-bench floor: the bare proxy that `pay --vs-floor` measures against, as a process of its own.
#include "load/cpu.hpp"
#include "load/floor_proxy.hpp"
#include "load/interrupt.hpp"
#include "verb.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/program_options/value_semantic.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

namespace wxgate::bench {

namespace po = boost::program_options;

namespace {

void add_options(po::options_description& to) {
    auto const text = [](char const* shown) { return po::value<std::string>()->value_name(shown); };
    // clang-format off
    to.add_options()
        ("listen", text("ADDRESS:PORT")->default_value("127.0.0.1:0"), "where it is called")
        ("threads", po::value<unsigned>()->value_name("N"), "as many as the gateway has (one a core)")
        ("upstream", text("URL"), "https://ADDRESS:PORT, where creates go")
        ("ca", text("FILE"), "PEM, whose certificate the upstream has")
        ("webhook", text("URL"), "http://ADDRESS:PORT/PATH, which hears of notifications")
        ("webhook-bytes", po::value<std::size_t>()->default_value(1000)->value_name("N"),
            "how long such a message is, head and body")
        ("ready-file", text("FILE"), "write the bound address there as JSON once it answers");
    // clang-format on
}

net::url url_option(po::variables_map const& with, char const* name, bool tls) {
    if (with.count(name) == 0)
        throw usage_error(std::string("--") + name + " is missing");
    auto const u = net::parse_url(with[name].as<std::string>());
    auto const address = u ? net::parse_address(u->host + ":1") : std::nullopt;
    if (!u || u->tls != tls || !address)
        throw usage_error(
            std::string("--") + name + ": write " + (tls ? "https" : "http") + "://ADDRESS:PORT"
        );
    return *u;
}

floor_settings read_settings(po::variables_map const& with) {
    floor_settings s;
    auto const listen = parse_plain_url(with["listen"].as<std::string>());
    if (!listen)
        throw usage_error("--listen: write e.g. 127.0.0.1:0");
    s.listen = *listen;
    s.threads = std::max(1U, std::thread::hardware_concurrency());
    if (with.count("threads") != 0)
        s.threads = with["threads"].as<unsigned>();
    if (s.threads < 1 || s.threads > 1024)
        throw usage_error("--threads: from 1 to 1024");
    s.upstream = url_option(with, "upstream", true);
    s.shop = url_option(with, "webhook", false);
    if (with.count("ca") != 0)
        s.ca_file = with["ca"].as<std::string>();
    s.webhook_size = with["webhook-bytes"].as<std::size_t>();
    return s;
}

// Whole or not at all: who waits for it reads it at any moment.
void write_ready_file(std::string const& file, host_port const& listen) {
    boost::json::object o;
    o["listen"] = listen.text();
    o["pid"] = ::getpid();
    auto const fresh = file + ".new";
    std::ofstream(fresh) << boost::json::serialize(o) << '\n';
    std::filesystem::rename(fresh, file);
}

report run(po::variables_map const& with) {
    auto const s = read_settings(with);
    catch_interrupts();
    raise_descriptor_limit();
    floor_proxy proxy(s);
    if (with.count("ready-file") != 0)
        write_ready_file(with["ready-file"].as<std::string>(), proxy.listen());
    while (!interrupt_came())
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    auto const counts = proxy.stop();
    report r;
    r.configuration = {{"listen", proxy.listen().text()}, {"threads", std::to_string(s.threads)}};
    auto const figure = [&](char const* name, std::uint64_t value) {
        r.figures.push_back({name, static_cast<double>(value), ""});
    };
    figure("floor.creates", counts.creates);
    figure("floor.notifications", counts.notifications);
    figure("floor.failures", counts.failures);
    return r;
}

} // namespace

verb const floor_verb = {
    "floor", "a bare proxy that does nothing else, which the gateway is measured against", add_options, run};

} // namespace wxgate::bench
