// Where webhooks may go (RELIABILITY.md S-03, S-04, S-08, S-09): what is refused in the configuration, and
// what a name may not lead to.
#include "webhooks_common.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

using namespace wxgate::test;

namespace {

// A complete configuration in a folder of its own, whose shop has a webhook.
struct complete {
    scratch dir;
    gateway_config config;

    complete() {
        config.merchants = {make_merchant("shop", "10000100")};
        config.api_keys = {make_api_key("backend", "shop")};
        config.public_url = "https://pay.example.com";
        config.url = "https://127.0.0.1:1";
        config.login_url = config.url;
        config.ca_file = make_certificates(dir, "up").ca;
        shop().webhook_url = "https://shop.example.com/hook";
        shop().webhook_secrets = {make_webhook_secret()};
    }

    merchant_config& shop() { return config.merchants[0]; }

    // Without writing it again.
    run_result run_it(std::string const& verb) const {
        std::vector<std::string> args = {verb, "--config", dir.path("gateway.info")};
        if (verb == "check")
            args.emplace_back("--offline"); // these are other people's hosts
        return run(WXGATE_PROGRAM, args);
    }

    run_result check() const {
        write_gateway_config(dir, "gateway", config);
        return run_it("check");
    }
};

// One line that names the key, and exit 2, of `check` and of `serve`.
void check_refused_config(complete const& c, std::string const& named) {
    for (std::string const verb : {"check", "serve"}) {
        auto const r = c.run_it(verb);
        BOOST_TEST_CONTEXT(verb << " said: " << r.err << " " << r.out) {
            BOOST_TEST(r.ended);
            BOOST_TEST(r.status.code == 2);
            BOOST_TEST(std::count(r.err.begin(), r.err.end(), '\n') == 1);
            BOOST_TEST(r.err.find("gateway.info") != std::string::npos);
            BOOST_TEST(r.err.find(named) != std::string::npos, named << " is not named");
            BOOST_TEST(r.err.find("CANARY") == std::string::npos, "a secret is shown");
            if (!r.ended || r.status.code != 2)
                return; // the other would only take its time
        }
    }
}

void check_refused_url(complete& c, std::string const& url, bool allow_private) {
    BOOST_TEST_CONTEXT(url.substr(0, 80) << (allow_private ? " (private ones allowed)" : "")) {
        c.shop().webhook_url = url;
        c.shop().webhook_allow_private = allow_private;
        write_gateway_config(c.dir, "gateway", c.config);
        check_refused_config(c, "merchants.shop.webhook.url");
    }
}

void check_taken_url(complete& c, std::string const& url, bool allow_private) {
    c.shop().webhook_url = url;
    c.shop().webhook_allow_private = allow_private;
    auto const r = c.check();
    BOOST_TEST(r.status.code == 0, url << ": " << r.out << r.err);
}

bool is_private(sockaddr const* where) {
    if (where->sa_family == AF_INET) {
        auto const a = ntohl(reinterpret_cast<sockaddr_in const*>(where)->sin_addr.s_addr);
        return a >> 24U == 127 || a >> 24U == 10 || a >> 20U == 0xac1 || a >> 16U == 0xc0a8 ||
               a >> 16U == 0xa9fe;
    }
    return where->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<sockaddr_in6 const*>(where)->sin6_addr);
}

bool leads_inside(std::string const& name) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &wanted, &found) != 0)
        return false;
    bool inside = false;
    for (auto const* each = found; each != nullptr; each = each->ai_next)
        inside = inside || is_private(each->ai_addr);
    ::freeaddrinfo(found);
    return inside;
}

std::string own_name() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

constexpr std::uint16_t inside_port = 8443;

std::string inside_url(std::string const& name) {
    return "https://" + name + ":" + std::to_string(inside_port) + "/hook";
}

// A name of this machine's that a configuration may have and that leads inside; "" when there is none.
std::string name_that_leads_inside() {
    complete c;
    for (auto const& name : {own_name(), std::string("ip6-localhost")}) {
        if (name.empty() || !leads_inside(name))
            continue;
        c.shop().webhook_url = inside_url(name);
        auto const r = c.check();
        if (r.status.code == 0)
            return name;
        BOOST_TEST(r.status.code == 2, r.err);
        BOOST_TEST(r.err.find("merchants.shop.webhook.url") != std::string::npos, r.err);
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(webhooks_addresses)

BOOST_AUTO_TEST_CASE(taken) {
    complete c;
    for (auto const* url :
         {"https://shop.example.com/hook",
          "https://shop.example.com",
          "https://shop.example.com:443/hook",
          "https://shop.example.com:8443/a/b-c_d/%E5%BA%97",
          "https://xn--fiq228c.example.com/hook"})
        check_taken_url(c, url, false);
    for (auto const* url :
         {"http://127.0.0.1:9000/hook",
          "http://localhost:9000/hook",
          "http://[::1]:9000/hook",
          "https://127.0.0.1:9000/hook",
          "https://shop.example.com/hook"})
        check_taken_url(c, url, true);
}

// S-03: every writing of an address inside.
BOOST_AUTO_TEST_CASE(addresses_inside) {
    complete c;
    for (auto const* host :
         {"127.0.0.1",
          "127.255.255.254",
          "[::1]",
          "[::]",
          "[::ffff:127.0.0.1]",
          "[::ffff:7f00:1]",
          "[0:0:0:0:0:0:0:1]",
          "[64:ff9b::7f00:1]",
          "[fe80::1]",
          "[fc00::1]",
          "[fd12:3456::1]",
          "[ff02::1]",
          "10.0.0.1",
          "172.16.0.1",
          "172.31.255.255",
          "192.168.1.1",
          "169.254.169.254",
          "100.64.0.1",
          "0.0.0.0",
          "224.0.0.1",
          "255.255.255.255",
          "2130706433",
          "0x7f000001",
          "0x7f.0.0.1",
          "017700000001",
          "0177.0.0.1",
          "127.1",
          "127.0.1",
          "0",
          "localhost",
          "LOCALHOST",
          "shop.localhost",
          "localhost."})
        check_refused_url(c, std::string("https://") + host + "/hook", false);
}

BOOST_AUTO_TEST_CASE(plain_http) {
    complete c;
    for (auto const* url :
         {"http://shop.example.com/hook",
          "http://127.0.0.1:9000/hook",
          "HTTP://shop.example.com/hook",
          "ftp://shop.example.com/hook",
          "file:///etc/passwd",
          "shop.example.com/hook",
          "//shop.example.com/hook"})
        check_refused_url(c, url, false);
}

// S-08.
BOOST_AUTO_TEST_CASE(malformed) {
    complete c;
    std::string const long_url = "https://shop.example.com/" + std::string(2049 - 25, 'a');
    BOOST_TEST(long_url.size() == 2049U);
    for (bool const allow_private : {false, true})
        for (auto const& url :
             {std::string("https://user:pass@shop.example.com/hook"),
              std::string("https://user@shop.example.com/hook"),
              std::string("https://shop.example.com@127.0.0.1/hook"),
              std::string("https://shop.example.com/hook#part"),
              std::string("https://shop.example.com:0/hook"),
              std::string("https://shop.example.com:65536/hook"),
              std::string("https://shop.example.com:x/hook"),
              std::string("https://"),
              std::string("https:///hook"),
              std::string("https://shop.example.com/a b"),
              std::string("https://shop example.com/hook"),
              std::string("https://shop.example.com/hook\r\nX-Injected: 1"),
              std::string("https://shop.example.com/hook\n"),
              std::string("https://shop.example.com\\@127.0.0.1/hook"),
              std::string("https://shop.exаmple.com/hook"), // a Cyrillic letter
              std::string("https://[::1/hook"),
              long_url})
            check_refused_url(c, url, allow_private);
    for (auto const* url :
         {"https://shop.example.com:22/hook",
          "https://shop.example.com:25/hook",
          "https://shop.example.com:6379/hook",
          "https://shop.example.com./hook"})
        check_refused_url(c, url, false);
}

// S-09: the gateway does not tell itself.
BOOST_AUTO_TEST_CASE(our_own_address) {
    complete c;
    c.config.port = free_port();
    c.config.admin_port = free_port();
    auto const listen = "http://127.0.0.1:" + std::to_string(c.config.port);
    auto const admin = "http://127.0.0.1:" + std::to_string(c.config.admin_port);
    for (auto const& url :
         {listen + "/notify/shop/payment", listen + "/hook", admin + "/admin/v1/login", admin + "/"})
        check_refused_url(c, url, true);
    check_refused_url(c, c.config.public_url + "/notify/shop/payment", false);
}

BOOST_AUTO_TEST_CASE(secrets_and_roots) {
    complete c;
    auto const good = make_webhook_secret();
    using lines = std::vector<std::string>;
    for (auto const& secrets :
         {lines{},
          lines{""},
          lines{"whsec_"},
          lines{"whsec_CANARYhook?!"},
          lines{good.substr(6)},
          lines{"secret"},
          lines{good, "whsec_"},
          lines{good, make_webhook_secret(), make_webhook_secret()}}) {
        c.shop().webhook_secrets = secrets;
        write_gateway_config(c.dir, "gateway", c.config);
        check_refused_config(c, "merchants.shop.webhook.secret_file");
    }
    for (auto const& secrets : {lines{good}, lines{good, make_webhook_secret()}}) {
        c.shop().webhook_secrets = secrets;
        auto const r = c.check();
        BOOST_TEST(r.status.code == 0, r.err);
        BOOST_TEST((r.out + r.err).find("CANARY") == std::string::npos);
    }
    c.shop().webhook_secrets = {good};
    for (auto const& file : {c.dir.path("none.pem"), c.dir.write("empty.pem", "no certificate")}) {
        c.shop().webhook_ca = file;
        write_gateway_config(c.dir, "gateway", c.config);
        check_refused_config(c, "merchants.shop.webhook.ca_file");
    }
    c.shop().webhook_ca = c.config.ca_file;
    BOOST_TEST(c.check().status.code == 0);

    auto const file = write_gateway_config(c.dir, "gateway", c.config);
    auto const text = read_file(file);
    auto const replaced = [&](std::string const& from, std::string const& to) {
        auto changed = text;
        auto const at = changed.find(from);
        BOOST_TEST_REQUIRE(at != std::string::npos, "the configuration has no " << from);
        c.dir.write("gateway.info", changed.replace(at, from.size(), to));
    };
    replaced("        secret_file ", "        ; secret_file ");
    check_refused_config(c, "merchants.shop.webhook.secret_file");
    replaced("        secret_file ", "        allow_private maybe\n        secret_file ");
    check_refused_config(c, "merchants.shop.webhook.allow_private");
    replaced("        secret_file ", "        secret whsec_CANARYhook\n        secret_file ");
    check_refused_config(c, "merchants.shop.webhook.secret");
    replaced("            url ", "            ; url ");
    check_refused_config(c, "merchants.shop.webhook.url");
}

BOOST_AUTO_TEST_CASE(time_scale) {
    complete c;
    for (auto const* bad : {"0", "-1", "fast", "1.5", ""}) {
        BOOST_TEST_CONTEXT("time_scale " << bad) {
            c.config.background = {{"time_scale", bad}};
            write_gateway_config(c.dir, "gateway", c.config);
            check_refused_config(c, "background.time_scale");
        }
    }
    c.config.background = {{"time_scale", "600"}};
    BOOST_TEST(c.check().status.code == 0);
}

// S-04: a good name that leads inside is seen at every try, before anything is connected.
BOOST_AUTO_TEST_CASE(a_name_that_leads_inside) {
    auto const name = name_that_leads_inside();
    if (name.empty()) {
        BOOST_TEST_MESSAGE("every name of this machine's that leads inside is refused in the configuration");
        return;
    }
    scratch const dir;
    auto const files = make_certificates(dir, "inside");
    std::unique_ptr<webhook_receiver> inside;
    try {
        inside = std::make_unique<webhook_receiver>(std::vector{make_webhook_secret()}, files, inside_port);
    } catch (std::runtime_error const&) {
        BOOST_TEST_MESSAGE("port 8443 is somebody else's: that nothing connects to it is not seen");
    }
    webhook_shops s(600, [&](gateway_config& c) {
        auto& m = merchant_of(c, "shop");
        m.webhook_url = inside_url(name);
        m.webhook_allow_private = false;
        m.webhook_ca = files.ca;
    });
    auto const number = text_of(s.system.paid(), "out_trade_no");
    auto const id = outbox_id(s.system, number, "payment.succeeded");
    BOOST_TEST(eventually(20s, [&] {
        return s.system.store().number("SELECT attempts FROM outbox WHERE id = '" + id + "'") >= 2;
    }));
    BOOST_TEST(outbox_cell(s.system, "state", id) == "pending");
    BOOST_TEST(outbox_cell(s.system, "last_status", id) == "");
    auto const said = outbox_cell(s.system, "last_error", id);
    BOOST_TEST(said.find("address") != std::string::npos, said);
    if (inside)
        BOOST_TEST(inside->connections() == 0U);

    // The same where it is allowed: it was the address, and nothing else.
    if (!inside)
        return;
    s.system.reconfigure([](gateway_config& c) { merchant_of(c, "shop").webhook_allow_private = true; });
    BOOST_TEST_REQUIRE((s.system.stop_gateway().value_or(exit_status{}).code == 0));
    s.system.start_gateway();
    BOOST_TEST(eventually(30s, [&] { return inside->connections() > 0; }));
}

BOOST_AUTO_TEST_SUITE_END()
