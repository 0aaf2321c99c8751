#include "../ledger/fixture.hpp"
#include "base/log.hpp"
#include "base/password.hpp"
#include "gateway/operators/cookies.hpp"
#include "gateway/operators/operators.hpp"

#include <algorithm>
#include <map>
#include <memory>

using namespace wxgate;
using namespace wxgate::gateway;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view session_name = "wxgate_session";

net::http_request asked_with(std::vector<net::header_view> headers) {
    net::http_request request;
    request.method = "POST";
    request.path = "/admin/v1/login";
    request.target = request.path;
    request.headers = std::move(headers);
    return request;
}

bool is_csrf(std::optional<problem> const& p) {
    return p && p->status == 403 && p->code == "forbidden" && p->detail.starts_with("csrf: ");
}

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
}

std::string cookie(std::string const& token) {
    return std::string(session_name) + '=' + token;
}

template <class T>
unsigned status_of(answer<T> const& a) {
    return a.has_value() ? 200U : a.error().status;
}

call_context call_until(steady_point deadline) {
    call_context c;
    c.request_id = "request-1";
    c.deadline = deadline;
    return c;
}

// Alice approves, Bob looks on, Carol is an admin; each password is the name and " likes tea".
struct with_people : ledger_fixture {
    with_people() {
        wxgate::log::configure(wxgate::log::level::error, wxgate::log::format::text);
        shared.store = db;
        add("alice", role::approver);
        add("bob", role::viewer);
        add("carol", role::admin);
        open();
    }

    void add(std::string name, role r) {
        operator_account o;
        o.password = hash_password(password_of(name), cheap);
        o.name = std::move(name);
        o.role = r;
        values.operators.push_back(std::move(o));
    }

    void open(login_limits const& limits = {}) { people = std::make_unique<operators>(shared, limits); }

    static std::string password_of(std::string const& name) { return name + " likes tea"; }

    operator_account& account_of(std::string_view name) {
        return *std::find_if(values.operators.begin(), values.operators.end(), [&](auto const& o) {
            return o.name == name;
        });
    }

    answer<signed_in> login(
        std::string name, std::string password, std::string const& cookies = {}, steady_point until = soon()
    ) {
        return run(people->login(values, std::move(name), std::move(password), cookies, call_until(until)));
    }

    // With the right password, which must do.
    signed_in sign_in(std::string const& name, std::string const& cookies = {}) {
        auto const who = login(name, password_of(name), cookies);
        BOOST_TEST_REQUIRE(who.has_value(), name);
        return *who;
    }

    answer<signed_in> authenticate(std::string const& cookies) {
        return run(people->authenticate(values, cookies));
    }

    bool holds(signed_in const& who) {
        auto const now = authenticate(cookie(who.token));
        return now.has_value() && now->name == who.name;
    }

    bool logout(signed_in const& who) { return run(people->logout(who)).has_value(); }

    // `sql` is a literal.
    void write(std::string_view sql) {
        store::batch b;
        b.push_back({sql, {}});
        BOOST_TEST_REQUIRE(run(db->write(std::move(b))).has_value(), sql);
    }

    std::int64_t sessions() { return count("SELECT COUNT(*) FROM operator_sessions"); }

    static steady_point soon() { return std::chrono::steady_clock::now() + 60s; }

    static constexpr scrypt_cost cheap{4, 1, 1};

    shared_state shared;
    settings values;
    std::unique_ptr<operators> people;
};

} // namespace

BOOST_AUTO_TEST_SUITE(operators_test)

// ---- without a store ------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_cookie_of_a_name) {
    struct row {
        char const* cookies;
        char const* value;
    };

    row const table[] = {
        {"wxgate_session=abc", "abc"},
        {"wxgate_session=abc; b=2", "abc"},
        {"a=1; wxgate_session=abc", "abc"},
        {"a=1; wxgate_session=abc; b=2", "abc"},
        {"a=1;wxgate_session=abc;b=2", "abc"},
        {"   wxgate_session=abc", "abc"},
        {";; ;wxgate_session=abc;", "abc"},
        {"a; wxgate_session=abc", "abc"},
        {"wxgate_session=1; wxgate_session=2", "1"},
        {"wxgate_session=a=b", "a=b"},
        {"wxgate_session=\"abc\"", "\"abc\""},
        {"wxgate_session=a b", "a b"},
        {"a=wxgate_session; wxgate_session=abc", "abc"},
        {"", ""},
        {";", ""},
        {" ", ""},
        {"=", ""},
        {"=abc", ""},
        {"abc", ""},
        {"wxgate_session", ""},
        {"wxgate_session=", ""},
        {"wxgate_session; a=1", ""},
        {"wxgate_session =abc", ""},
        {"wxgate_sessions=abc", ""},
        {"wxgate_session2=abc", ""},
        {"wxgate_sessio=abc", ""},
        {"xwxgate_session=abc", ""},
        {"__Host-wxgate_session=abc", ""},
        {"WXGATE_SESSION=abc", ""},
        {"a=wxgate_session=abc", ""},
        {"a=1, wxgate_session=abc", ""},
    };
    for (auto const& r : table)
        BOOST_TEST(cookie_of(r.cookies, session_name) == r.value, r.cookies);
}

BOOST_AUTO_TEST_CASE(what_another_site_made_a_browser_send) {
    constexpr char const* here = "127.0.0.1:8081";

    struct row {
        char const* site; // null: not there
        char const* origin;
        char const* host;
        bool passes;
    };

    row const table[] = {
        {nullptr, nullptr, here, true}, // no browser
        {"same-origin", nullptr, here, true},
        {"none", nullptr, here, true},
        {"same-origin", "http://127.0.0.1:8081", here, true},
        {"none", "http://127.0.0.1:8081", here, true},
        {nullptr, "http://127.0.0.1:8081", here, true}, // an old browser
        {nullptr, "http://LocalHost:8081", "localhost:8081", true},
        {nullptr, "https://pay-admin.example.com", "pay-admin.example.com", true}, // TLS ends before us
        {nullptr, "http://[::1]:8081", "[::1]:8081", true},

        {"cross-site", nullptr, here, false},
        {"same-site", nullptr, here, false},
        {"", nullptr, here, false},
        {"SAME-ORIGIN", nullptr, here, false},
        {"same-origin, cross-site", nullptr, here, false},
        {"navigate", nullptr, here, false},
        {"cross-site", "http://127.0.0.1:8081", here, false}, // both must be right
        {"same-site", "http://127.0.0.1:8081", here, false},
        {"same-origin", "http://evil.example", here, false},
        {"none", "null", here, false},

        {nullptr, "http://evil.example", here, false},
        {nullptr, "http://127.0.0.1:8082", here, false},
        {nullptr, "http://127.0.0.1", here, false},
        {nullptr, "http://127.0.0.2:8081", here, false},
        {nullptr, "http://127.0.0.1:80810", here, false},
        {nullptr, "http://127.0.0.1:8081.evil.example", here, false},
        {nullptr, "http://evil.example/127.0.0.1:8081", here, false},
        {nullptr, "http://evil.example://127.0.0.1:8081", here, false},
        {nullptr, "http://user@127.0.0.1:8081", here, false},
        {nullptr, "http://127.0.0.1:8081/", here, false},
        {nullptr, "http://127.0.0.1:8081 http://evil.example", here, false},
        {nullptr, "127.0.0.1:8081", here, false},
        {nullptr, "//127.0.0.1:8081", here, false},
        {nullptr, "null", here, false},
        {nullptr, "", here, false},
        {nullptr, "http://127.0.0.1:8081", nullptr, false},
    };
    for (auto const& r : table) {
        std::vector<net::header_view> headers;
        if (r.host != nullptr)
            headers.push_back({"Host", r.host});
        if (r.site != nullptr)
            headers.push_back({"Sec-Fetch-Site", r.site});
        if (r.origin != nullptr)
            headers.push_back({"Origin", r.origin});
        auto const refused = check_origin(asked_with(headers));
        auto const text = [](char const* t) { return t == nullptr ? "(none)" : t; };
        BOOST_TEST(
            refused.has_value() == !r.passes, text(r.site) << " | " << text(r.origin) << " | " << text(r.host)
        );
        BOOST_TEST((r.passes || is_csrf(refused)), text(r.origin));
    }
}

BOOST_AUTO_TEST_CASE(the_token_against_forged_requests) {
    signed_in who;
    who.csrf_token = std::string(32, 'a') + std::string(32, '1');
    auto const& right = who.csrf_token;
    BOOST_TEST(!check_csrf(asked_with({{"X-CSRF-Token", right}}), who).has_value());
    BOOST_TEST(!check_csrf(asked_with({{"x-csrf-token", right}}), who).has_value());

    std::string const table[] = {
        "",
        "a",
        right.substr(1),
        right.substr(0, 63),
        right + '1',
        right + ' ',
        ' ' + right,
        '"' + right + '"',
        std::string(64, 'a'),
        std::string(32, 'A') + std::string(32, '1'),
        right.substr(0, 63) + '2',
        'b' + right.substr(1),
    };
    for (auto const& wrong : table)
        BOOST_TEST(is_csrf(check_csrf(asked_with({{"X-CSRF-Token", wrong}}), who)), wrong);
    BOOST_TEST(is_csrf(check_csrf(asked_with({}), who)));
    BOOST_TEST(is_csrf(check_csrf(asked_with({{"Cookie", right}, {"X-CSRF", right}}), who)));
    BOOST_TEST(is_csrf(check_csrf(asked_with({{"X-CSRF-Token", "a"}, {"X-CSRF-Token", right}}), who)));
}

BOOST_AUTO_TEST_CASE(the_cookies_that_are_set) {
    auto const set = session_cookie("abc123");
    BOOST_TEST(set == "wxgate_session=abc123; Path=/; HttpOnly; SameSite=Strict");
    BOOST_TEST(cookie_of(set, session_name) == "abc123");
    auto const cleared = no_session_cookie();
    BOOST_TEST(cleared == "wxgate_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    BOOST_TEST(cookie_of(cleared, session_name) == "");
}

// ---- with one -------------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_CASE(who_signs_in_is_known_from_then_on, with_people) {
    struct row {
        char const* name;
        role what;
    };

    row const table[] = {{"alice", role::approver}, {"bob", role::viewer}, {"carol", role::admin}};
    for (auto const& r : table) {
        auto const who = sign_in(r.name);
        BOOST_TEST(who.name == r.name);
        BOOST_TEST((who.role == r.what), r.name);
        BOOST_TEST(who.token.size() == 64U);
        BOOST_TEST(who.csrf_token.size() == 64U);
        BOOST_TEST(is_lower_hex(who.token), who.token);
        BOOST_TEST(is_lower_hex(who.csrf_token), who.csrf_token);
        BOOST_TEST(who.token != who.csrf_token);
        auto const later = authenticate("theme=dark; " + cookie(who.token) + "; lang=zh");
        BOOST_TEST_REQUIRE(later.has_value(), r.name);
        BOOST_TEST(later->name == r.name);
        BOOST_TEST((later->role == r.what), r.name);
        BOOST_TEST(later->token == who.token);
        BOOST_TEST(later->csrf_token == who.csrf_token);
    }
    BOOST_TEST(sessions() == 3);
}

BOOST_FIXTURE_TEST_CASE(every_session_has_tokens_of_its_own, with_people) {
    auto const one = sign_in("alice");
    auto const other = sign_in("alice");
    BOOST_TEST(one.token != other.token);
    BOOST_TEST(one.csrf_token != other.csrf_token);
    BOOST_TEST(holds(one)); // at another desk
    BOOST_TEST(holds(other));
    auto const request = asked_with({{"X-CSRF-Token", one.csrf_token}});
    BOOST_TEST(!check_csrf(request, one).has_value());
    BOOST_TEST(is_csrf(check_csrf(request, other)));
}

// Whoever reads the store cannot sign in with what is there.
BOOST_FIXTURE_TEST_CASE(the_store_has_no_token, with_people) {
    auto const who = sign_in("alice");
    store::batch b;
    b.push_back({"SELECT token_hash, name, fingerprint FROM operator_sessions", {}});
    auto const found = run(db->read(std::move(b)));
    BOOST_TEST_REQUIRE(found->front().size() == 1U);
    auto const& row = found->front();
    BOOST_TEST(row.text(0, 0).size() == 64U);
    BOOST_TEST(row.text(0, 1) == "alice");
    for (std::size_t column = 0; column < row.columns(); ++column) {
        auto const& text = row.text(0, column);
        for (auto const& secret : {who.token, who.csrf_token, account_of("alice").password})
            BOOST_TEST(text.find(secret) == std::string::npos, text);
        BOOST_TEST(status_of(authenticate(cookie(text))) == 401U, text);
    }
}

BOOST_FIXTURE_TEST_CASE(a_wrong_name_is_as_a_wrong_password, with_people) {
    struct row {
        char const* name;
        std::string password;
    };

    row const table[] = {
        {"alice", "alice likes coffee"},
        {"alice", "Alice likes tea"},
        {"alice", "alice likes tea "},
        {"alice", ""},
        {"alice", password_of("bob")},
        {"alice", account_of("alice").password}, // what the configuration holds is no password
        {"bob", password_of("alice")},
        {"mallory", password_of("alice")},
        {"mallory", password_of("mallory")},
        {"mallory", ""},
        {"Alice", password_of("alice")},
        {"alice ", password_of("alice")},
        {"", password_of("alice")},
        {"", ""},
        {"auto", ""},
    };
    for (auto const& r : table) {
        auto const refused = login(r.name, r.password);
        BOOST_TEST_REQUIRE(refused.has_error(), r.name << ' ' << r.password);
        BOOST_TEST(refused.error().status == 401U, r.name);
        BOOST_TEST(refused.error().code == "unauthorized", r.name);
        BOOST_TEST(refused.error().detail == "the name or the password is wrong", r.name);
        BOOST_TEST(refused.error().param == "", r.name);
        BOOST_TEST(refused.error().retry_after == 0, r.name);
    }
    BOOST_TEST(sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(nobody_signs_in_where_nobody_is_configured, with_people) {
    values.operators.clear();
    BOOST_TEST(status_of(login("alice", password_of("alice"))) == 401U); // as costly as the default
    BOOST_TEST(status_of(login("", "")) == 401U);
}

BOOST_FIXTURE_TEST_CASE(what_is_no_session, with_people) {
    auto const who = sign_in("alice");
    auto const& t = who.token;
    auto upper = t;
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (upper == t) // 64 digits
        upper.front() = 'A';
    std::string const table[] = {
        "",
        "wxgate_session",
        cookie(""),
        cookie(t.substr(1)),
        cookie(t + 'a'),
        cookie(t + ' '),
        cookie('"' + t + '"'),
        cookie(std::string(64, '0')),
        cookie(std::string(64, '%')),
        cookie(std::string(64, '\0')),
        cookie(std::string(10'000, 'a')),
        cookie(upper),
        cookie(who.csrf_token),
        "session=" + t,
        "WXGATE_SESSION=" + t,
        t,
        cookie("x") + "; " + cookie(t), // the first one counts
    };
    for (auto const& cookies : table) {
        auto const refused = authenticate(cookies);
        BOOST_TEST_REQUIRE(refused.has_error(), cookies);
        BOOST_TEST(refused.error().status == 401U, cookies);
        BOOST_TEST(refused.error().code == "unauthorized", cookies);
    }
    BOOST_TEST(holds(who));
}

BOOST_FIXTURE_TEST_CASE(the_role_is_the_configurations_of_this_moment, with_people) {
    auto const who = sign_in("bob");
    for (auto const now : {role::admin, role::approver, role::viewer}) {
        account_of("bob").role = now;
        auto const seen = authenticate(cookie(who.token));
        BOOST_TEST_REQUIRE(seen.has_value());
        BOOST_TEST((seen->role == now));
    }
}

BOOST_FIXTURE_TEST_CASE(another_password_ends_the_session, with_people) {
    auto const alice = sign_in("alice");
    auto const bob = sign_in("bob");
    auto const old = account_of("alice").password;
    account_of("alice").password = hash_password("alice likes coffee", cheap);
    BOOST_TEST(status_of(authenticate(cookie(alice.token))) == 401U);
    BOOST_TEST(holds(bob));
    BOOST_TEST(status_of(login("alice", password_of("alice"))) == 401U);
    BOOST_TEST(status_of(login("alice", "alice likes coffee")) == 200U);
    // The same one hashed anew is another string: whoever does it wants the old sessions gone.
    account_of("bob").password = hash_password(password_of("bob"), cheap);
    BOOST_TEST(!holds(bob));
    account_of("alice").password = old;
    BOOST_TEST(holds(alice)); // it was not ended by the attempt
}

BOOST_FIXTURE_TEST_CASE(whoever_was_taken_out_of_the_configuration_is_out, with_people) {
    auto const alice = sign_in("alice");
    auto const bob = sign_in("bob");
    std::erase_if(values.operators, [](auto const& o) { return o.name == "alice"; });
    BOOST_TEST(status_of(authenticate(cookie(alice.token))) == 401U);
    BOOST_TEST(status_of(login("alice", password_of("alice"))) == 401U);
    BOOST_TEST(holds(bob));
    // Somebody else of that name is somebody else.
    operator_account other;
    other.name = "alice";
    other.password = hash_password("another alice", cheap);
    values.operators.push_back(other);
    BOOST_TEST(status_of(authenticate(cookie(alice.token))) == 401U);
}

BOOST_FIXTURE_TEST_CASE(logging_out_ends_this_session, with_people) {
    auto const one = sign_in("alice");
    auto const other = sign_in("alice");
    auto const bob = sign_in("bob");
    BOOST_TEST(logout(one));
    BOOST_TEST(status_of(authenticate(cookie(one.token))) == 401U);
    BOOST_TEST(holds(other));
    BOOST_TEST(holds(bob));
    BOOST_TEST(logout(one)); // again
    BOOST_TEST(sessions() == 2);
}

// Whoever can set a cookie before somebody signs in must not know the session's afterwards.
BOOST_FIXTURE_TEST_CASE(signing_in_ends_the_session_that_was_there, with_people) {
    auto const bob = sign_in("bob");
    auto const old = sign_in("alice");
    auto const fresh = sign_in("alice", "a=1; " + cookie(old.token));
    BOOST_TEST(fresh.token != old.token);
    BOOST_TEST(status_of(authenticate(cookie(old.token))) == 401U);
    BOOST_TEST(holds(fresh));
    BOOST_TEST(holds(bob));

    std::string const planted(64, 'a');
    auto const who = sign_in("carol", cookie(planted));
    BOOST_TEST(who.token != planted);
    BOOST_TEST(status_of(authenticate(cookie(planted))) == 401U);

    auto const next = sign_in("carol", cookie(bob.token)); // somebody else at the same desk
    BOOST_TEST(!holds(bob));
    BOOST_TEST(holds(next));
    BOOST_TEST(holds(who));

    BOOST_TEST(status_of(login("alice", "wrong", cookie(fresh.token))) == 401U);
    BOOST_TEST(holds(fresh)); // only who signs in ends it
}

BOOST_FIXTURE_TEST_CASE(idle_or_old_sessions_are_over, with_people) {
    auto const idle = sign_in("alice");
    write(
        "UPDATE operator_sessions SET created_at = created_at - 840000, last_seen_at = last_seen_at - 840000"
    );
    auto const before = count("SELECT last_seen_at FROM operator_sessions");
    BOOST_TEST(holds(idle));                                                             // for 14 minutes
    BOOST_TEST(count("SELECT last_seen_at FROM operator_sessions") >= before + 840'000); // and in use again
    write(
        "UPDATE operator_sessions SET created_at = created_at - 901000, last_seen_at = last_seen_at - 901000"
    );
    BOOST_TEST(status_of(authenticate(cookie(idle.token))) == 401U);

    auto const old = sign_in("bob");
    BOOST_TEST(sessions() == 1); // the idle one is forgotten
    write("UPDATE operator_sessions SET created_at = created_at - 28740000");
    BOOST_TEST(holds(old)); // a minute less than eight hours
    write("UPDATE operator_sessions SET created_at = created_at - 61000");
    BOOST_TEST(status_of(authenticate(cookie(old.token))) == 401U);
}

BOOST_FIXTURE_TEST_CASE(ten_wrong_passwords_shut_the_account, with_people) {
    login_limits limits;
    limits.first_lockout = 1h; // for as long as this test may take
    limits.longest_lockout = 2h;
    open(limits);
    auto const before = sign_in("alice");
    for (std::string const name : {"alice", "mallory"}) { // whether there is such a name cannot be seen
        for (int i = 1; i <= 10; ++i)
            BOOST_TEST(status_of(login(name, "wrong")) == 401U, name << ' ' << i);
        for (auto const& password : {std::string("wrong"), password_of(name)}) {
            auto const shut = login(name, password);
            BOOST_TEST_REQUIRE(shut.has_error(), name);
            BOOST_TEST(shut.error().status == 429U, name);
            BOOST_TEST(shut.error().code == "rate_limited", name);
            BOOST_TEST(shut.error().retry_after > 3000, name);
            BOOST_TEST(shut.error().retry_after <= 3600, name);
        }
    }
    BOOST_TEST(holds(before)); // who is in stays in
    for (int i = 1; i <= 9; ++i)
        BOOST_TEST(status_of(login("bob", "wrong")) == 401U, i);
    auto const bob = sign_in("bob"); // others are unaffected, and this clears
    for (int i = 1; i <= 9; ++i)
        BOOST_TEST(status_of(login("bob", "wrong", cookie(bob.token))) == 401U, i);
    BOOST_TEST(status_of(login("bob", password_of("bob"))) == 200U);
}

BOOST_FIXTURE_TEST_CASE(many_at_once_are_worth_no_more_than_one_after_the_other, with_people) {
    login_limits limits;
    limits.first_lockout = 1h;
    limits.longest_lockout = 1h;
    open(limits);
    std::map<unsigned, int> answers;
    auto const ask = [&](std::string password) {
        boost::asio::co_spawn(
            context,
            people->login(values, "alice", std::move(password), std::string_view(), call_until(soon())),
            [&](std::exception_ptr failed, answer<signed_in> a) { ++answers[failed ? 0U : status_of(a)]; }
        );
    };
    for (int i = 0; i < 29; ++i)
        ask("wrong");
    ask(password_of("alice")); // too late
    context.restart();
    context.run();
    BOOST_TEST(answers[401U] == 10);
    BOOST_TEST(answers[429U] == 20);
    BOOST_TEST(answers.size() == 2U);
    BOOST_TEST(sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(too_many_at_once, with_people) {
    auto const who = sign_in("alice");
    login_limits limits;
    limits.max_hashes = 0;
    limits.max_waiting = 0;
    open(limits);
    for (int i = 0; i < 20; ++i) { // and these are no wrong passwords: never 429
        auto const refused = login("alice", "wrong");
        BOOST_TEST_REQUIRE(refused.has_error(), i);
        BOOST_TEST(refused.error().status == 503U, i);
        BOOST_TEST(refused.error().code == "overloaded", i);
        BOOST_TEST(refused.error().retry_after == 1, i);
    }
    BOOST_TEST(status_of(login("mallory", "wrong")) == 503U);
    BOOST_TEST(holds(who)); // this takes no hash
}

BOOST_FIXTURE_TEST_CASE(a_deadline_that_passes_while_it_waits, with_people) {
    login_limits limits;
    limits.max_hashes = 0; // nobody has a turn
    limits.max_waiting = 1;
    open(limits);
    auto const now = std::chrono::steady_clock::now();
    BOOST_TEST(status_of(login("alice", password_of("alice"), {}, now)) == 503U);
    BOOST_TEST(sessions() == 0);
}

BOOST_FIXTURE_TEST_CASE(after_stop_nobody_signs_in, with_people) {
    auto const who = sign_in("alice");
    people->stop();
    BOOST_TEST(status_of(login("alice", password_of("alice"))) == 503U);
    BOOST_TEST(status_of(login("mallory", "")) == 503U);
    BOOST_TEST(holds(who));
    BOOST_TEST(logout(who));
}

BOOST_FIXTURE_TEST_CASE(a_store_that_is_away_is_no_wrong_password_and_no_end_of_the_session, with_people) {
    auto const who = sign_in("alice");
    db->close();
    auto const seen = authenticate(cookie(who.token));
    BOOST_TEST_REQUIRE(seen.has_error());
    BOOST_TEST(seen.error().status == 503U);
    BOOST_TEST(seen.error().code == "store_unavailable");
    BOOST_TEST(status_of(login("alice", password_of("alice"))) == 503U);
    BOOST_TEST(status_of(login("alice", "wrong")) == 401U);
    BOOST_TEST(!logout(who)); // must not be told that it has ended
    BOOST_TEST(status_of(authenticate(cookie(std::string(3, 'a')))) == 401U); // not even asked
}

BOOST_AUTO_TEST_SUITE_END()
