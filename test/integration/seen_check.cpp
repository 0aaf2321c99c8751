// `wxgate check`, the doctor: a table of set-ups that are broken in one way, each with the finding that names
// it and says what to do. Against the real sandbox.
#include "fixture.hpp"

#include <csignal>
#include <sstream>

using namespace wxgate::test;

namespace {

enum class level { ok, warning, error };

constexpr std::string_view marks[] = {"ok     ", "warning", "error  "};

// The first line of this level in which all of these stand; "" when there is none.
std::string find_line(std::string const& out, level l, std::vector<std::string> const& parts) {
    std::istringstream in(out);
    for (std::string line; std::getline(in, line);) {
        bool const all = std::all_of(parts.begin(), parts.end(), [&](std::string const& part) {
            return line.find(part) != std::string::npos;
        });
        if (all && line.starts_with(marks[static_cast<std::size_t>(l)]))
            return line;
    }
    return {};
}

struct wanted {
    level how;
    std::vector<std::string> parts;
};

// A gateway and its sandbox; set-ups stand beside theirs, under names of their own.
struct ward {
    system_under_test system;
    int number = 0;

    run_result
    check(std::function<void(gateway_config&)> const& change, std::vector<std::string> const& more = {}) {
        auto config = system.config();
        if (change)
            change(config);
        std::vector<std::string> args = {
            "check",
            "--config",
            write_gateway_config(system.dir(), "ward" + std::to_string(++number), config)};
        args.insert(args.end(), more.begin(), more.end());
        auto r = run(WXGATE_PROGRAM, args, {}, 60s);
        BOOST_TEST(r.ended);
        BOOST_TEST((r.out + r.err).find("CANARY") == std::string::npos, r.out << r.err);
        return r;
    }

    static void expect(run_result const& r, int code, std::vector<wanted> const& all) {
        BOOST_TEST_CONTEXT(r.out << r.err) {
            BOOST_TEST(r.status.code == code);
            BOOST_TEST(r.err.empty());
            for (auto const& w : all) {
                auto const line = find_line(r.out, w.how, w.parts);
                BOOST_TEST(
                    !line.empty(),
                    "no " << marks[static_cast<std::size_t>(w.how)] << " with " << w.parts.front()
                );
                if (w.how != level::ok && !line.empty())
                    BOOST_TEST(line.find("; ") != std::string::npos, "what to do: " << line);
            }
            if (code == 0)
                BOOST_TEST(find_line(r.out, level::error, {}).empty());
        }
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(seen_check)

BOOST_AUTO_TEST_CASE(all_is_well) {
    ward w;
    w.system.create();
    std::vector<wanted> well = {
        {level::ok, {"every key is understood"}},
        {level::ok, {"clock: 20"}},
        {level::ok, {"clock: agrees with WeChat's"}},
        {level::ok, {"upstream.url: " + w.system.config().url, "verified"}},
        {level::ok, {"upstream.ca_file"}},
        {level::ok, {"store.url", "is sound"}},
        {level::ok, {"store.url: schema "}},
        {level::warning, {"server.public_url", "inside"}}}; // it is 127.0.0.1
    for (auto const& m : w.system.config().merchants) {
        well.push_back({level::ok, {"merchants." + m.name, m.appid, m.mch_id, "takes the API key"}});
        well.push_back({level::ok, {"merchants." + m.name + ".api_key_file", "32 bytes"}});
        well.push_back({level::ok, {"merchants." + m.name + ".client_certificate", "days left"}});
        well.push_back({level::ok, {"merchants." + m.name + ".client_certificate", "key EC 256"}});
    }
    ward::expect(w.check({}), 0, well);
    // Asking changes nothing, there or here, and a gateway that runs does not mind.
    BOOST_TEST(member(w.system.control().get("/control/ledger").parsed(), "orders").as_array().size() == 1U);
    BOOST_TEST(w.system.create().is_object());
}

BOOST_AUTO_TEST_CASE(broken_in_one_way) {
    ward w;
    w.system.create();
    auto const certificates = make_certificates(w.system.dir(), "stranger");
    auto const& authority = w.system.merchants_authority();
    auto const mch_id = w.system.merchant("shop").mch_id;
    auto const expired = authority.issue("expired", mch_id, std::chrono::days(-1));
    auto const short_lived = authority.issue("short", mch_id, std::chrono::days(5));
    auto const anothers = authority.issue("anothers", "10000999");
    auto const dead = "https://127.0.0.1:" + std::to_string(free_port());
    w.system.dir().write(
        "damaged.db", "this is no database, whatever its name says; it is long enough to be looked at"
    );

    struct row {
        std::string id;
        std::function<void(gateway_config&)> change;
        int code;
        std::vector<wanted> found;
    };

    auto const shop = [](gateway_config& c) -> merchant_config& { return c.merchants[0]; };
    std::vector<row> const rows = {
        {"another API key",
         [&](gateway_config& c) { shop(c).key = "CANARYkey" + random_hex(23); },
         1,
         {{level::error, {"merchants.shop", "签名错误", "api_key_file"}},
          {level::ok, {"merchants.rival", "takes the API key"}}}},
        {"another appid",
         [&](gateway_config& c) { shop(c).appid = "wx0000000000000000"; },
         1,
         {{level::error, {"merchants.shop: appid wx0000000000000000", "不匹配", "bind the appid"}}}},
        {"an mch_id that is nobody's",
         [&](gateway_config& c) { shop(c).mch_id = "10000998"; },
         1,
         {{level::error, {"merchants.shop", "mch_id 10000998", "不匹配"}},
          {level::warning, {"merchants.shop", "the client certificate is " + mch_id + "'s"}}}},
        {"another's client certificate",
         [&](gateway_config& c) {
             shop(c).client_certificate = anothers.certificate;
             shop(c).client_key = anothers.private_key;
         },
         0,
         {{level::warning, {"merchants.shop", "10000999"}}}},
        {"an expired client certificate",
         [&](gateway_config& c) {
             shop(c).client_certificate = expired.certificate;
             shop(c).client_key = expired.private_key;
         },
         1,
         {{level::error, {"merchants.shop.client_certificate", "has expired", "SIGHUP"}}}},
        {"a client certificate with days left",
         [&](gateway_config& c) {
             shop(c).client_certificate = short_lived.certificate;
             shop(c).client_key = short_lived.private_key;
         },
         0,
         {{level::warning, {"merchants.shop.client_certificate", "4 days left", "renew it now"}}}},
        {"roots that do not know WeChat",
         [&](gateway_config& c) { c.ca_file = certificates.ca; },
         1,
         {{level::error, {"upstream.url: " + w.system.config().url, "ca_file"}}}},
        {"WeChat cannot be reached",
         [&](gateway_config& c) { c.url = dead; },
         0,
         {{level::warning, {"upstream.url: " + dead, "firewall"}}}},
        {"WeChat's first host cannot be reached, and the second can",
         [&](gateway_config& c) {
             c.backup_url = c.url;
             c.url = dead;
         },
         0,
         {{level::warning, {"upstream.url: " + dead, "firewall"}},
          {level::ok, {"upstream.backup_url: " + w.system.config().url}},
          {level::ok, {"merchants.shop", "takes the API key"}}}},
        {"a name that does not exist",
         [&](gateway_config& c) { c.url = "https://wechat.invalid"; },
         0,
         {{level::warning, {"upstream.url: https://wechat.invalid"}}}},
        {"the login host cannot be reached",
         [&](gateway_config& c) { c.login_url = dead; },
         0,
         {{level::warning, {"upstream.login_url: " + dead}}}},
        {"a notify URL without TLS",
         [&](gateway_config& c) { c.public_url = "http://pay.invalid"; },
         0,
         {{level::warning, {"server.public_url: http://pay.invalid", "https"}},
          {level::warning, {"server.public_url: pay.invalid", "does not resolve"}}}},
        {"a listener's certificate that WeChat does not trust, of another name",
         [&](gateway_config& c) {
             c.certificate = certificates.certificate;
             c.private_key = certificates.private_key;
             c.public_url = "https://pay.invalid";
         },
         0,
         {{level::warning, {"server.certificate", "intermediate"}},
          {level::warning, {"server.certificate: is not for pay.invalid"}}}},
        {"a shop that cannot be told",
         [&](gateway_config& c) {
             shop(c).webhook_url = "http://127.0.0.1:" + std::to_string(free_port()) + "/hook";
             shop(c).webhook_secrets = {make_webhook_secret()};
             shop(c).webhook_allow_private = true;
         },
         0,
         {{level::warning, {"merchants.shop.webhook.url", "firewall"}}}},
        {"a shop whose certificate is not vouched for",
         [&](gateway_config& c) {
             shop(c).webhook_url = c.url + "/hook"; // the sandbox's listener, say
             shop(c).webhook_secrets = {make_webhook_secret()};
             shop(c).webhook_allow_private = true;
             shop(c).webhook_ca = certificates.ca;
         },
         1,
         {{level::error, {"merchants.shop.webhook.url", "ca_file"}}}},
        {"a shop that can be told, with a short secret",
         [&](gateway_config& c) {
             shop(c).webhook_url = c.url + "/hook";
             shop(c).webhook_secrets = {"whsec_c2VjcmV0"};
             shop(c).webhook_allow_private = true;
             shop(c).webhook_ca = c.ca_file;
         },
         0,
         {{level::ok, {"merchants.shop.webhook.url"}},
          {level::warning, {"merchants.shop.webhook.secret_file", "24"}}}},
        {"nobody to approve",
         [&](gateway_config& c) {
             std::erase_if(c.operators, [](auto const& o) { return o.role == "approver"; });
         },
         0,
         {{level::warning, {"operators", "hash-password"}}}},
        {"no API keys",
         [&](gateway_config& c) { c.api_keys.clear(); },
         0,
         {{level::warning, {"api_keys", "new-key"}}}},
        {"a store that is none",
         [&](gateway_config& c) { c.store = "sqlite:damaged.db"; },
         1,
         {{level::error, {"store.url", "damaged.db"}}}},
        {"a store that is not there yet",
         [&](gateway_config& c) { c.store = "sqlite:fresh.db"; },
         0,
         {{level::ok, {"store.url", "fresh.db", "will be made"}}}},
        {"a store that cannot be made",
         [&](gateway_config& c) { c.store = "sqlite:no such folder/fresh.db"; },
         1,
         {{level::error, {"store.url", "fresh.db"}}}}};
    for (auto const& each : rows)
        BOOST_TEST_CONTEXT(each.id)
    ward::expect(w.check(each.change), each.code, each.found);
}

BOOST_AUTO_TEST_CASE(clocks_that_differ) {
    ward w;
    BOOST_TEST_REQUIRE(w.system.control().post("/control/clock", {{"advance", "2h"}}).status == 200U);
    ward::expect(w.check({}), 1, {{level::error, {"clock: is", "s behind WeChat's", "set-ntp"}}});
    // And on the metrics of the gateway that runs.
    w.system.create();
    auto const text = w.system.admin().get("/metrics").body;
    auto const at = text.find("\nwxgate_upstream_clock_offset_seconds ");
    BOOST_TEST_REQUIRE(at != std::string::npos);
    auto const offset =
        std::stoll(text.substr(at + std::string_view("\nwxgate_upstream_clock_offset_seconds ").size()));
    BOOST_TEST(offset >= 7190);
    BOOST_TEST(offset <= 7210);
}

BOOST_AUTO_TEST_CASE(nobody_is_asked_offline) {
    ward w;
    auto const before = w.system.control().get("/control/requests?last=1000").body;
    auto const began = steady::now();
    auto const r = w.check(
        [](gateway_config& c) {
            c.public_url = "https://pay.invalid";
            c.merchants[0].key = "CANARYkey" + random_hex(23); // which WeChat would not take
        },
        {"--offline"}
    );
    ward::expect(r, 0, {{level::ok, {"server.public_url", "https://pay.invalid/notify/MERCHANT/payment"}}});
    BOOST_TEST((steady::now() - began < 10s));
    BOOST_TEST(r.out.find("upstream.url") == std::string::npos);
    BOOST_TEST(w.system.control().get("/control/requests?last=1000").body == before);
}

// A schema to come, a secret that others may read: what `serve` would refuse too.
BOOST_AUTO_TEST_CASE(what_serve_refuses) {
    ward w;
    w.system.create();
    BOOST_TEST_REQUIRE(w.system.stop_gateway().has_value());
    std::filesystem::copy_file(w.system.dir().path("wxgate.db"), w.system.dir().path("newer.db"));
    change_offline(
        w.system.dir().path("newer.db"),
        "INSERT INTO schema_version (version, applied_at) SELECT max(version) + 1, 0 FROM schema_version"
    );
    ward::expect(
        w.check([](gateway_config& c) { c.store = "sqlite:newer.db"; }),
        1,
        {{level::error, {"store.url: schema ", "newer wxgate"}}}
    );

    namespace fs = std::filesystem;
    auto const config = w.system.config_file();
    auto const key = w.system.dir().path("gateway_shop.key");
    for (std::string const verb : {"check", "serve"}) {
        fs::permissions(key, fs::perms(0640));
        auto const r = run(WXGATE_PROGRAM, {verb, "--config", config});
        BOOST_TEST_CONTEXT(r.out << r.err) {
            BOOST_TEST(r.ended);
            BOOST_TEST(r.status.code == 2);
            BOOST_TEST(std::count(r.err.begin(), r.err.end(), '\n') == 1);
            for (std::string const& part :
                 {std::string("merchants.shop.api_key_file"),
                  key,
                  std::string("0640"),
                  std::string("chmod 600")})
                BOOST_TEST(r.err.find(part) != std::string::npos, part);
            BOOST_TEST((r.out + r.err).find("CANARY") == std::string::npos);
        }
    }
    fs::permissions(key, fs::perms(0600));
    w.system.start_gateway();
}

// By SIGHUP too: the file is refused as a whole, and the old values stay.
BOOST_AUTO_TEST_CASE(a_secret_that_became_readable) {
    ward w;
    namespace fs = std::filesystem;
    fs::permissions(w.system.dir().path("gateway_rival.key"), fs::perms(0644));
    w.system.gateway().signal(SIGHUP);
    BOOST_TEST(eventually(5s, [&] { return w.system.logs().find("gateway_rival.key") != std::string::npos; })
    );
    BOOST_TEST(w.system.logs().find("not reloaded") != std::string::npos);
    BOOST_TEST(w.system.create().is_object());
    BOOST_TEST(w.system.leaked() == "");
    fs::permissions(w.system.dir().path("gateway_rival.key"), fs::perms(0600));
}

BOOST_AUTO_TEST_SUITE_END()
