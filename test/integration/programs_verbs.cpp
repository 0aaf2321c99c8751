// CONTRACT.md 1: what the programs say on a command line.
#include "fixture.hpp"

#include <sstream>

using namespace wxgate::test;

namespace {

std::vector<std::string> words(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> all;
    for (std::string word; in >> word;)
        all.push_back(word);
    return all;
}

std::size_t lines(std::string const& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A usage error: one clear line on stderr, exit 2.
void check_usage(run_result const& r) {
    BOOST_TEST_CONTEXT("stderr: " << r.err) {
        BOOST_TEST(r.ended);
        BOOST_TEST(r.status.code == 2);
        BOOST_TEST(lines(r.err) == 1U);
        BOOST_TEST(r.out.empty());
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(programs_verbs)

BOOST_AUTO_TEST_CASE(help_and_version) {
    for (std::string const program : {WXGATE_PROGRAM, WXGATE_SANDBOX_PROGRAM}) {
        auto const help = run(program, {"--help"});
        BOOST_TEST(help.status.code == 0);
        BOOST_TEST(help.err.empty());
        BOOST_TEST(help.out.find("--config") != std::string::npos);
        auto const version = run(program, {"--version"});
        BOOST_TEST(version.status.code == 0);
        BOOST_TEST(lines(version.out) == 1U);
        BOOST_TEST(version.out.find("1.0.0") != std::string::npos, version.out);
    }
    auto const help = run(WXGATE_PROGRAM, {"--help"}).out;
    for (std::string const verb : {"serve", "check", "new-key", "explain"})
        BOOST_TEST(help.find(verb) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(usage_errors) {
    check_usage(run(WXGATE_PROGRAM, {}));
    check_usage(run(WXGATE_PROGRAM, {"dance"}));
    check_usage(run(WXGATE_PROGRAM, {"serve"}));
    check_usage(run(WXGATE_PROGRAM, {"serve", "--config"}));
    check_usage(run(WXGATE_PROGRAM, {"serve", "--unknown", "x"}));
    check_usage(run(WXGATE_PROGRAM, {"serve", "--config", "/nonexistent/wxgate.info"}));
    check_usage(run(WXGATE_PROGRAM, {"check"}));
    check_usage(run(WXGATE_PROGRAM, {"check", "--offline"}));
    check_usage(run(WXGATE_PROGRAM, {"serve", "--config", "/nonexistent/wxgate.info", "--offline"}));
    check_usage(run(WXGATE_PROGRAM, {"explain"}));
    check_usage(run(WXGATE_PROGRAM, {"explain", "--key-file", "/nonexistent", "-"}));
    check_usage(run(WXGATE_SANDBOX_PROGRAM, {}));
    check_usage(run(WXGATE_SANDBOX_PROGRAM, {"--unknown"}));
    check_usage(run(WXGATE_SANDBOX_PROGRAM, {"--config", "/nonexistent/sandbox.info"}));
    BOOST_TEST(
        run(WXGATE_PROGRAM, {"serve", "--config", "/nonexistent/wxgate.info"})
            .err.find("/nonexistent/wxgate.info") != std::string::npos
    );
}

BOOST_AUTO_TEST_CASE(new_key) {
    std::vector<std::string> keys;
    for (int i = 0; i < 2; ++i) {
        auto const r = run(WXGATE_PROGRAM, {"new-key"});
        BOOST_TEST(r.status.code == 0);
        BOOST_TEST(r.err.empty());
        std::string key;
        auto const all = words(r.out);
        for (auto word : all) {
            std::erase(word, '"');
            for (auto other : all) {
                std::erase(other, '"');
                if (sha256_hex(word) == other)
                    key = word;
            }
        }
        BOOST_TEST(key.size() >= 32U, "a key and its sha256: " << r.out);
        keys.push_back(key);
    }
    BOOST_TEST(keys[0] != keys[1]);
}

BOOST_AUTO_TEST_CASE(explain) {
    scratch const dir;
    auto const key = "CANARYkey" + random_hex(23);
    auto const key_file = dir.write("key", key + "\n");
    message const fields = {
        {"appid", "wxd930ea5d5a258f4f"},
        {"body", "中文 & <b> ]]> '\""},
        {"mch_id", "10000100"},
        {"attach", ""},
        {"zz", "1"}};
    for (std::string const type : {"MD5", "HMAC-SHA256"}) {
        auto const right = signed_with(fields, type, key);
        auto const good = run(WXGATE_PROGRAM, {"explain", "--key-file", key_file, "-"}, to_xml(right));
        BOOST_TEST(good.status.code == 0, good.err);
        BOOST_TEST(good.out.find(naive_canonical(fields) + "&key=") != std::string::npos, good.out);
        BOOST_TEST(good.out.find(value_of(right, "sign")) != std::string::npos, good.out);
        BOOST_TEST(good.out.find(key) == std::string::npos, "the key is shown");

        auto wrong = fields;
        wrong.emplace_back("sign", std::string(type == "MD5" ? 32 : 64, 'A'));
        auto const bad =
            run(WXGATE_PROGRAM,
                {"explain", "--key-file", key_file, "--sign-type", type, dir.write("m.xml", to_xml(wrong))});
        BOOST_TEST((bad.status.code == 0 || bad.status.code == 1), bad.err);
        BOOST_TEST(
            bad.out.find(value_of(right, "sign")) != std::string::npos, "what it should carry: " << bad.out
        );
        BOOST_TEST(
            bad.out.find(value_of(wrong, "sign")) != std::string::npos, "what it does carry: " << bad.out
        );
        BOOST_TEST(bad.out != good.out);
    }
    auto const broken = run(WXGATE_PROGRAM, {"explain", "--key-file", key_file, "-"}, "<xml><a>1</b></xml>");
    BOOST_TEST(broken.status.code != 0);
    BOOST_TEST(lines(broken.err) == 1U, broken.err);
    BOOST_TEST((broken.err + broken.out).find(key) == std::string::npos);
    check_usage(
        run(WXGATE_PROGRAM, {"explain", "--key-file", key_file, "--sign-type", "SHA1", "-"}, to_xml(fields))
    );
}

BOOST_AUTO_TEST_CASE(new_certificates) {
    scratch const dir;
    auto const r =
        run(WXGATE_SANDBOX_PROGRAM, {"--new-certificates", dir.folder().string(), "--mch-id", "1234567890"});
    BOOST_TEST(r.status.code == 0, r.err);
    for (std::string const name :
         {"ca.pem",
          "server_cert.pem",
          "server_key.pem",
          "apiclient_cert.pem",
          "apiclient_key.pem",
          "apiclient_cert.p12"}) {
        BOOST_TEST(!read_file(dir.path(name)).empty(), name << " is missing");
        if (name.find("key") != std::string::npos || name.ends_with(".p12")) {
            auto const others = std::filesystem::status(dir.path(name)).permissions() &
                                (std::filesystem::perms::group_all | std::filesystem::perms::others_all);
            BOOST_TEST((others == std::filesystem::perms::none), name << " can be read by others");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
