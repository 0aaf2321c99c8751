// T6: SIGHUP with a file that is no configuration, in twenty-odd ways. Each is refused as a whole and said
// so; what was there before stays, and the program goes on.
#include "fixture.hpp"

#include <csignal>
#include <filesystem>

using namespace wxgate::test;

namespace {

struct row {
    std::string_view from;
    std::string_view to;
};

constexpr row mistakes[] = {
    {"threads \"2\"", "thraeds \"2\""},
    {"threads \"2\"", "threads \"two\""},
    {"max_body \"64k\"", "max_body \"64x\""},
    {"header_timeout \"10s\"", "header_timeout \"ten\""},
    {"drain_timeout \"5s\"", "drain_timeout \"-5s\""},
    {"log {", "lgo {"},
    {"level info", "level loud"},
    {"format json", "format xml"},
    {"sqlite:wxgate.db", "mysql:wxgate"},
    {"upstream\n{", "upstream\n"},
    {"upstream_ca.pem", "upstream_ac.pem"},
    {"merchants\n{", "merchants\n{ shop { }"},
    {"    mch_id ", "    ; mch_id "},
    {"    appid ", "    ; appid "},
    {"    api_key_file ", "    ; api_key_file "},
    {"gateway_shop.key", "gateway_pohs.key"},
    {"client_shop_cert.pem", "client_shop_crt.pem"},
    {"client_shop_key.pem", "client_rival_key.pem"},
    {"sign_type \"HMAC-SHA256\"", "sign_type \"SHA1\""},
    {"merchant shop", "merchant nobody"},
    {"sha256 \"", "sha256 \"zz"},
    {"pay refund read", "pay refund reed"},
    {"rate 0", "rate fast"},
    {"role approver", "role king"},
    {"password \"scrypt:", "password \"plain:"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(programs_reload)

BOOST_AUTO_TEST_CASE(broken_files) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto const number = text_of(system.create(), "out_trade_no");
    auto const kept = system.with_key("shop", true);
    auto const target = "/v1/payments/" + number;
    BOOST_TEST(kept.get(target).status == 200U);
    // Every broken file has a new API key, too, and that is right.
    auto const another = make_api_key("another", "shop");
    auto with_another = read_file(system.config_file());
    std::string const keys = "api_keys\n{\n";
    auto const at = with_another.find(keys);
    BOOST_TEST_REQUIRE(at != std::string::npos);
    with_another.insert(
        at + keys.size(),
        "    another { merchant shop sha256 \"" + sha256_hex(another.key) + "\" scopes read rate 0 }\n"
    );
    auto const is_refused = [&] {
        auto const said = system.logs().size();
        system.gateway().signal(SIGHUP);
        BOOST_TEST(
            eventually(5s, [&] { return system.logs().find("not reloaded", said) != std::string::npos; }),
            system.logs().substr(said)
        );
        BOOST_TEST(kept.get(target).status == 200U, "its connection lives on");
        BOOST_TEST(api(system.port(), another.key).get(target).status == 401U, "nothing of it is taken");
    };
    for (auto const& each : mistakes) {
        BOOST_TEST_CONTEXT(each.to) {
            auto text = with_another;
            auto const begin = text.find(each.from);
            BOOST_TEST_REQUIRE(begin != std::string::npos);
            system.dir().write("gateway.info", text.replace(begin, each.from.size(), each.to));
            is_refused();
        }
    }
    system.dir().write("gateway.info", "");
    is_refused();
    system.dir().write("gateway.info", std::string("server\n{\n\0\xff", 12));
    is_refused();
    std::filesystem::remove(system.config_file());
    is_refused();

    system.dir().write("gateway.info", with_another);
    system.gateway().signal(SIGHUP);
    BOOST_TEST(eventually(5s, [&] { return api(system.port(), another.key).get(target).status == 200; }));
    BOOST_TEST(kept.get(target).status == 200U);
    BOOST_TEST(system.create().is_object());
    BOOST_TEST(system.leaked() == "");
    auto const ended = system.stop_gateway();
    BOOST_TEST((ended && ended->code == 0));
}

BOOST_AUTO_TEST_SUITE_END()
