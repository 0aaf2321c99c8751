// Operators: how they sign in, and how long that holds (CONTRACT.md 4; RELIABILITY.md 5.3, A-19 to A-22). Its
// systems have the stand-in for WeChat: nothing here is asked of it.
#include "fixture.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>
#include <stdexcept>

using namespace wxgate::test;

namespace {

system_options with_operators(std::vector<operator_config> operators) {
    system_options options;
    options.upstream = against::stand_in;
    options.adjust = [operators = std::move(operators)](gateway_config& c) { c.operators = operators; };
    return options;
}

bool is_token(std::string const& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// The parts of Set-Cookie: "name=value" first.
std::vector<std::string> cookie_parts(reply const& r) {
    std::vector<std::string> parts;
    std::istringstream in(r.header("Set-Cookie"));
    for (std::string part; std::getline(in, part, ';');)
        parts.push_back(part.starts_with(' ') ? part.substr(1) : part);
    return parts;
}

bool holds(std::vector<std::string> const& parts, std::string_view part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
}

void check_cleared(reply const& r) {
    auto const parts = cookie_parts(r);
    BOOST_TEST(r.count("Set-Cookie") == 1U);
    BOOST_TEST(holds(parts, "wxgate_session="), r.header("Set-Cookie"));
    BOOST_TEST(holds(parts, "Max-Age=0"), r.header("Set-Cookie"));
}

void check_signed_out(reply const& r) {
    check_problem(r, 401, "unauthorized");
    BOOST_TEST(r.header("WWW-Authenticate") != "");
    check_cleared(r);
}

reply session_with(system_under_test const& system, std::string const& cookies) {
    return system.admin().get("/admin/v1/session", {{"Cookie", cookies}});
}

unsigned session_status(operator_client const& client) {
    return client.get("/admin/v1/session").status;
}

// Changes the configuration and tells the gateway.
void reload(system_under_test& system, std::function<void(gateway_config&)> const& change) {
    system.reconfigure(change);
    system.gateway().signal(SIGHUP);
}

operator_config& named(gateway_config& c, std::string const& name) {
    for (auto& o : c.operators)
        if (o.name == name)
            return o;
    throw std::runtime_error("no operator " + name);
}

// With a hash of the full price, as the program makes it.
operator_config made_by_program(std::string const& name, std::string const& role) {
    auto o = make_operator(name, role);
    auto const made = run(WXGATE_PROGRAM, {"hash-password"}, o.password + "\n");
    BOOST_TEST_REQUIRE(made.status.code == 0, made.err);
    BOOST_TEST_REQUIRE(made.out.ends_with('\n'));
    o.hash = made.out.substr(0, made.out.size() - 1);
    return o;
}

std::int64_t metric(std::string const& text, std::string const& name) {
    auto const at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stoll(text.substr(at + name.size() + 2));
}

milliseconds time_of(std::function<void()> const& work) {
    auto const begin = steady::now();
    work();
    return std::chrono::duration_cast<milliseconds>(steady::now() - begin);
}

} // namespace

BOOST_AUTO_TEST_SUITE(operators_login)

BOOST_AUTO_TEST_CASE(sign_in_and_out) {
    auto& system = scripted_system();
    std::vector<std::string> secrets;
    for (auto const& o : system.config().operators) {
        BOOST_TEST_CONTEXT(o.name) {
            auto client = system.visitor();
            check_signed_out(client.get("/admin/v1/session"));
            auto const in = client.login(o.name, o.password);
            BOOST_TEST_REQUIRE(in.status == 200U, in.describe());
            BOOST_TEST(in.header("Content-Type").starts_with("application/json"));
            auto const who = in.parsed();
            BOOST_TEST_REQUIRE(who.is_object());
            BOOST_TEST(who.as_object().size() == 3U, in.body);
            BOOST_TEST(text_of(who, "name") == o.name);
            BOOST_TEST(text_of(who, "role") == o.role);
            BOOST_TEST(is_token(text_of(who, "csrf_token")), in.body);

            auto const parts = cookie_parts(in);
            BOOST_TEST(in.count("Set-Cookie") == 1U);
            BOOST_TEST_REQUIRE(!parts.empty());
            BOOST_TEST(is_token(client.session()), in.header("Set-Cookie"));
            BOOST_TEST(parts[0] == "wxgate_session=" + client.session());
            BOOST_TEST(holds(parts, "HttpOnly"));
            BOOST_TEST(holds(parts, "SameSite=Strict"));
            BOOST_TEST(holds(parts, "Path=/"));
            for (auto const& part : parts)
                BOOST_TEST(!part.starts_with("Domain"), "for this host alone");

            auto const again = client.get("/admin/v1/session");
            BOOST_TEST(again.status == 200U, again.describe());
            BOOST_TEST(again.body == in.body);
            auto const other = system.sign_in(o.name);
            BOOST_TEST(other.session() != client.session());
            BOOST_TEST(other.csrf_token() != client.csrf_token());

            secrets.push_back(client.session());
            secrets.push_back(client.csrf_token());
            auto thief = system.visitor();
            thief.pretend(client.session(), client.csrf_token());
            auto const out = client.logout();
            BOOST_TEST(out.status == 204U, out.describe());
            BOOST_TEST(out.body == "");
            check_cleared(out);
            check_signed_out(thief.get("/admin/v1/session"));
            check_signed_out(thief.logout());
            BOOST_TEST(session_status(other) == 200U, "one session of several was ended");
        }
    }
    // Whoever reads the store or the log cannot take a session over.
    auto const stored = system.store().dump();
    auto const logs = system.logs_to_now();
    for (auto const& secret : secrets) {
        BOOST_TEST(stored.find(secret) == std::string::npos);
        BOOST_TEST(logs.find(secret) == std::string::npos);
    }
    BOOST_TEST(logs.find("signed in") != std::string::npos);
    BOOST_TEST(system.leaked() == "");
}

// What was wrong is not told.
BOOST_AUTO_TEST_CASE(wrong_name_or_password) {
    auto& system = scripted_system();
    auto const right = system.person("alice").password;

    struct row {
        char const* what;
        std::string name;
        std::string password;
    };

    std::vector<row> const rows = {
        {"another password", "alice", "CANARYpassword0000000000000000"},
        {"one byte more", "alice", right + "x"},
        {"one byte less", "alice", right.substr(0, right.size() - 1)},
        {"none", "alice", ""},
        {"another's", "alice", system.person("bob").password},
        {"the hash", "alice", system.person("alice").hash},
        {"an unknown name", "mallory", right},
        {"no name", "", right},
        {"the name in another case", "ALICE", right},
        {"a name with a space", "alice ", right},
        {"who decides where nobody does", "auto", right}};
    auto const sessions = system.store().number("SELECT count(*) FROM operator_sessions");
    std::string said;
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what) {
            auto client = system.visitor();
            auto const r = client.login(each.name, each.password);
            check_problem(r, 401, "unauthorized");
            BOOST_TEST(client.session() == "");
            BOOST_TEST_REQUIRE(r.parsed().is_object());
            auto const same = json::serialize(with(r.parsed().as_object(), {{"request_id", nullptr}}));
            if (said.empty())
                said = same;
            BOOST_TEST(same == said);
        }
    }
    BOOST_TEST(system.store().number("SELECT count(*) FROM operator_sessions") == sessions);
    BOOST_TEST(session_status(system.sign_in("alice")) == 200U);
    BOOST_TEST(system.leaked() == "");
}

// A-20, and what else is no login. None of it counts as a wrong password.
BOOST_AUTO_TEST_CASE(what_is_no_login) {
    auto& system = scripted_system();
    auto const admin = system.admin();
    auto const login = [](json::object const& changes) {
        return json::serialize(with({{"name", "alice"}, {"password", "wrong"}}, changes));
    };

    struct row {
        std::string body;
        std::string_view code;
        std::string_view param;
    };

    std::vector<row> const rows = {
        {"", "invalid_json", ""},
        {"{", "invalid_json", ""},
        {"[]", "invalid_json", ""},
        {"null", "invalid_json", ""},
        {"\"alice\"", "invalid_json", ""},
        {login({}) + login({}), "invalid_json", ""},
        {R"({"name":"alice","name":"bob","password":"wrong"})", "invalid_json", ""},
        {R"({"name":"alice\u0000","password":"wrong"})", "invalid_json", ""},
        {login({{"name", nullptr}}), "invalid_request", "name"},
        {login({{"password", nullptr}}), "invalid_request", "password"},
        {R"({"name":"alice","password":null})", "invalid_request", "password"},
        {login({{"name", 1}}), "invalid_request", "name"},
        {login({{"password", true}}), "invalid_request", "password"},
        {login({{"password", json::array{"wrong"}}}), "invalid_request", "password"},
        {login({{"role", "admin"}}), "invalid_request", "role"},
        {login({{"name", std::string(65, 'a')}}), "invalid_request", "name"},
        {login({{"password", std::string(1025, 'p')}}), "invalid_request", "password"}};
    auto const before = system.mark();
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.body.substr(0, 80)) {
            auto const r = admin.post_text("/admin/v1/login", each.body);
            check_problem(r, 400, each.code, each.param);
            BOOST_TEST(r.count("Set-Cookie") == 0U);
        }
    }
    for (int i = 0; i < 12; ++i) // more than an account may fail
        BOOST_TEST(
            admin.post_text("/admin/v1/login", login({{"password", std::string(1025, 'p')}})).status == 400U
        );
    // What a form of another site can send.
    for (std::string const type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
        check_problem(
            admin.send({"POST", "/admin/v1/login", {{"Content-Type", type}}, login({})}),
            415,
            "unsupported_media_type"
        );
    check_problem(
        admin.post_text("/admin/v1/login", login({{"password", std::string(70'000, 'p')}})),
        413,
        "body_too_large"
    );
    auto const got = admin.get("/admin/v1/login?name=alice&password=wrong");
    check_problem(got, 405, "method_not_allowed");
    BOOST_TEST(got.header("Allow") == "POST");
    BOOST_TEST(system.trouble_since(before) == "");
    // The longest that is taken is only wrong, and so far nothing was.
    check_problem(
        admin.post_text("/admin/v1/login", login({{"password", std::string(1024, 'p')}})), 401, "unauthorized"
    );
    BOOST_TEST(session_status(system.sign_in("alice")) == 200U);
}

// A-19
BOOST_AUTO_TEST_CASE(ten_failures_shut_an_account) {
    system_under_test system(
        with_operators({make_operator("alice", "approver"), make_operator("bob", "viewer")})
    );
    auto const right = system.person("alice").password;
    auto const try_it = [&](std::string const& name, std::string const& password) {
        return system.visitor().login(name, password);
    };
    auto const seconds_of = [](reply const& r) {
        check_problem(r, 429, "rate_limited");
        auto const text = r.header("Retry-After");
        BOOST_TEST_REQUIRE(!text.empty());
        BOOST_TEST_REQUIRE(text.find_first_not_of("0123456789") == std::string::npos);
        return std::stoi(text);
    };
    // A login that goes well begins the count anew.
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 9; ++i)
            check_problem(try_it("alice", "wrong"), 401, "unauthorized");
        BOOST_TEST(try_it("alice", right).status == 200U);
    }
    for (auto const& name : {std::string("alice"), std::string("nobody")}) {
        BOOST_TEST_CONTEXT(name) { // a name that nobody has cannot be told from one that is shut
            for (int i = 0; i < 10; ++i)
                check_problem(try_it(name, "wrong"), 401, "unauthorized");
            BOOST_TEST(seconds_of(try_it(name, right)) == 1);
        }
    }
    BOOST_TEST(try_it("bob", system.person("bob").password).status == 200U, "others are not affected");

    // Twice as long after each further failure.
    reply now;
    for (int const longest : {2, 4}) {
        BOOST_TEST_REQUIRE(eventually(10s, [&] {
            now = try_it("alice", "wrong");
            return now.status != 429;
        }));
        check_problem(now, 401, "unauthorized");
        auto const wait = seconds_of(try_it("alice", right));
        BOOST_TEST(wait > longest / 2);
        BOOST_TEST(wait <= longest);
    }
    BOOST_TEST(eventually(10s, [&] { return try_it("alice", right).status == 200; }), "it opens again");
    check_problem(try_it("alice", "wrong"), 401, "unauthorized");
    BOOST_TEST(try_it("alice", right).status == 200U, "and nothing is held against it");

    // At once they are worth no more than one after the other.
    std::array<unsigned, 30> statuses{};
    together(statuses.size(), [&](std::size_t i) { statuses[i] = try_it("bob", "wrong").status; });
    auto const tried = std::count(statuses.begin(), statuses.end(), 401U);
    BOOST_TEST(tried >= 10);
    BOOST_TEST(tried <= 15);
    BOOST_TEST(tried + std::count(statuses.begin(), statuses.end(), 429U) == 30);
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_CASE(hash_password_verb) {
    std::vector<std::string> made;
    for (int i = 0; i < 2; ++i) {
        auto const r = run(WXGATE_PROGRAM, {"hash-password"}, "CANARYpassword of mine\n");
        BOOST_TEST(r.status.code == 0, r.err);
        BOOST_TEST(r.err == "");
        BOOST_TEST(r.out.starts_with("scrypt:ln=15,r=8,p=3:"), r.out);
        BOOST_TEST(std::count(r.out.begin(), r.out.end(), '\n') == 1);
        BOOST_TEST(r.out.find("CANARY") == std::string::npos);
        made.push_back(r.out);
    }
    BOOST_TEST(made[0] != made[1], "salted");

    struct row {
        char const* what;
        std::string input;
    };

    std::vector<row> const rows = {
        {"nothing", ""},
        {"an empty line", "\n"},
        {"7 bytes", "CANARY7\n"},
        {"129 bytes", std::string(129, 'p') + "\n"},
        {"two lines", "CANARYpassword\nCANARYpassword\n"},
        {"a control character", "CANARY\x1bpassword\n"},
        {"not UTF-8", "CANARY\xffpassword\n"}};
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what) {
            auto const r = run(WXGATE_PROGRAM, {"hash-password"}, each.input);
            BOOST_TEST(r.status.code == 2);
            BOOST_TEST(r.out == "");
            BOOST_TEST(std::count(r.err.begin(), r.err.end(), '\n') == 1, r.err);
            BOOST_TEST(r.err.find("CANARY") == std::string::npos, r.err);
        }
    }
    BOOST_TEST(run(WXGATE_PROGRAM, {"hash-password"}, "CANARY8b").status.code == 0, "8 bytes, no line end");
    BOOST_TEST(run(WXGATE_PROGRAM, {"hash-password", "--config", "x"}).status.code == 2);

    // `check` tells what is cheap, and only that.
    scratch const dir;
    gateway_config config;
    config.public_url = "https://pay.example.com";
    config.url = "https://127.0.0.1:1";
    config.login_url = config.url;
    config.merchants = {make_merchant("shop", "10000100")};
    config.operators = {make_operator("cheap", "viewer"), made_by_program("dear", "approver")};
    auto const file = write_gateway_config(dir, "g", config);
    auto const said = run(WXGATE_PROGRAM, {"check", "--config", file, "--offline"}).out;
    BOOST_TEST(said.find("operators.cheap") != std::string::npos, said);
    BOOST_TEST(said.find("operators.dear") == std::string::npos, said);
}

// A-20, A-21: a hash takes half a second and 32 MiB.
BOOST_AUTO_TEST_CASE(passwords_at_the_full_price) {
    auto options = with_operators({made_by_program("dora", "approver")});
    options.adjust = [adjust = options.adjust](gateway_config& c) {
        adjust(c);
        c.request_timeout = "60s";
    };
    system_under_test system(options);
    auto const dora = system.person("dora");
    BOOST_TEST(session_status(system.sign_in("dora")) == 200U, "what hash-password prints is taken");

    auto const wrong = [&](std::string const& name, std::string const& password, unsigned status) {
        return time_of([&] { BOOST_TEST(system.visitor().login(name, password).status == status); });
    };
    auto known = wrong("dora", "wrong", 401);
    auto unknown = wrong("nobody", "wrong", 401);
    for (int i = 0; i < 2; ++i) {
        known = std::min(known, wrong("dora", "wrong", 401));
        unknown = std::min(unknown, wrong("nobody", "wrong", 401));
    }
    BOOST_TEST((known > 20ms), "this is no full price: " << known.count() << " ms");
    BOOST_TEST(
        (unknown > known / 4), "a name that nobody has is known by the time: " << unknown.count() << " ms"
    );
    milliseconds refused{0};
    for (int i = 0; i < 20; ++i)
        refused += wrong("dora", std::string(1025, 'p'), 400);
    BOOST_TEST((refused < 10 * known), "hashed before it was refused: " << refused.count() << " ms");

    auto const before = system.gateway().rss_bytes();
    std::size_t most = 0;
    std::int64_t hashing = 0;
    milliseconds slowest{0};
    std::vector<reply> replies(50);
    {
        std::jthread const watch([&](std::stop_token const& stop) {
            auto const shop = system.with_key("shop");
            while (!stop.stop_requested()) {
                std::string text;
                slowest = std::max(slowest, time_of([&] { text = system.admin().get("/metrics").body; }));
                slowest = std::max(slowest, time_of([&] { shop.get("/v1/payments?limit=1"); }));
                hashing = std::max(hashing, metric(text, "wxgate_passwords_hashing"));
                most = std::max(most, system.gateway().rss_bytes());
                std::this_thread::sleep_for(5ms); // between samples
            }
        });
        request login{"POST", "/admin/v1/login", {{"Content-Type", "application/json"}}, {}};
        login.body = json::serialize(json::object{{"name", dora.name}, {"password", dora.password}});
        together(replies.size(), [&](std::size_t i) {
            replies[i] = exchange(system.admin().port(), login, 90s);
        });
    }
    int served = 0;
    int shed = 0;
    for (auto const& r : replies) {
        if (r.status == 200) {
            ++served;
            continue;
        }
        ++shed;
        check_problem(r, 503, "overloaded");
        BOOST_TEST(r.header("Retry-After") != "");
    }
    BOOST_TEST_MESSAGE(
        served << " served, " << shed << " shed, the slowest other answer " << slowest.count() << " ms"
    );
    BOOST_TEST(served > 2, "those who wait for their turn get it");
    BOOST_TEST(hashing >= 1);
    BOOST_TEST(hashing <= 2);
    BOOST_TEST((slowest < 3s), "others wait for the hashes: " << slowest.count() << " ms");
    if (memory_is_measured)
        BOOST_TEST(
            most < before + (std::size_t{300} << 20U), before << " bytes before, " << most << " at most"
        );
    BOOST_TEST(system.store().number("SELECT count(*) FROM operator_sessions") >= served);
    BOOST_TEST(session_status(system.sign_in("dora")) == 200U, "and it goes on");
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(operators_sessions)

// A-22: random, and what looks like a cookie.
BOOST_AUTO_TEST_CASE(cookies_that_nobody_was_given) {
    auto& system = scripted_system();
    auto const alice = system.sign_in("alice");
    auto const token = alice.session();
    auto const before = system.mark();
    auto upper = token;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
        return c >= 'a' ? static_cast<char>(c - 32) : c;
    });
    BOOST_TEST_REQUIRE(upper != token);
    for (auto const& cookies : std::vector<std::string>{
             "",
             "wxgate_session",
             "wxgate_session=",
             "wxgate_session=" + random_hex(64),
             "wxgate_session=" + std::string(64, '0'),
             "wxgate_session=" + token.substr(0, 63),
             "wxgate_session=" + token + "0",
             "wxgate_session=" + upper,
             "wxgate_session=\"" + token + "\"",
             "wxgate_session=" + sha256_hex(token),
             "wxgate_session=' OR 1=1 --",
             "wxgate_session=" + std::string(4000, 'a'),
             "xwxgate_session=" + token,
             "wxgate_sessions=" + token,
             "WXGATE_SESSION=" + token,
             token}) {
        BOOST_TEST_CONTEXT(cookies.substr(0, 100)) {
            check_signed_out(session_with(system, cookies));
        }
    }
    for (auto const& row : system.store().rows("SELECT token_hash FROM operator_sessions"))
        check_signed_out(session_with(system, "wxgate_session=" + row[0])); // what a thief of the store has
    auto const admin = system.admin();
    check_signed_out(admin.get("/admin/v1/session?wxgate_session=" + token));
    check_signed_out(admin.get("/admin/v1/session", {{"Authorization", "Bearer " + token}}));
    check_signed_out(
        admin.get("/admin/v1/session", {{"Authorization", "Bearer " + system.with_key("shop").bearer()}})
    );
    BOOST_TEST(system.trouble_since(before) == "");
    BOOST_TEST(session_with(system, "theme=dark; wxgate_session=" + token + "; x=y").status == 200U);
    // A-31: of no use to the merchants' listener.
    check_problem(system.anonymous().get("/admin/v1/session", alice.cookie()), 404, "not_found");
    check_problem(system.anonymous().get("/v1/payments", alice.cookie()), 401, "unauthorized");
}

// A-22, fixation: no session is older than its login.
BOOST_AUTO_TEST_CASE(a_login_begins_another_session) {
    auto& system = scripted_system();
    auto const planted = random_hex(64);
    auto victim = system.visitor();
    victim.pretend(planted, "");
    BOOST_TEST_REQUIRE(victim.login("alice", system.person("alice").password).status == 200U);
    BOOST_TEST(victim.session() != planted);
    check_signed_out(session_with(system, "wxgate_session=" + planted));

    auto stale = system.visitor();
    stale.pretend(victim.session(), victim.csrf_token());
    BOOST_TEST_REQUIRE(victim.login("bob", system.person("bob").password).status == 200U);
    BOOST_TEST(victim.session() != stale.session());
    BOOST_TEST(victim.csrf_token() != stale.csrf_token());
    check_signed_out(stale.get("/admin/v1/session"));
    BOOST_TEST(text_of(victim.get("/admin/v1/session").parsed(), "name") == "bob");
    // A login that fails ends nothing.
    check_problem(system.visitor().login("bob", "wrong"), 401);
    auto same = victim;
    check_problem(same.login("bob", "wrong"), 401);
    BOOST_TEST(session_status(victim) == 200U);
}

// A-22: idle for a quarter of an hour, or eight hours old. A restart ends none.
BOOST_AUTO_TEST_CASE(sessions_end_by_themselves) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);

    struct row {
        char const* what;
        std::int64_t created_ago; // minutes
        std::int64_t seen_ago;
        bool lives;
        operator_client client;
    };

    std::vector<row> const rows = {
        {"young", 0, 0, true, system.sign_in("alice")},
        {"idle for long", 20, 16, false, system.sign_in("alice")},
        {"idle", 20, 13, true, system.sign_in("bob")},
        {"old", 8 * 60 + 1, 1, false, system.sign_in("bob")},
        {"nearly old", 8 * 60 - 2, 2, true, system.sign_in("vera")}};
    BOOST_TEST_REQUIRE((system.stop_gateway().value_or(exit_status{}).code == 0));
    auto const ago = [](std::int64_t minutes) { return std::to_string(minutes * 60'000); };
    for (auto const& each : rows)
        change_offline(
            system.dir().path("wxgate.db"),
            "UPDATE operator_sessions SET created_at = created_at - " + ago(each.created_ago) +
                ", last_seen_at = last_seen_at - " + ago(each.seen_ago) + " WHERE token_hash = '" +
                sha256_hex(each.client.session()) + "'"
        );
    system.start_gateway();
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what) {
            auto const r = each.client.get("/admin/v1/session");
            if (each.lives)
                BOOST_TEST(r.status == 200U, r.describe());
            else
                check_signed_out(r);
        }
    }
    // Being used, it is not idle any more.
    auto const idle_for = system.store().number(
        "SELECT (SELECT MAX(last_seen_at) FROM operator_sessions) - last_seen_at FROM operator_sessions "
        "WHERE "
        "token_hash = '" +
        sha256_hex(rows[2].client.session()) + "'"
    );
    BOOST_TEST(idle_for < 60'000);
    // Those that are over are not kept for ever.
    system.sign_in("alice");
    for (auto const& each : rows)
        BOOST_TEST(
            system.store().number(
                "SELECT count(*) FROM operator_sessions WHERE token_hash = '" +
                sha256_hex(each.client.session()) + "'"
            ) == (each.lives ? 1 : 0),
            each.what
        );
}

// A-22, A-26: what the configuration says of a person holds from the next request on.
BOOST_AUTO_TEST_CASE(people_change_with_sighup) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto const alice = system.sign_in("alice");
    auto const bob = system.sign_in("bob");
    auto const vera = system.sign_in("vera");
    auto const root = system.sign_in("root");
    auto const old_password = system.person("alice").password;
    auto const approve = [](operator_client const& who) {
        return who.post_text("/admin/v1/refunds/R00000000000/approve");
    };
    check_problem(approve(bob), 404, "not_found");
    check_problem(approve(vera), 403, "forbidden");

    // A bad file changes nobody.
    auto const good = read_file(system.config_file());
    auto const said = system.logs().size();
    auto bad = good;
    auto const at = bad.find("role viewer");
    BOOST_TEST_REQUIRE(at != std::string::npos);
    bad.replace(at, 11, "role king");
    system.dir().write(
        "gateway.info", bad.substr(0, bad.find("    bob {")) + bad.substr(bad.find("    root {"))
    );
    system.gateway().signal(SIGHUP);
    BOOST_TEST(eventually(5s, [&] { return system.logs().find("not reloaded", said) != std::string::npos; }));
    BOOST_TEST(session_status(bob) == 200U);

    reload(system, [](gateway_config& c) {
        named(c, "alice") = make_operator("alice", "approver"); // another password
        named(c, "bob").role = "viewer";
        named(c, "vera").role = "approver";
        std::erase_if(c.operators, [](auto const& o) { return o.name == "root"; });
        c.operators.push_back(make_operator("carol", "admin"));
    });
    BOOST_TEST(
        eventually(5s, [&] { return session_status(alice) == 401; }), "after a change of the password"
    );
    check_signed_out(alice.get("/admin/v1/session"));
    check_problem(system.visitor().login("alice", old_password), 401, "unauthorized");
    BOOST_TEST(session_status(system.sign_in("alice")) == 200U);
    BOOST_TEST(text_of(bob.get("/admin/v1/session").parsed(), "role") == "viewer");
    check_problem(approve(bob), 403, "forbidden");
    BOOST_TEST(text_of(vera.get("/admin/v1/session").parsed(), "role") == "approver");
    check_problem(approve(vera), 404, "not_found");
    check_signed_out(root.get("/admin/v1/session"));
    check_signed_out(approve(root));
    BOOST_TEST(session_status(system.sign_in("carol")) == 200U);
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
