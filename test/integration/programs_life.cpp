// A gateway's life: ready file, drain, SIGHUP, a port that is taken, health while it lasts.
#include "fixture.hpp"

#include <csignal>

using namespace wxgate::test;

BOOST_AUTO_TEST_SUITE(programs_life)

BOOST_AUTO_TEST_CASE(ready_file_and_health) {
    system_under_test system;
    boost::system::error_code ec;
    auto const ready = json::parse(read_file(system.dir().path("gateway.ready")), ec);
    BOOST_TEST_REQUIRE(!ec);
    BOOST_TEST(text_of(ready, "listen") == "127.0.0.1:" + std::to_string(system.port()));
    BOOST_TEST(text_of(ready, "admin_listen") == "127.0.0.1:" + std::to_string(system.admin().port()));
    BOOST_TEST(number_of(ready, "pid") == system.gateway().pid());
    BOOST_TEST(ready.as_object().size() == 3U);
    BOOST_TEST(system.admin().get("/healthz").status == 200U);
    BOOST_TEST(system.admin().get("/readyz").status == 200U);
    BOOST_TEST(
        system.logs().find("127.0.0.1:" + std::to_string(system.port())) != std::string::npos,
        "the address is logged"
    );
    system.sandbox().kill(); // WeChat is gone: not ready, and alive
    BOOST_TEST(eventually(30s, [&] { return system.admin().get("/readyz").status == 503; }));
    BOOST_TEST(!system.admin().get("/readyz").header("Retry-After").empty());
    BOOST_TEST(system.admin().get("/healthz").status == 200U);
}

BOOST_AUTO_TEST_CASE(port_0_and_a_port_that_is_taken) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test const first(options);
    scratch const dir;
    auto config = first.config();
    config.store = "sqlite:" + dir.path("other.db");
    process_options how;
    how.program = WXGATE_PROGRAM;
    how.args = {"serve", "--config", write_gateway_config(dir, "taken", config)};
    how.stderr_file = dir.path("err");
    process taken(how);
    auto const ended = taken.wait(20s);
    BOOST_TEST_REQUIRE(ended.has_value());
    BOOST_TEST(ended->code == 1);
    BOOST_TEST(
        read_file(how.stderr_file).find(std::to_string(config.port)) != std::string::npos,
        read_file(how.stderr_file)
    );

    config.port = 0;
    config.admin_port = 0;
    config.public_url = "http://127.0.0.1:8080";
    auto const file = write_gateway_config(dir, "free", config);
    // Nobody would know where it listens: it ends, in order.
    how.args = {"serve", "--config", file, "--ready-file", dir.path("no such folder/ready")};
    process unheard(how);
    auto const unheard_end = unheard.wait(20s);
    BOOST_TEST_REQUIRE(unheard_end.has_value());
    BOOST_TEST(unheard_end->code == 1);
    BOOST_TEST(read_file(how.stderr_file).find("cannot write") != std::string::npos);

    how.args = {"serve", "--config", file, "--ready-file", dir.path("ready")};
    process free(how);
    json::value ready;
    BOOST_TEST(eventually(20s, [&] {
        boost::system::error_code ec;
        ready = json::parse(read_file(dir.path("ready")), ec);
        return !ec && ready.is_object();
    }));
    auto const listen = text_of(ready, "listen");
    auto const port = static_cast<std::uint16_t>(std::stoul("0" + listen.substr(listen.rfind(':') + 1)));
    BOOST_TEST_REQUIRE(port != 0);
    BOOST_TEST(api(port).get("/v1/payments").status == 401U);
    free.signal(SIGINT);
    auto const gone = free.wait(15s);
    BOOST_TEST_REQUIRE(gone.has_value());
    BOOST_TEST(gone->code == 0);
}

// T5: what is under way is finished; nothing new is taken; then exit 0.
BOOST_AUTO_TEST_CASE(drain) {
    for (auto const number : {SIGTERM, SIGINT}) {
        system_options options;
        options.upstream = against::stand_in;
        system_under_test system(options);
        auto& wechat = system.upstream();
        wechat.behave([&](call const& c) {
            auto a = wechat.well_behaved(c);
            a.delay = 1500ms;
            return a;
        });
        connection idle(system.port());
        idle.send(
            "GET /v1/payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
            system.with_key("shop").bearer() + "\r\n\r\n"
        );
        BOOST_TEST(idle.read(5s).status == 200U);
        auto const order = system.order();
        reply answer;
        unsigned ready_status = 0;
        {
            std::jthread const busy([&] { answer = system.with_key("shop").post("/v1/payments", order); });
            BOOST_TEST(eventually(5s, [&] { return !wechat.calls("/pay/unifiedorder").empty(); }));
            system.gateway().signal(number);
            BOOST_TEST(idle.closed_within(3s), "an idle connection is closed at once");
            bool refused = false;
            eventually(1000ms, [&] {
                try {
                    auto const r = system.with_key("shop").get("/v1/payments");
                    refused = r.status == 0 || r.status == 503;
                } catch (std::runtime_error const&) {
                    refused = true;
                }
                return refused;
            });
            BOOST_TEST(refused, "new requests are taken");
            try {
                ready_status = system.admin().get("/readyz").status;
            } catch (std::runtime_error const&) {
                ready_status = 0;
            }
            BOOST_TEST(
                (ready_status == 503U || ready_status == 0U), "readyz while draining: " << ready_status
            );
        }
        BOOST_TEST(answer.status == 201U, answer.describe());
        auto const ended = system.gateway().wait(10s);
        BOOST_TEST_REQUIRE(ended.has_value());
        BOOST_TEST(ended->code == 0);
        BOOST_TEST(ended->signal == 0);
        BOOST_TEST(system.store().integrity() == "ok");
        system.start_gateway();
        BOOST_TEST(system.state(text_of(order, "out_trade_no")) == "NOTPAY");
        BOOST_TEST(system.leaked() == "");
    }
}

// The drain has a bound, whatever WeChat does.
BOOST_AUTO_TEST_CASE(drain_is_bounded) {
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [](gateway_config& c) {
        c.drain_timeout = "1s";
        c.timeout = "20s";
        c.request_timeout = "25s";
    };
    system_under_test system(options);
    auto& wechat = system.upstream();
    wechat.behave([](call const&) {
        answer a;
        a.how = manner::hang;
        return a;
    });
    auto const order = system.order();
    reply r;
    {
        std::jthread const busy([&] { r = system.with_key("shop").post("/v1/payments", order); });
        BOOST_TEST(eventually(5s, [&] { return !wechat.calls("/pay/unifiedorder").empty(); }));
        auto const ended = system.stop_gateway(12s);
        BOOST_TEST_REQUIRE(ended.has_value());
        BOOST_TEST(ended->code == 0);
    }
    BOOST_TEST(one_of(r.status, {0, 503, 504}), r.describe());
}

// SIGTERM under load, again and again: every answer that was given is in the store.
BOOST_AUTO_TEST_CASE(terminated_under_load) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    for (int round = 0; round < 3; ++round) {
        std::atomic<bool> stop{false};
        std::mutex guard;
        std::vector<std::string> answered;
        {
            std::vector<std::jthread> crowd;
            for (int i = 0; i < 6; ++i)
                crowd.emplace_back([&] {
                    while (!stop) {
                        try {
                            auto const order = system.order();
                            if (system.with_key("shop").post("/v1/payments", order).status == 201) {
                                std::lock_guard const lock(guard);
                                answered.push_back(text_of(order, "out_trade_no"));
                            }
                        } catch (std::runtime_error const&) {
                            return;
                        }
                    }
                });
            BOOST_TEST(eventually(10s, [&] {
                std::lock_guard const lock(guard);
                return answered.size() > 20;
            }));
            auto const ended = system.stop_gateway();
            stop = true;
            BOOST_TEST_REQUIRE(ended.has_value());
            BOOST_TEST(ended->code == 0);
        }
        auto const db = system.store();
        BOOST_TEST(db.integrity() == "ok");
        for (auto const& number : answered)
            BOOST_TEST(
                db.number(
                    "SELECT count(*) FROM orders WHERE out_trade_no = '" + number +
                    "' AND trade_state = 'NOTPAY'"
                ) == 1
            );
        system.start_gateway();
    }
}

// SIGHUP: new API keys and WeChat keys, without dropping a connection; a bad file is refused as a whole.
BOOST_AUTO_TEST_CASE(reload) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto const fresh = make_api_key("fresh", "shop");
    connection kept(system.port());
    auto const get = "GET /v1/payments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                     system.with_key("shop").bearer() + "\r\n\r\n";
    kept.send(get);
    BOOST_TEST(kept.read(5s).status == 200U);
    BOOST_TEST(api(system.port(), fresh.key).get("/v1/payments").status == 401U);

    system.reconfigure([&](gateway_config& c) {
        c.api_keys.push_back(fresh);
        std::erase_if(c.api_keys, [](auto const& k) { return k.name == "reader"; });
    });
    system.gateway().signal(SIGHUP);
    BOOST_TEST(eventually(5s, [&] { return api(system.port(), fresh.key).get("/v1/payments").status == 200; })
    );
    kept.send(get);
    BOOST_TEST(kept.read(5s).status == 200U, "the connection lives on");

    // A bad file: nothing of it is taken, and it is said.
    auto const good = read_file(system.config_file());
    auto const another = make_api_key("another", "shop");
    auto bad = good;
    bad.replace(
        bad.find("api_keys\n{\n"),
        11,
        "api_keys\n{\n    another { merchant shop sha256 \"" + sha256_hex(another.key) +
            "\" scopes read rate 0 }\n    broken { merchant nobody sha256 x }\n"
    );
    system.dir().write("gateway.info", bad);
    auto const said = system.logs().size();
    system.gateway().signal(SIGHUP);
    BOOST_TEST(
        eventually(5s, [&] { return system.logs().find("\"error\"", said) != std::string::npos; }),
        system.logs().substr(said)
    );
    BOOST_TEST(api(system.port(), another.key).get("/v1/payments").status == 401U);
    BOOST_TEST(api(system.port(), fresh.key).get("/v1/payments").status == 200U);
    BOOST_TEST(system.gateway().alive());
    // An empty file, no file.
    system.dir().write("gateway.info", "");
    system.gateway().signal(SIGHUP);
    std::filesystem::remove(system.config_file());
    system.gateway().signal(SIGHUP);
    BOOST_TEST(api(system.port(), fresh.key).get("/v1/payments").status == 200U);
    // And a good one again.
    system.dir().write("gateway.info", good);
    system.reconfigure([&](gateway_config& c) { c.api_keys.push_back(another); });
    system.gateway().signal(SIGHUP);
    BOOST_TEST(eventually(5s, [&] {
        return api(system.port(), another.key).get("/v1/payments").status == 200;
    }));
    BOOST_TEST(system.create().is_object());
    BOOST_TEST(system.leaked() == "");
}

// N18, T6: the merchant's key at WeChat changes.
BOOST_AUTO_TEST_CASE(reload_of_a_wechat_key) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto const payment = system.create();
    auto const old_key = system.merchant("shop").key;
    system.reconfigure([](gateway_config& c) { c.merchants[0].key = "CANARYkey" + random_hex(23); });
    system.gateway().signal(SIGHUP);
    auto const said = notification_of(payment, new_transaction_id());
    BOOST_TEST(eventually(5s, [&] { return system.notify(said).status == 200; }));
    auto const again = system.payment(text_of(payment, "out_trade_no"));
    BOOST_TEST(text_of(again, "trade_state") == "SUCCESS");
    BOOST_TEST(old_key != system.merchant("shop").key);
}

// N7: the store is locked by somebody else. WeChat is told to come again, and the program lives.
BOOST_AUTO_TEST_CASE(store_is_locked) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto const payment = system.create();
    auto const said = notification_of(payment, new_transaction_id());
    {
        exclusive_lock const held(system.dir().path("wxgate.db"));
        auto const begin = steady::now();
        auto const r = system.notify(said);
        BOOST_TEST((steady::now() - begin < 5s), "WeChat waits five seconds");
        check_refused(r, 503);
        auto const post = system.with_key("shop").post("/v1/payments", system.order());
        check_problem(post, 503);
        BOOST_TEST(!post.header("Retry-After").empty());
    }
    BOOST_TEST(eventually(15s, [&] { return system.notify(said).status == 200; }));
    BOOST_TEST(system.state(text_of(payment, "out_trade_no")) == "SUCCESS");
    BOOST_TEST(system.create().is_object());
}

BOOST_AUTO_TEST_SUITE_END()
