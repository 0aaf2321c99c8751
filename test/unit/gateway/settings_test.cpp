// The configuration: what is taken, and for every mistake a line with file and key.
#include "gateway/settings.hpp"
#include "net/tls.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace wxgate;
using namespace wxgate::gateway;
namespace fs = std::filesystem;

namespace {

std::string const digest(64, 'a');
std::string const no_password = "scrypt:ln=4,r=1,p=1:AAAAAAAAAAAAAAAAAAAAAA==:" + std::string(43, 'A') + "=";

struct folder {
    folder() {
        fs::create_directories(path);
        write("shop.key", "0123456789abcdef0123456789abcdef\n");
        write("short.key", "0123456789abcdef");
        write("empty.key", "");
        write("hook.whsec", "whsec_c2VjcmV0");
        write("bad.whsec", "secret");
        net::certificate_request r;
        r.common_name = "10000100";
        auto const a = net::issue_certificate(r);
        auto const b = net::issue_certificate(r);
        write("a.pem", a.certificate);
        write("a.key", a.private_key);
        write("b.pem", b.certificate);
        write("b.key", b.private_key);
    }

    ~folder() { fs::remove_all(path); }

    void write(std::string const& name, std::string const& text) const {
        std::ofstream(path / name) << text;
        fs::permissions(path / name, fs::perms::owner_read | fs::perms::owner_write);
    }

    std::shared_ptr<settings const> load(std::string const& text) const {
        write("wxgate.info", text);
        return load_settings((path / "wxgate.info").string());
    }

    fs::path path = fs::temp_directory_path() / ("wxgate-settings-" + std::to_string(getpid()));
};

std::string const shop = "appid wx1 mch_id 10000100 api_key_file shop.key ";

std::string with_shop(std::string const& more = "", std::string const& in_shop = "") {
    return "merchants { shop { " + shop + in_shop + " } }\n" + more;
}

std::string
with_webhook(std::string const& url, std::string const& more = "", std::string const& secret = "hook") {
    return with_shop("", "webhook { url \"" + url + "\" secret_file " + secret + ".whsec " + more + " }");
}

std::string const key = "api_keys { k { merchant shop sha256 \"" + digest + "\" scopes \"pay read\" } }";

} // namespace

BOOST_FIXTURE_TEST_SUITE(settings_test, folder)

BOOST_AUTO_TEST_CASE(the_defaults_are_the_contracts) {
    auto const s = load(with_shop());
    BOOST_TEST(s->listen.port == 8080);
    BOOST_TEST(s->admin_listen.port == 8081);
    BOOST_TEST(s->threads >= 1U);
    BOOST_TEST(s->limits.max_body == 64U * 1024);
    BOOST_TEST((s->limits.request_timeout == std::chrono::seconds(30)));
    BOOST_TEST(s->upstream.url == "https://api.mch.weixin.qq.com");
    BOOST_TEST(s->upstream.backup_url == "https://api2.mch.weixin.qq.com");
    BOOST_TEST(s->upstream.limits.max_connections == 128U);
    BOOST_TEST((s->merchants.at("shop").account.sign_type == sign_type::hmac_sha256));
    BOOST_TEST(s->merchants.at("shop").account.api_key.size() == 32U);
    BOOST_TEST(s->store_url == "sqlite:" + (path / "wxgate.db").string());
    BOOST_TEST(s->warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_database_of_several_gateways) {
    auto const s = load(with_shop("store { url postgresql://u:p@db.example.com:5433/d }"));
    BOOST_TEST(s->store_url == "postgresql://u:p@db.example.com:5433/d");
    BOOST_TEST(s->node.ends_with(":8080")); // the host's name before it
    BOOST_TEST(load(with_shop("store { url postgresql://h/d node one }"))->node == "one");
}

BOOST_AUTO_TEST_CASE(everything_can_be_said) {
    auto const s = load(
        "server { listen 127.0.0.1:0 admin_listen [::1]:0 threads 3 public_url https://pay.example.com/x/ "
        "max_connections 300 "
        "max_body 32k header_timeout 500ms request_timeout 1m drain_timeout 5s certificate a.pem private_key "
        "a.key }\n"
        "log { level warn format text }\nstore { url sqlite:data/x.db }\n"
        "upstream { url https://127.0.0.1:9443 backup_url \"\" connect_timeout 1s timeout 2s idle_timeout 3s "
        "max_connections 4 }\n" +
        with_shop(
            key + "\noperators { alice { password \"" + no_password + "\" role approver } }",
            "sign_type MD5 client_certificate a.pem client_key a.key refund_approval auto "
            "webhook { url https://shop.example.com/hook secret_file hook.whsec allow_private no }"
        )
    );
    BOOST_TEST(s->threads == 3U);
    BOOST_TEST(s->limits.max_connections == 100U);
    BOOST_TEST(s->public_url == "https://pay.example.com/x");
    BOOST_TEST(s->upstream.backup_url.empty());
    BOOST_TEST((s->merchants.at("shop").account.sign_type == sign_type::md5));
    BOOST_TEST(s->merchants.at("shop").refund_auto);
    BOOST_TEST(s->merchants.at("shop").webhook->secrets.front() == "secret");
    BOOST_TEST(s->api_keys.front().may(scope::pay));
    BOOST_TEST(!s->api_keys.front().may(scope::refund));
    BOOST_TEST((s->operators.front().role == role::approver));
    BOOST_TEST(
        s->warnings.back().find("operators.alice") != std::string::npos, "a cheap password is warned of"
    );
}

BOOST_AUTO_TEST_CASE(the_front_doors_limits) {
    auto const ip = [](char const* text) { return *net::parse_ip(text); };
    auto const plain = load(with_shop());
    server_limits const defaults;
    BOOST_TEST(plain->limits.max_connections_per_address == 1000U);
    BOOST_TEST(plain->limits.max_in_flight == defaults.max_in_flight);
    BOOST_TEST(plain->limits.max_notifications == defaults.max_notifications);
    BOOST_TEST((plain->limits.handshake_timeout == std::chrono::seconds(10)));
    BOOST_TEST(plain->trusted_proxies.empty());
    BOOST_TEST(plain->unlimited_addresses.contains(ip("127.0.0.1")));
    BOOST_TEST(plain->unlimited_addresses.contains(ip("::1")));
    BOOST_TEST(!plain->unlimited_addresses.contains(ip("192.0.2.1")));
    auto const s = load(
        with_shop("server { max_connections_per_address 5 max_requests_per_connection 6 max_in_flight 7 "
                  "max_notifications 8 max_unsent 2m max_header 4k max_store_wait 9ms "
                  "max_notification_wait 10ms handshake_timeout 11ms body_timeout 12ms write_timeout 13ms "
                  "idle_timeout 14ms trusted_proxies \"10.0.0.0/8 ::1\" unlimited_addresses \"\" }")
    );
    BOOST_TEST(s->limits.max_connections_per_address == 5U);
    BOOST_TEST(s->limits.max_requests_per_connection == 6U);
    BOOST_TEST(s->limits.max_in_flight == 7U);
    BOOST_TEST(s->limits.max_notifications == 8U);
    BOOST_TEST(s->limits.max_unsent == 2U * 1024 * 1024);
    BOOST_TEST(s->limits.max_header == 4096U);
    BOOST_TEST((s->limits.max_store_wait == milliseconds(9)));
    BOOST_TEST((s->limits.max_notification_wait == milliseconds(10)));
    BOOST_TEST((s->limits.handshake_timeout == milliseconds(11)));
    BOOST_TEST((s->limits.body_timeout == milliseconds(12)));
    BOOST_TEST((s->limits.write_timeout == milliseconds(13)));
    BOOST_TEST((s->limits.idle_timeout == milliseconds(14)));
    BOOST_TEST(s->trusted_proxies.contains(ip("10.1.2.3")));
    BOOST_TEST(s->trusted_proxies.contains(ip("::1")));
    BOOST_TEST(!s->trusted_proxies.contains(ip("127.0.0.1")));
    BOOST_TEST(s->unlimited_addresses.empty());
}

// Whoever reaches the admin listener may pay there: never with real money.
BOOST_AUTO_TEST_CASE(a_demo_shop_is_for_a_sandbox_on_this_machine) {
    std::string const demo = "demo { sandbox_control http://127.0.0.1:9444 merchant shop }\n";
    auto const upstream = [](std::string const& url, std::string const& backup, std::string const& login) {
        return "upstream { url " + url + " backup_url " + backup + " login_url " + login + " }\n";
    };
    std::string const here = "https://127.0.0.1:9443";
    BOOST_TEST(!load(with_shop())->demo.has_value());
    auto const s = load(with_shop(demo + upstream(here, "\"\"", "https://localhost:9443")));
    BOOST_TEST_REQUIRE(s->demo.has_value());
    BOOST_TEST(s->demo->sandbox_control == "http://127.0.0.1:9444");
    BOOST_TEST(s->demo->merchant == "shop");

    std::string const wechat = "https://api.mch.weixin.qq.com";
    auto const local = upstream(here, "\"\"", here);
    for (auto const& [text, named] : std::initializer_list<std::pair<std::string, char const*>>{
             {demo, "demo"},
             {demo + upstream(wechat, "\"\"", here), "demo"},
             {demo + upstream(here, wechat, here), "demo"},
             {demo + upstream(here, "\"\"", "https://10.0.0.1"), "demo"},
             {demo + upstream("https://127.0.0.1.example.com", "\"\"", here), "demo"},
             {"demo { sandbox_control http://10.0.0.1:9444 merchant shop }\n" + local,
              "demo.sandbox_control"},
             {"demo { sandbox_control https://127.0.0.1:9444 merchant shop }\n" + local,
              "demo.sandbox_control"},
             {"demo { merchant shop }\n" + local, "demo.sandbox_control"},
             {"demo { sandbox_control http://127.0.0.1:9444 }\n" + local, "demo.merchant"},
             {"demo { sandbox_control http://127.0.0.1:9444 merchant other }\n" + local, "demo.merchant"},
             {"demo { port 1 }\n" + local, "demo.port"}})
        BOOST_CHECK_EXCEPTION(load(with_shop(text)), settings_error, [part = named](settings_error const& e) {
            return std::string_view(e.what()).find(part) != std::string_view::npos;
        });
}

BOOST_AUTO_TEST_CASE(shops_of_a_service_provider) {
    auto const s = load(
        "merchants { a { " + shop + "sub_mch_id 7 sub_appid wx7 } b { " + shop + "sub_mch_id 8 } c { " +
        shop + "} }"
    );
    BOOST_TEST(s->merchants.at("a").account.sub_mch_id == "7");
    BOOST_TEST(s->merchants.at("a").account.sub_appid == "wx7");
    BOOST_TEST(s->merchants.at("b").account.sub_mch_id == "8");
    BOOST_TEST(s->merchants.at("b").account.sub_appid == "");
    BOOST_TEST(s->merchants.at("c").account.sub_mch_id == "");
}

// The client certificate is the mch_id's, whichever of its appids names it.
BOOST_AUTO_TEST_CASE(merchants_of_one_mch_id_have_one_certificate) {
    auto const two = [](std::string const& first, std::string const& second) {
        return "merchants { a { appid wx1 mch_id 10000100 api_key_file shop.key " + first +
               " } b { appid wx2 mch_id 10000100 api_key_file shop.key " + second + " } }";
    };
    std::string const pair = "client_certificate a.pem client_key a.key";
    for (auto const& text : {two(pair, ""), two("", pair), two(pair, pair)}) {
        auto const s = load(text);
        BOOST_TEST(!s->merchants.at("a").identity.empty());
        BOOST_TEST(s->merchants.at("a").identity.certificate == s->merchants.at("b").identity.certificate);
        BOOST_TEST((s->merchants.at("b").identity_expires == s->merchants.at("a").identity_expires));
    }
    BOOST_CHECK_EXCEPTION(
        load(two(pair, "client_certificate b.pem client_key b.key")),
        std::runtime_error,
        [](std::runtime_error const& e) {
            return std::string_view(e.what()).find("another client certificate") != std::string_view::npos;
        }
    );
}

BOOST_AUTO_TEST_CASE(every_mistake_is_one_line_with_file_and_key) {
    struct row {
        std::string text;
        char const* named; // the key that the line must name
    };

    row const table[] = {
        {"", "merchants"},
        {"merchants { shop {", "wxgate.info"},
        {with_shop("server { listen 127.0.0.1 }"), "server.listen"},
        {with_shop("server { listen 127.0.0.1:70000 }"), "server.listen"},
        {with_shop("server { threads many }"), "server.threads"},
        {with_shop("server { threads 257 }"), "server.threads"},
        {with_shop("server { header_timeout 10 }"), "server.header_timeout"},
        {with_shop("server { header_timeout 0s }"), "server.header_timeout"},
        {with_shop("server { header_timeout 10x }"), "server.header_timeout"},
        {with_shop("server { max_body 1g }"), "server.max_body"},
        {with_shop("server { max_body 99999999999999999999k }"), "server.max_body"},
        {with_shop("server { public_url pay.example.com }"), "server.public_url"},
        {with_shop("server { public_url \"https://a/?b\" }"), "server.public_url"},
        {with_shop("server { certificate a.pem }"), "server.private_key"},
        {with_shop("server { certificate a.pem private_key b.key }"), "server.certificate"},
        {with_shop("server { certificate none.pem private_key a.key }"), "none.pem"},
        {with_shop("server { lisen 127.0.0.1:1 }"), "server.lisen"},
        {with_shop("server { max_connections_per_address 0 }"), "server.max_connections_per_address"},
        {with_shop("server { max_requests_per_connection 0 }"), "server.max_requests_per_connection"},
        {with_shop("server { max_in_flight 0 }"), "server.max_in_flight"},
        {with_shop("server { max_notifications none }"), "server.max_notifications"},
        {with_shop("server { max_unsent 1 }"), "server.max_unsent"},
        {with_shop("server { max_header 64k }"), "server.max_header"},
        {with_shop("server { max_store_wait 3s }"), "server.max_notification_wait"},
        {with_shop("server { max_notification_wait 100ms }"), "server.max_notification_wait"},
        {with_shop("server { handshake_timeout 0s }"), "server.handshake_timeout"},
        {with_shop("server { body_timeout soon }"), "server.body_timeout"},
        {with_shop("server { write_timeout 10 }"), "server.write_timeout"},
        {with_shop("server { idle_timeout -1s }"), "server.idle_timeout"},
        {with_shop("server { trusted_proxies \"10.0.0.0/8 proxy.example\" }"), "server.trusted_proxies"},
        {with_shop("server { trusted_proxies 10.0.0.1/8 }"), "server.trusted_proxies"},
        {with_shop("server { unlimited_addresses everybody }"), "server.unlimited_addresses"},
        {with_shop("server { listen { a b } }"), "server.listen"},
        {with_shop("server { listen 127.0.0.1:1 listen 127.0.0.1:2 }"), "server.listen"},
        {with_shop("server plain"), "server"},
        {with_shop("sever { listen 127.0.0.1:1 }"), "sever"},
        {with_shop("log { level loud }"), "log.level"},
        {with_shop("store { url mysql:x }"), "store.url"},
        {with_shop("store { url sqlite: }"), "store.url"},
        {with_shop("store { url sqlite:x.db node a/b }"), "store.node"},
        {with_shop("upstream { url ftp://x }"), "upstream.url"},
        {with_shop("upstream { ca_file none.pem }"), "upstream.ca_file"},
        {"merchants { shop { mch_id 1 api_key_file shop.key } }", "merchants.shop.appid"},
        {"merchants { shop { appid wx1 api_key_file shop.key } }", "merchants.shop.mch_id"},
        {"merchants { shop { appid wx1 mch_id 1 } }", "merchants.shop.api_key_file"},
        {"merchants { shop { appid wx1 mch_id 1 api_key_file none.key } }", "none.key"},
        {"merchants { shop { appid wx1 mch_id 1 api_key_file empty.key } }", "merchants.shop.api_key_file"},
        {"merchants { shop { appid wx1 mch_id 1 api_key_file short.key } }", "32 bytes"},
        {"merchants { \"a b\" { " + shop + " } }", "name"},
        {with_shop("", "sign_type SHA1"), "merchants.shop.sign_type"},
        {with_shop("", "sub_mch_id \"1 2\""), "merchants.shop.sub_mch_id"},
        {with_shop("", "sub_appid wx2"), "merchants.shop.sub_appid"},
        {"merchants { a { " + shop + " } b { " + shop + " } }", "merchants.b"},
        {"merchants { a { " + shop + " sub_mch_id 7 } b { " + shop + " sub_mch_id 7 } }", "merchants.b"},
        {with_shop("", "client_certificate a.pem"), "merchants.shop.client_key"},
        {with_shop("", "client_certificate a.pem client_key b.key"), "merchants.shop.client_certificate"},
        {with_shop("", "webhook { url https://a.example secret_file bad.whsec }"), "webhook.secret_file"},
        {with_shop("", "webhook { url http://a.example secret_file hook.whsec }"), "webhook.url"},
        {with_shop("", "nonsense 1"), "merchants.shop.nonsense"},
        {"merchants { a { " + shop + " } b { " + shop + " } }", "merchants.b"},
        {"merchants { a { " + shop + " } a { " + shop + " } }", "merchants.a"},
        {with_shop("api_keys { k { merchant none sha256 \"" + digest + "\" scopes pay } }"),
         "api_keys.k.merchant"},
        {with_shop("api_keys { k { merchant shop sha256 \"abc\" scopes pay } }"), "api_keys.k.sha256"},
        {with_shop("api_keys { k { merchant shop sha256 \"" + digest + "\" scopes all } }"),
         "api_keys.k.scopes"},
        {with_shop("api_keys { k { merchant shop sha256 \"" + digest + "\" } }"), "api_keys.k.scopes"},
        {with_shop("api_keys { k { merchant shop sha256 \"" + digest + "\" scopes pay rate fast } }"),
         "api_keys.k.rate"},
        {with_shop("operators { a { password secret role admin } }"), "operators.a.password"},
        {with_shop("operators { a { password \"scrypt:x\" role admin } }"), "operators.a.password"},
        {with_shop("operators { a { password \"" + no_password + "\" role king } }"), "operators.a.role"},
        {with_shop("operators { auto { password \"" + no_password + "\" role admin } }"), "operators.auto"},
        {with_shop("server { public_url https://" + std::string(240, 'a') + " }"), "server.public_url"},
    };
    for (auto const& r : table) {
        try {
            load(r.text);
            BOOST_TEST(false, "taken: " << r.text);
        } catch (settings_error const& e) {
            std::string const what = e.what();
            BOOST_TEST(what.find("wxgate.info") != std::string::npos, what);
            BOOST_TEST(what.find(r.named) != std::string::npos, r.named << " is not in: " << what);
            BOOST_TEST(what.find('\n') == std::string::npos);
            BOOST_TEST(what.find("0123456789abcdef") == std::string::npos); // no secret
        }
    }
    BOOST_CHECK_THROW(load_settings("/nonexistent/wxgate.info"), settings_error);
}

BOOST_AUTO_TEST_CASE(the_environment_overrides_scalars) {
    setenv("WXGATE_SERVER_LISTEN", "127.0.0.1:7777", 1);
    setenv("WXGATE_LOG_LEVEL", "error", 1);
    setenv("WXGATE_MERCHANTS_SHOP_APPID", "wx9", 1); // never these
    auto const s = load(with_shop("server { listen 127.0.0.1:1 }"));
    BOOST_TEST(s->listen.port == 7777);
    BOOST_TEST((s->log_level == log::level::error));
    BOOST_TEST(s->merchants.at("shop").account.appid == "wx1");
    setenv("WXGATE_SERVER_LISTEN", "nonsense", 1);
    BOOST_CHECK_THROW(load(with_shop()), settings_error);
    unsetenv("WXGATE_SERVER_LISTEN");
    unsetenv("WXGATE_LOG_LEVEL");
    unsetenv("WXGATE_MERCHANTS_SHOP_APPID");
}

// Secrets are their owner's alone. The line names file, mode and what to do, and never the secret.
BOOST_AUTO_TEST_CASE(a_secret_that_others_may_read_is_refused) {
    struct row {
        char const* key;
        char const* file;
        std::string text;
    };

    std::string const certified = "client_certificate a.pem client_key a.key";
    row const table[] = {
        {"merchants.shop.api_key_file", "shop.key", with_shop()},
        {"merchants.shop.app_secret_file", "app.secret", with_shop("", "app_secret_file app.secret")},
        {"merchants.shop.client_key", "a.key", with_shop("", certified)},
        {"merchants.shop.client_p12", "a.p12", with_shop("", "client_p12 a.p12")},
        {"merchants.shop.webhook.secret_file", "hook.whsec", with_webhook("https://shop.example.com/hook")},
        {"server.private_key", "b.key", with_shop("server { certificate b.pem private_key b.key }")},
    };
    write("app.secret", "CANARYsecret");
    for (auto const& r : table) {
        BOOST_TEST_CONTEXT(r.key) {
            if (!fs::exists(path / r.file))
                write(r.file, "CANARY");
            for (auto const& [mode, octal] :
                 {std::pair(fs::perms(0640), "0640"),
                  std::pair(fs::perms(0604), "0604"),
                  std::pair(fs::perms(0644), "0644"),
                  std::pair(fs::perms(0620), "0620"),
                  std::pair(fs::perms(0610), "0610"),
                  std::pair(fs::perms(0777), "0777")}) {
                fs::permissions(path / r.file, mode);
                try {
                    load(r.text);
                    BOOST_TEST(false, octal << " was taken");
                } catch (settings_error const& e) {
                    std::string const what = e.what();
                    for (std::string const& named :
                         {std::string(r.key),
                          (path / r.file).string(),
                          std::string("mode ") + octal,
                          std::string("chmod 600")})
                        BOOST_TEST(what.find(named) != std::string::npos, named << " is not in: " << what);
                    BOOST_TEST(what.find('\n') == std::string::npos);
                    BOOST_TEST(what.find("CANARY") == std::string::npos, what);
                    BOOST_TEST(what.find("0123456789abcdef") == std::string::npos, what);
                }
            }
            fs::permissions(path / r.file, fs::perms(0400)); // as systemd and others hand them over
            if (std::string(r.file) != "a.p12")
                BOOST_TEST(load(r.text)->warnings.empty());
            fs::permissions(path / r.file, fs::perms(0600));
        }
    }
}

// systemd's credentials: an access list, whose mask shows as the group's rights.
BOOST_AUTO_TEST_CASE(a_credential_of_the_service_manager_is_taken) {
    fs::permissions(path / "shop.key", fs::perms(0440));
    BOOST_CHECK_THROW(load(with_shop()), settings_error);
    setenv("CREDENTIALS_DIRECTORY", path.c_str(), 1);
    BOOST_TEST(load(with_shop())->merchants.size() == 1U);
    fs::create_directories(path / "deeper");
    fs::copy_file(path / "shop.key", path / "deeper" / "shop.key");
    fs::permissions(path / "deeper" / "shop.key", fs::perms(0440));
    BOOST_CHECK_THROW(
        load("merchants { shop { appid wx1 mch_id 10000100 api_key_file deeper/shop.key } }"), settings_error
    );
    unsetenv("CREDENTIALS_DIRECTORY");
    BOOST_CHECK_THROW(load(with_shop()), settings_error);
}

// ---- webhooks -------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_webhooks_secrets) {
    struct row {
        std::string text;
        std::vector<std::string> secrets;
    };

    row const table[] = {
        {"whsec_c2VjcmV0", {"secret"}},
        {"whsec_c2VjcmV0\n", {"secret"}},
        {"whsec_c2VjcmV0\r\n", {"secret"}},
        {"whsec_c2VjcmV0\nwhsec_b3RoZXI=", {"secret", "other"}},
        {"whsec_c2VjcmV0\r\nwhsec_b3RoZXI=\r\n", {"secret", "other"}}, // in the file's order
        {"whsec_b3RoZXI=\nwhsec_c2VjcmV0\n\n", {"other", "secret"}},
        {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
         {"\x31\xf2\x90\xf6\xbf\x06\x29\x8a\xab\x4f\x08\xd4\x3c\x3f\x08\x2c\xf6\x48\xa3\x62\xda\x2d\xa4"
          "\xb0"}},
    };
    for (auto const& r : table) {
        write("some.whsec", r.text);
        auto const s = load(with_webhook("https://shop.example.com/hook", "", "some"));
        BOOST_TEST((s->merchants.at("shop").webhook->secrets == r.secrets), r.text);
        BOOST_TEST(s->warnings.empty(), r.text);
    }
    for (auto const* bad :
         {"whsec_c2VjcmV0\nwhsec_b3RoZXI=\nwhsec_dGhpcmQ=", // three
          "",
          "\n",
          "secret",
          "c2VjcmV0",
          "whsec_",
          "whsec_c2VjcmV",   // no padding
          "whsec_c2VjcmV0=", // too much of it
          "whsec_c2Vj cmV0", // white space
          " whsec_c2VjcmV0",
          "whsec_c2VjcmV0 ",
          "whsec_c2VjcmV-",                   // base64url
          "whsec_c2VjcmV0\n\nwhsec_b3RoZXI=", // a line that is none
          "whsec_c2VjcmV0\nsecret",
          "whsec_c2VjcmV0\nwhsec_",
          "WHSEC_c2VjcmV0"}) {
        write("some.whsec", bad);
        try {
            load(with_webhook("https://shop.example.com/hook", "", "some"));
            BOOST_TEST(false, "taken: " << bad);
        } catch (settings_error const& e) {
            std::string const what = e.what();
            BOOST_TEST(what.find("merchants.shop.webhook.secret_file") != std::string::npos, what);
            BOOST_TEST(what.find('\n') == std::string::npos, what);
            BOOST_TEST(what.find("c2Vj") == std::string::npos, "no secret: " << what);
        }
    }
    BOOST_CHECK_THROW(load(with_shop("", "webhook { url https://shop.example.com/hook }")), settings_error);
    BOOST_CHECK_THROW(load(with_webhook("https://shop.example.com/hook", "", "none")), settings_error);
    write("open.whsec", "whsec_c2VjcmV0");
    fs::permissions(path / "open.whsec", fs::perms::owner_read | fs::perms::others_read);
    BOOST_CHECK_THROW(load(with_webhook("https://shop.example.com/hook", "", "open")), settings_error);
}

// RELIABILITY 3.6: what a webhook may name. `anywhere`: with allow_private yes.
BOOST_AUTO_TEST_CASE(a_webhooks_url) {
    struct row {
        char const* url;
        bool by_default;
        bool anywhere;
    };

    row const table[] = {
        {"https://shop.example.com/hook", true, true},
        {"https://shop.example.com", true, true},
        {"https://shop.example.com:443/hook", true, true},
        {"https://shop.example.com:8443/a/b-c_d", true, true},
        {"https://8.8.8.8/hook", true, true},
        {"https://[2606:4700:4700::1111]/hook", true, true},
        // Plain HTTP and other ports: on the inside only.
        {"http://shop.example.com/hook", false, true},
        {"http://shop.example.com:443/hook", false, true},
        {"https://shop.example.com:444/hook", false, true},
        {"https://shop.example.com:80/hook", false, true},
        {"https://shop.example.com:22/hook", false, true},
        {"http://127.0.0.1:9000/hook", false, true},
        {"https://127.0.0.1/hook", false, true},
        {"https://127.0.0.2/hook", false, true},
        {"https://[::1]/hook", false, true},
        {"https://[::ffff:127.0.0.1]/hook", false, true},
        {"https://localhost/hook", false, true},
        {"https://LOCALHOST/hook", false, true},
        {"https://shop.localhost/hook", false, true},
        {"https://10.1.2.3/hook", false, true},
        {"https://172.16.0.1/hook", false, true},
        {"https://192.168.0.1/hook", false, true},
        {"https://169.254.169.254/latest/meta-data", false, true},
        {"https://100.64.0.1/hook", false, true},
        {"https://0.0.0.0/hook", false, true},
        {"https://[fd00::1]/hook", false, true},
        {"https://[fe80::1]/hook", false, true},
        // Numbers that some resolvers take for an address: nowhere.
        {"https://127.1/hook", false, false},
        {"https://2130706433/hook", false, false},
        {"https://0x7f000001/hook", false, false},
        {"https://0177.0.0.1/hook", false, false},
        {"https://1.2.3.4.5/hook", false, false},
        // No URL at all, or more than a place.
        {"", false, false},
        {"shop.example.com/hook", false, false},
        {"ftp://shop.example.com/hook", false, false},
        {"file:///etc/passwd", false, false},
        {"HTTPS://shop.example.com/hook", false, false},
        {"https:///hook", false, false},
        {"https://shop.example.com:/hook", false, false},
        {"https://shop.example.com:0/hook", false, false},
        {"https://shop.example.com:65536/hook", false, false},
        {"https://user@shop.example.com/hook", false, false},
        {"https://user:word@shop.example.com/hook", false, false},
        {"https://shop.example.com/hook?key=1", false, false},
        {"https://shop.example.com/hook#part", false, false},
        {"https://shop.example.com/a b", false, false},
        {"https://shop..example.com/hook", false, false},
        {"https://[::1/hook", false, false},
        {"https://商店.example.com/hook", false, false},
    };
    for (auto const& r : table) {
        for (bool const anywhere : {false, true}) {
            bool const wanted = anywhere ? r.anywhere : r.by_default;
            auto const text = with_webhook(r.url, anywhere ? "allow_private yes" : "");
            try {
                auto const s = load(text);
                BOOST_TEST(wanted, "taken: " << r.url << (anywhere ? ", anywhere" : ""));
                BOOST_TEST(s->merchants.at("shop").webhook->allow_private == anywhere);
            } catch (settings_error const& e) {
                std::string const what = e.what();
                BOOST_TEST(!wanted, what);
                BOOST_TEST(what.find("merchants.shop.webhook.url") != std::string::npos, what);
            }
        }
    }
    std::string const host = "https://shop.example.com/";
    BOOST_TEST(load(with_webhook(host + std::string(2048 - host.size(), 'a')))->merchants.size() == 1U);
    BOOST_CHECK_THROW(load(with_webhook(host + std::string(2049 - host.size(), 'a'))), settings_error);
    BOOST_CHECK_THROW(
        load(with_webhook("https://shop.example.com/hook", "allow_private perhaps")), settings_error
    );
    BOOST_CHECK_THROW(load(with_webhook("https://shop.example.com/hook", "retries 3")), settings_error);
}

BOOST_AUTO_TEST_CASE(a_webhooks_roots) {
    auto const s = load(with_webhook("https://shop.example.com/hook", "ca_file a.pem"));
    BOOST_TEST(s->merchants.at("shop").webhook->ca_file == (path / "a.pem").string());
    BOOST_TEST(
        load(with_webhook("https://shop.example.com/hook"))->merchants.at("shop").webhook->ca_file.empty()
    );
    for (auto const* bad : {"none.pem", "shop.key", "a.key"}) {
        try {
            load(with_webhook("https://shop.example.com/hook", std::string("ca_file ") + bad));
            BOOST_TEST(false, "taken: " << bad);
        } catch (settings_error const& e) {
            std::string const what = e.what();
            BOOST_TEST(what.find("merchants.shop.webhook.ca_file") != std::string::npos, what);
        }
    }
}

// What is told to this gateway itself reaches no shop.
BOOST_AUTO_TEST_CASE(a_webhook_does_not_lead_back_here) {
    std::string const listeners = "server { listen 127.0.0.1:9000 admin_listen [::1]:9001 } ";
    std::string const in_public = "server { public_url https://pay.example.com/wx } ";

    struct row {
        std::string server;
        char const* url;
        bool taken;
    };

    row const table[] = {
        {"", "http://127.0.0.1:8080/hook", false}, // the defaults
        {"", "http://127.0.0.1:8081/hook", false},
        {"", "http://127.0.0.1:8082/hook", true},
        {listeners, "http://127.0.0.1:9000/hook", false},
        {listeners, "https://127.0.0.1:9000", false},
        {listeners, "http://[::1]:9001/hook", false},
        {listeners, "http://127.0.0.1:9001/hook", true},
        {listeners, "http://127.0.0.1:8080/hook", true},
        {in_public, "https://pay.example.com/wx/notify/shop/payment", false},
        {in_public, "https://pay.example.com:443/wx/notify/shop/refund", false},
        {in_public, "https://PAY.example.com/wx/notify/shop/refund", false},
        {in_public, "https://pay.example.com/hook", true}, // the shop's, behind the same front
        {in_public, "https://pay.example.com/notify/shop/payment", true},
        {in_public, "https://pay.example.com:8443/wx/notify/shop/payment", true},
        {in_public, "https://shop.example.com/wx/notify/shop/payment", true},
    };
    for (auto const& r : table) {
        try {
            load(r.server + with_webhook(r.url, "allow_private yes"));
            BOOST_TEST(r.taken, "taken: " << r.url);
        } catch (settings_error const& e) {
            std::string const what = e.what();
            BOOST_TEST(!r.taken, what);
            BOOST_TEST(what.find("merchants.shop.webhook.url") != std::string::npos, what);
        }
    }
}

// ---- background -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(time_scale_shortens_the_days) {
    resolver_limits const looks;
    webhook_limits const tries;
    auto const usual = load(with_shop());
    BOOST_TEST((usual->resolver_limits.looks == looks.looks));
    BOOST_TEST((usual->webhook_limits.waits == tries.waits));
    BOOST_TEST((load(with_shop("background { time_scale 1 }"))->webhook_limits.waits == tries.waits));

    auto const s = load(with_shop("background { time_scale 60 }"));
    for (std::size_t i = 0; i < looks.looks.size(); ++i)
        BOOST_TEST((s->resolver_limits.looks[i] == looks.looks[i] / 60), i);
    BOOST_TEST((s->resolver_limits.hourly == std::chrono::minutes(1)));
    BOOST_TEST((s->resolver_limits.earliest_close == std::chrono::seconds(5)));
    for (std::size_t i = 0; i < tries.waits.size(); ++i)
        BOOST_TEST((s->webhook_limits.waits[i] == tries.waits[i] / 60), i);
    BOOST_TEST((s->webhook_limits.longest_retry_after == std::chrono::minutes(1)));
    // What is no interval of the schedules is as long as it was.
    BOOST_TEST((s->webhook_limits.timeout == tries.timeout));
    BOOST_TEST((s->webhook_limits.lease == tries.lease));
    BOOST_TEST((s->resolver_limits.lease == looks.lease));
    BOOST_TEST(s->resolver_limits.max_a_second == looks.max_a_second);
    BOOST_TEST((s->refund_limits.approval_life == refund_limits().approval_life));

    auto const shortest = load(with_shop("background { time_scale 100000 }"));
    for (auto const& each : shortest->resolver_limits.looks)
        BOOST_TEST(each.count() >= 1);
    for (auto const& each : shortest->webhook_limits.waits)
        BOOST_TEST(each.count() >= 1);
    BOOST_TEST(shortest->resolver_limits.looks.front().count() == 1);
    BOOST_TEST(shortest->resolver_limits.hourly.count() == 36);

    for (auto const* bad :
         {"time_scale 0",
          "time_scale 100001",
          "time_scale -1",
          "time_scale 1.5",
          "time_scale fast",
          "time_scale \"\"",
          "time_scale 1 time_scale 2",
          "time_scale { a b }"}) {
        try {
            load(with_shop(std::string("background { ") + bad + " }"));
            BOOST_TEST(false, "taken: " << bad);
        } catch (settings_error const& e) {
            std::string const what = e.what();
            BOOST_TEST(what.find("background.time_scale") != std::string::npos, what);
        }
    }
    BOOST_CHECK_EXCEPTION(
        load(with_shop("background { timescale 60 }")),
        settings_error,
        [](settings_error const& e) {
            return std::string_view(e.what()).find("background.timescale") != std::string_view::npos;
        }
    );
    setenv("WXGATE_BACKGROUND_TIME_SCALE", "3600", 1);
    auto const overridden = load(with_shop("background { time_scale 60 }"));
    unsetenv("WXGATE_BACKGROUND_TIME_SCALE");
    BOOST_TEST((overridden->resolver_limits.hourly == std::chrono::seconds(1)));
}

BOOST_AUTO_TEST_SUITE_END()
