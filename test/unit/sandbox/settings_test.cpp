// The configuration file: what is taken, and that every mistake is told in one line with its key.
#include "support.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace wxgate::sandbox;
using namespace wxgate::sandbox::test;

namespace {

constexpr std::string_view good = R"(sandbox
{
    listen          127.0.0.1:0
    control_listen  127.0.0.1:9444   ; a comment
    certificate     server_cert.pem
    private_key     server_key.pem
    client_ca       ca.pem
    time_scale      60
    seed            7
}
merchants
{
    any { appid wxd930ea5d5a258f4f  mch_id 10000100  api_key_file shop.key  balance 5000 }
    two { appid wxd930ea5d5a258f4f  mch_id 10000200  api_key_file shop.key  app_secret s3cret }
}
)";

struct folder : scratch {
    folder() {
        write("shop.key", std::string(key) + "\n");
        write("short.key", "short\n");
        write("secret", "from a file\n");
        for (char const* const f : {"server_cert.pem", "server_key.pem", "ca.pem"})
            write(f, "x");
    }
};

struct mistake {
    char const* from; // in `good`
    char const* to;
    char const* says; // somewhere in the line
};

std::ostream& operator<<(std::ostream& out, mistake const& m) {
    return out << m.to;
}

std::vector<mistake> const mistakes = {
    {"listen          127.0.0.1:0", "", "sandbox.listen: is missing; write e.g. listen 127.0.0.1:9443"},
    {"listen          127.0.0.1:0",
     "listen localhost:1",
     "sandbox.listen: \"localhost:1\" is not an address"},
    {"listen          127.0.0.1:0", "listen 127.0.0.1:70000", "sandbox.listen"},
    {"127.0.0.1:9444", "0.0.0.0:9444", "sandbox.control_listen: \"0.0.0.0\" is not a loopback address"},
    {"127.0.0.1:9444", "192.0.2.1:9444", "not a loopback address"},
    {"server_cert.pem", "no.pem", "sandbox.certificate: cannot read the file"},
    {"private_key     server_key.pem", "", "sandbox.private_key: is missing"},
    {"ca.pem", "no.pem", "sandbox.client_ca: cannot read the file"},
    {"time_scale      60",
     "time_scale 0",
     "sandbox.time_scale: \"0\" is not a whole number from 1 to 1000000"},
    {"time_scale      60", "time_scale 1.5", "sandbox.time_scale"},
    {"seed            7", "seed -1", "sandbox.seed"},
    {"seed            7", "sead 7", "sandbox.sead: unknown key; known here: listen, control_listen"},
    {"seed            7", "seed 7\nseed 8", "sandbox.seed: stands twice"},
    {"seed            7", "seed { a b }", "sandbox.seed: is a section here"},
    {"sandbox\n", "sandbox x\n", "sandbox: \"x\" stands where a section"},
    {"merchants\n", "shops\n", "shops: unknown key"},
    {"mch_id 10000100", "", "merchants.any.mch_id: is missing"},
    {"mch_id 10000100", "mch_id 10000200", "merchants.two.mch_id: is any's already"},
    {"appid wxd930ea5d5a258f4f  mch_id 10000100", "appid \"a b\" mch_id 1", "merchants.any.appid"},
    {"api_key_file shop.key  balance",
     "api_key_file short.key balance",
     "holds 5 bytes; an API key is 32 bytes"},
    {"api_key_file shop.key  balance",
     "api_key_file no.key balance",
     "merchants.any.api_key_file: cannot read"},
    {"balance 5000", "balance lots", "merchants.any.balance"},
    {"balance 5000", "ballance 1", "merchants.any.ballance: unknown key"},
    {"app_secret s3cret",
     "app_secret a app_secret_file secret",
     "merchants.two.app_secret_file: stands beside"},
    {"    two {", "    any {", "merchants.any: stands twice"},
    {"    two {", "    \"a b\" {", "is not a merchant's name"},
    {"seed            7", "seed 7 8 9", "sandbox.8: unknown key"},
    {"sandbox\n{", "sandbox\n{{", "line 2"},
};

std::string complaint_about(std::filesystem::path const& file) {
    try {
        read_settings(file);
    } catch (settings_error const& e) {
        return e.what();
    }
    return "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(configuration)

BOOST_AUTO_TEST_CASE(a_good_file) {
    folder const f;
    auto const s = read_settings(f.write("sandbox.info", good));
    BOOST_TEST(s.listen.host == "127.0.0.1");
    BOOST_TEST(s.listen.port == 0);
    BOOST_TEST(s.control_listen.port == 9444);
    BOOST_TEST(s.certificate == (f.path() / "server_cert.pem").string()); // relative to the file
    BOOST_TEST(s.time_scale == 60U);
    BOOST_TEST(s.seed == 7U);
    BOOST_TEST_REQUIRE(s.merchants.all().size() == 2U);
    auto const& m = s.merchants.all().front();
    BOOST_TEST(m.name == "any");
    BOOST_TEST(m.api_key == key); // without the line end
    BOOST_TEST(m.balance == 5000);
    BOOST_TEST(m.app_secret == "");
    BOOST_TEST(s.merchants.by_mch_id("10000200")->app_secret == "s3cret");
    BOOST_TEST((s.merchants.by_mch_id("1") == nullptr));
    BOOST_TEST(s.merchants.knows_appid("wxd930ea5d5a258f4f"));
}

BOOST_AUTO_TEST_CASE(a_service_provider) {
    folder const f;
    std::string text(good);
    std::string const before = "balance 5000";
    text.replace(
        text.find(before),
        before.size(),
        "shops { one { sub_mch_id 1900000109 sub_appid wx2 } two { sub_mch_id 3 } }"
    );
    auto const s = read_settings(f.write("sandbox.info", text));
    auto const& shops = s.merchants.all().front().shops;
    BOOST_TEST_REQUIRE(shops.size() == 2U);
    BOOST_TEST(shops[0].sub_mch_id == "1900000109");
    BOOST_TEST(shops[0].sub_appid == "wx2");
    BOOST_TEST(shops[1].sub_appid == "");
    BOOST_TEST(s.merchants.knows_appid("wx2"));
    BOOST_TEST(!s.merchants.knows_appid(""));
    text.replace(text.find("sub_mch_id 3"), 12, "sub_mch 3   ");
    BOOST_TEST(
        complaint_about(f.write("sandbox.info", text)).find("merchants.any.shops.two") != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(defaults_and_the_contracts_one_line_form) {
    folder const f;
    auto const s = read_settings(f.write(
        "sandbox.info",
        "sandbox { listen [::1]:0 control_listen [::1]:0 certificate server_cert.pem private_key "
        "server_key.pem }\n"
        "merchants { any { appid wx1 mch_id 1 api_key_file shop.key app_secret_file secret } }\n"
    ));
    BOOST_TEST(s.time_scale == 1U);
    BOOST_TEST(s.seed == 1U);
    BOOST_TEST(s.client_ca == "");
    BOOST_TEST(s.merchants.all().front().balance == 100'000'000);
    BOOST_TEST(s.merchants.all().front().app_secret == "from a file");
}

BOOST_DATA_TEST_CASE(a_mistake_is_told_in_one_line, boost::unit_test::data::make(mistakes), m) {
    folder const f;
    std::string text(good);
    auto const at = text.find(m.from);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    text.replace(at, std::string_view(m.from).size(), m.to);
    auto const file = f.write("sandbox.info", text);
    auto const line = complaint_about(file);
    BOOST_TEST(line.starts_with(file.string() + ": "), line);
    BOOST_TEST(line.find(m.says) != std::string::npos, line);
    BOOST_TEST(line.find('\n') == std::string::npos, line);
    BOOST_TEST(line.find(std::string(key)) == std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(no_file_no_merchant) {
    folder const f;
    BOOST_TEST(complaint_about(f.path() / "none.info").find("cannot read the file") != std::string::npos);
    BOOST_TEST(complaint_about(f.path()).find("cannot read the file") != std::string::npos);
    std::string text(good);
    text = text.substr(0, text.find("merchants")) + "merchants { }\n";
    BOOST_TEST(complaint_about(f.write("sandbox.info", text)).find("holds no merchant") != std::string::npos);
    BOOST_TEST(complaint_about(f.write("empty.info", "")).find("section is missing") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
