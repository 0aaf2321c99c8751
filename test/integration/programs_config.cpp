// CONTRACT.md 2: configuration. Every mistake is one line that names file and key, and exit 2, for `serve`
// and `check`.
#include "fixture.hpp"

using namespace wxgate::test;

namespace {

// A complete configuration in a folder of its own, to be broken.
struct complete {
    scratch dir;
    gateway_config config;
    std::string file;

    complete() {
        auto const certificates = make_certificates(dir, "up");
        config.merchants = {make_merchant("shop", "10000100")};
        config.api_keys = {make_api_key("backend", "shop")};
        config.public_url = "https://pay.example.com";
        config.url = "https://127.0.0.1:1";
        config.login_url = config.url;
        config.ca_file = certificates.ca;
        config.certificate = certificates.certificate;
        config.private_key = certificates.private_key;
        write();
    }

    void write() { file = write_gateway_config(dir, "gateway", config); }

    void replace(std::string const& from, std::string const& to) {
        auto text = read_file(file);
        auto const at = text.find(from);
        BOOST_TEST_REQUIRE(at != std::string::npos, "the configuration has no " << from);
        dir.write("gateway.info", text.replace(at, from.size(), to));
    }
};

struct row {
    std::string id;
    std::string from;
    std::string to;
    std::vector<std::string> named; // all of these stand in the line
};

void check_refused_config(run_result const& r, std::vector<std::string> const& named) {
    BOOST_TEST_CONTEXT("stderr: " << r.err << " stdout: " << r.out) {
        BOOST_TEST(r.ended);
        BOOST_TEST(r.status.code == 2);
        BOOST_TEST(std::count(r.err.begin(), r.err.end(), '\n') == 1);
        for (auto const& name : named)
            BOOST_TEST(r.err.find(name) != std::string::npos, name << " is not named");
        BOOST_TEST(r.err.find("CANARY") == std::string::npos, "a secret is shown");
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(programs_config)

BOOST_AUTO_TEST_CASE(complete_configuration) {
    complete const c;
    auto const r = run(WXGATE_PROGRAM, {"check", "--config", c.file, "--offline"});
    BOOST_TEST(r.ended);
    BOOST_TEST(r.status.code == 0, r.out << r.err);
    BOOST_TEST((r.out + r.err).find("CANARY") == std::string::npos);
    BOOST_TEST(std::count(r.out.begin(), r.out.end(), '\n') >= 1);
}

BOOST_AUTO_TEST_CASE(mistakes) {
    std::vector<row> const rows = {
        {"an unknown key", "threads \"2\"", "thraeds \"2\"", {"gateway.info", "server", "thraeds"}},
        {"an unknown section", "log {", "lgo {", {"gateway.info", "lgo"}},
        {"no address", "listen \"127.0.0.1:0\"", "listen \"localhost\"", {"gateway.info", "listen"}},
        {"a port over 65535",
         "listen \"127.0.0.1:0\"",
         "listen \"127.0.0.1:70000\"",
         {"gateway.info", "listen"}},
        {"threads of text", "threads \"2\"", "threads \"two\"", {"gateway.info", "threads"}},
        {"threads of -1", "threads \"2\"", "threads \"-1\"", {"gateway.info", "threads"}},
        {"a size that is none", "max_body \"64k\"", "max_body \"64x\"", {"gateway.info", "max_body"}},
        {"a time without a unit",
         "header_timeout \"10s\"",
         "header_timeout \"ten\"",
         {"gateway.info", "header_timeout"}},
        {"a negative time",
         "header_timeout \"10s\"",
         "header_timeout \"-1s\"",
         {"gateway.info", "header_timeout"}},
        {"a log level", "level info", "level loud", {"gateway.info", "level"}},
        {"a log format", "format json", "format xml", {"gateway.info", "format"}},
        {"a store of another kind", "sqlite:wxgate.db", "mysql:wxgate", {"gateway.info", "url"}},
        {"public_url without scheme",
         "https://pay.example.com",
         "pay.example.com",
         {"gateway.info", "public_url"}},
        {"public_url with a query",
         "https://pay.example.com",
         "https://pay.example.com/?x=1",
         {"gateway.info", "public_url"}},
        {"upstream url", "url \"https://127.0.0.1:1\"", "url \"ftp://127.0.0.1\"", {"gateway.info", "url"}},
        {"a CA file that is not there", "up_ca.pem", "up_ac.pem", {"up_ac.pem"}},
        {"a certificate that is not there", "up_cert.pem", "up_crt.pem", {"up_crt.pem"}},
        {"a certificate without its key", "private_key ", "; private_key ", {"gateway.info", "private_key"}},
        {"a key that is no key of the certificate", "up_key.pem", "up_ca.pem", {"up_ca.pem"}},
        {"no mch_id", "    mch_id ", "    ; mch_id ", {"gateway.info", "shop", "mch_id"}},
        {"no appid", "    appid ", "    ; appid ", {"gateway.info", "shop", "appid"}},
        {"no api_key_file",
         "    api_key_file ",
         "    ; api_key_file ",
         {"gateway.info", "shop", "api_key_file"}},
        {"an api_key_file that is not there", "gateway_shop.key", "gateway_pohs.key", {"gateway_pohs.key"}},
        {"a sign_type",
         "sign_type \"HMAC-SHA256\"",
         "sign_type \"SHA1\"",
         {"gateway.info", "shop", "sign_type"}},
        {"an API key of nobody", "merchant shop", "merchant nobody", {"gateway.info", "backend", "nobody"}},
        {"an API key's hash", "sha256 \"", "sha256 \"zz", {"gateway.info", "backend", "sha256"}},
        {"a scope", "pay refund read", "pay refund reed", {"gateway.info", "backend", "reed"}},
        {"a rate", "rate 0", "rate fast", {"gateway.info", "backend", "rate"}},
        {"a brace too few", "upstream\n{", "upstream\n", {"gateway.info"}},
        {"a merchant twice", "merchants\n{", "merchants\n{ shop { }", {"gateway.info", "shop"}},
        {"a secret in the file itself",
         "    api_key_file",
         "    api_key \"12345678901234567890123456789012\"\n    api_key_file",
         {"gateway.info", "api_key"}},
    };
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.id) {
            complete c;
            c.replace(each.from, each.to);
            for (std::string const verb : {"serve", "check"})
                check_refused_config(run(WXGATE_PROGRAM, {verb, "--config", c.file}), each.named);
        }
    }
}

// keys that are none.
BOOST_AUTO_TEST_CASE(api_keys_of_wechat) {
    for (std::string const key :
         {"", "\n", "short", "1234567890123456789012345678901", "123456789012345678901234567890123"}) {
        BOOST_TEST_CONTEXT("key of " << key.size()) {
            complete c;
            c.dir.write("gateway_shop.key", key);
            for (std::string const verb : {"serve", "check"})
                check_refused_config(
                    run(WXGATE_PROGRAM, {verb, "--config", c.file}), {"gateway.info", "shop", "api_key_file"}
                );
        }
    }
    complete c; // a line end behind it is an editor's, not the key's
    c.dir.write("gateway_shop.key", c.config.merchants[0].key + "\n");
    BOOST_TEST(run(WXGATE_PROGRAM, {"check", "--config", c.file, "--offline"}).status.code == 0);
}

BOOST_AUTO_TEST_CASE(environment_overrides) {
    complete const c;
    process_options how;
    how.program = WXGATE_PROGRAM;
    how.args = {"check", "--config", c.file, "--offline"};
    how.stderr_file = c.dir.path("err");
    auto const code_with = [&](std::string const& name, std::string const& value) {
        how.env = {{name, value}};
        process p(how);
        auto const ended = p.wait(20s);
        return ended ? ended->code : -1;
    };
    BOOST_TEST(code_with("WXGATE_LOG_LEVEL", "debug") == 0);
    BOOST_TEST(code_with("WXGATE_LOG_LEVEL", "loud") == 2);
    BOOST_TEST(code_with("WXGATE_SERVER_THREADS", "many") == 2);
    BOOST_TEST(code_with("WXGATE_STORE_URL", "nonsense:x") == 2);
    BOOST_TEST(read_file(how.stderr_file).find("WXGATE_STORE_URL") != std::string::npos);
    BOOST_TEST(code_with("WXGATE_STORE_URL", "sqlite:other.db") == 0);
}

// A store that is not ours, or damaged, or newer is not touched.
BOOST_AUTO_TEST_CASE(stores_that_are_refused) {
    complete c;
    c.config.certificate.clear();
    c.config.private_key.clear();
    c.write();
    std::string const text = "this is no database, whatever its name says; it is long enough to be looked at";
    c.dir.write("wxgate.db", text);
    auto const r = run(WXGATE_PROGRAM, {"serve", "--config", c.file});
    BOOST_TEST(r.ended);
    BOOST_TEST(r.status.code != 0);
    BOOST_TEST(r.err.find("wxgate.db") != std::string::npos, r.err);
    BOOST_TEST(read_file(c.dir.path("wxgate.db")) == text);
}

BOOST_AUTO_TEST_SUITE_END()
