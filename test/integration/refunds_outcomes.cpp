// What becomes of a refund by what WeChat answers (protocol A8; RELIABILITY.md R5 to R7, R12, R13, B-34,
// B-35; I7, I8).
#include "refunds_common.hpp"

#include <algorithm>

using namespace wxgate::test;

namespace {

using refund_rule = refund_desk::rule;

struct going {
    std::string out_trade_no;
    std::string refund_no;
};

// One refund of 60 out of 100, not asked for yet.
going prepared(scripted_refunds& s) {
    return {text_of(s.system.paid({{"total_fee", 100}}), "out_trade_no"), "R" + random_hex(24)};
}

reply ask(scripted_refunds const& s, going const& g) {
    return s.system.refund(g.out_trade_no, {{"refund_fee", 60}, {"out_refund_no", g.refund_no}});
}

// All at once.
std::vector<reply> ask_all(scripted_refunds const& s, std::vector<going> const& all) {
    std::vector<reply> replies(all.size());
    together(all.size(), [&](std::size_t i) { replies[i] = ask(s, all[i]); });
    return replies;
}

template <class Rows>
std::vector<going> refunds_of(Rows const& rows) {
    std::vector<going> all;
    for (auto const& each : rows)
        all.push_back(each.g);
    return all;
}

refund_rule first_only(std::function<answer(call const&)> how) {
    return [how = std::move(how)](call const& c, int n) {
        return n == 1 ? std::optional(how(c)) : std::nullopt;
    };
}

answer with_body(std::string body) {
    answer a;
    a.body = std::move(body);
    return a;
}

answer manner_of(manner how) {
    answer a;
    a.how = how;
    return a;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_outcomes)

// Refusals that ask for patience: never FAILED, the same number later.
BOOST_AUTO_TEST_CASE(refused_for_now) {
    scripted_refunds s;

    struct row {
        char const* err_code;
        bool in_doubt; // may have been done: WeChat is asked before the next call
        char const* anomaly;
        going g;
    };

    std::vector<row> rows = {
        {"NOTENOUGH", false, nullptr, {}},
        {"FREQUENCY_LIMITED", false, nullptr, {}},
        {"INVALID_REQ_TOO_MUCH", false, nullptr, {}},
        {"ORDER_NOT_READY", false, nullptr, {}},
        {"BIZERR_NEED_RETRY", true, nullptr, {}},
        {"SYSTEMERROR", true, nullptr, {}},
        {"NOAUTH", false, "refund_configuration", {}},
        {"SIGNERROR", false, "refund_configuration", {}}};
    for (auto& each : rows) {
        each.g = prepared(s);
        s.desk.on_refund(each.g.refund_no, first_only([&s, code = each.err_code](call const& c) {
                             return with_body(s.wechat.refused(c, code, "不行"));
                         }));
    }
    for (auto const& r : ask_all(s, refunds_of(rows))) {
        BOOST_TEST(one_of(r.status, {201, 202}), r.describe());
        BOOST_TEST(text_of(r.parsed(), "refund_status") != "FAILED");
    }
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.err_code) {
            BOOST_TEST(s.system.refund_becomes(each.g.refund_no, "SUCCESS"));
            BOOST_TEST(s.desk.asked(each.g.refund_no) == 2U);
            BOOST_TEST(s.desk.trouble(each.g.refund_no, each.in_doubt ? 1 : 0) == "");
            BOOST_TEST(refund_events(s.system, each.g.refund_no, "REFUND_FAILED") == 0);
            BOOST_TEST(order_number(s.system, "refund_reserved", each.g.out_trade_no) == 60);
            BOOST_TEST(member(s.system.refund_of(each.g.refund_no), "err_code").is_null());
            BOOST_TEST(
                s.system.anomalies(each.g.out_trade_no) == (each.anomaly == nullptr ? 0 : 1), "anomalies"
            );
            if (each.anomaly != nullptr)
                BOOST_TEST(anomalies_of(s.system, each.g.out_trade_no, each.anomaly) == 1);
        }
    }
}

// R7: refused for good. What was reserved is free again, once.
BOOST_AUTO_TEST_CASE(refused_for_good) {
    scripted_refunds s;

    struct row {
        char const* err_code;
        going g;
    };

    std::vector<row> rows;
    for (auto const* code :
         {"ERROR",
          "USER_ACCOUNT_ABNORMAL",
          "TRADE_OVERDUE",
          "REFUND_FEE_MISMATCH",
          "INVALID_REQUEST",
          "PARAM_ERROR",
          "INVALID_TRANSACTIONID",
          "ORDERNOTEXIST",
          "APPID_NOT_EXIST",
          "MCHID_NOT_EXIST"}) {
        rows.push_back({code, prepared(s)});
        s.desk.on_refund(rows.back().g.refund_no, [&s, code](call const& c, int) {
            return std::optional(with_body(s.wechat.refused(c, code, "拒绝")));
        });
    }
    for (auto const& r : ask_all(s, refunds_of(rows)))
        BOOST_TEST(r.status == 202U, r.describe());
    for (auto const& [code, g] : rows) {
        BOOST_TEST_CONTEXT(code) {
            BOOST_TEST(s.system.refund_becomes(g.refund_no, "FAILED"));
            BOOST_TEST(text_of(s.system.refund_of(g.refund_no), "err_code") == code);
            BOOST_TEST(s.desk.asked(g.refund_no) == 1U);
            BOOST_TEST(refund_events(s.system, g.refund_no, "REFUND_FAILED") == 1);
            BOOST_TEST(order_number(s.system, "refund_reserved", g.out_trade_no) == 0);
            BOOST_TEST(s.system.state(g.out_trade_no) == "SUCCESS");
            // The same number is the same refund, and stays FAILED; a new one may have all of it.
            BOOST_TEST(ask(s, g).status == 200U);
            auto const anew = s.system.refund_request(100);
            BOOST_TEST(one_of(s.system.refund(g.out_trade_no, anew).status, {201, 202}));
            check_problem(
                s.system.refund(g.out_trade_no, s.system.refund_request(1)), 409, "refund_exceeds_payment"
            );
            BOOST_TEST(s.system.refund_becomes(text_of(anew, "out_refund_no"), "SUCCESS"));
        }
    }
    check_store(s.system);
}

// A code nobody knows, and any refusal after a doubt: a query a minute later has the last word.
BOOST_AUTO_TEST_CASE(refusals_to_be_confirmed) {
    scripted_refunds s;
    auto const strange = prepared(s);      // unknown code, not done
    auto const strange_done = prepared(s); // unknown code, and yet it was done
    auto const doubted = prepared(s);      // no answer, then refused
    auto const doubted_done = prepared(s); // done without an answer; then the second call is refused
    auto const refuse = [&](call const& c, char const* code) {
        return std::optional(with_body(s.wechat.refused(c, code, "不行")));
    };
    s.desk.on_refund(strange.refund_no, [&](call const& c, int) { return refuse(c, "NEVER_HEARD_OF"); });
    s.desk.on_refund(strange_done.refund_no, [&](call const& c, int) {
        s.desk.accept(c);
        return refuse(c, "NEVER_HEARD_OF");
    });
    s.desk.on_refund(doubted.refund_no, [&](call const& c, int n) {
        return n == 1 ? std::optional(manner_of(manner::reset_after)) : refuse(c, "ERROR");
    });
    s.desk.on_refund(doubted_done.refund_no, [&](call const& c, int n) {
        if (n > 1)
            s.desk.accept(c); // WeChat's machines learn of it late
        return n == 1 ? std::optional(manner_of(manner::reset_after)) : refuse(c, "ERROR");
    });
    for (auto const* g : {&strange, &strange_done, &doubted, &doubted_done})
        BOOST_TEST(ask(s, *g).status == 202U);
    for (auto const* g : {&strange, &doubted}) {
        BOOST_TEST(s.system.refund_becomes(g->refund_no, "FAILED"));
        auto const all = s.desk.about(g->refund_no);
        auto const last_call = std::find_if(all.rbegin(), all.rend(), [](call const& c) {
            return c.path == "/secapi/pay/refund";
        });
        BOOST_TEST_REQUIRE((last_call != all.rend() && last_call != all.rbegin()));
        BOOST_TEST((all.back().at - last_call->at >= short_minute), "FAILED only a minute later");
        BOOST_TEST(s.desk.trouble(g->refund_no) == "");
        BOOST_TEST(refund_events(s.system, g->refund_no, "REFUND_FAILED") == 1);
        BOOST_TEST(order_number(s.system, "refund_reserved", g->out_trade_no) == 0);
    }
    for (auto const* g : {&strange_done, &doubted_done}) {
        BOOST_TEST(s.system.refund_becomes(g->refund_no, "SUCCESS"));
        BOOST_TEST(refund_events(s.system, g->refund_no, "REFUND_FAILED") == 0);
        BOOST_TEST(order_number(s.system, "refunded_fee", g->out_trade_no) == 60);
    }
}

// Whoever only asks concludes nothing: that is for the look that has the lease, when the minute is over.
BOOST_AUTO_TEST_CASE(asking_meanwhile_fails_nothing) {
    scripted_refunds s;
    auto const g = prepared(s);
    s.desk.on_refund(g.refund_no, [&](call const& c, int) {
        return std::optional(with_body(s.wechat.refused(c, "NEVER_HEARD_OF", "不行")));
    });
    BOOST_TEST(ask(s, g).status == 202U);
    BOOST_TEST_REQUIRE(eventually(5s, [&] { return cell(s.system, "failing", g.refund_no) == "1"; }));
    auto const asked = s.system.with_key("shop").get("/v1/refunds/" + g.refund_no + "?sync=1");
    BOOST_TEST(text_of(asked.parsed(), "refund_status") == "APPROVED", asked.describe());
    BOOST_TEST(s.desk.queried(g.refund_no) > 0U);
    check_problem(
        s.system.refund(g.out_trade_no, s.system.refund_request(41)), 409, "refund_exceeds_payment"
    );
    BOOST_TEST(s.system.refund_becomes(g.refund_no, "FAILED"));
    auto const all = s.desk.about(g.refund_no);
    BOOST_TEST((all.back().at - all.front().at >= short_minute), "FAILED only a minute later");
}

// sync=1, and WeChat does not say what it has: as with a payment.
BOOST_AUTO_TEST_CASE(sync_without_an_answer) {
    struct row {
        std::function<answer(scripted_refunds&, call const&)> how;
        unsigned status;
        std::string_view code;
    };

    scripted_refunds s;
    std::vector<row> const rows = {
        {[](auto& t, auto const& c) { return with_body(t.wechat.refused(c, "PARAM_ERROR", "不行")); },
         422,
         "upstream_rejected"},
        {[](auto&, auto const&) { return with_body("<xml><return_code>"); }, 502, "upstream_invalid"},
        {[](auto&, auto const&) { return manner_of(manner::hang); }, 504, "upstream_timeout"},
        {[](auto&, auto const&) { return manner_of(manner::reset_after); }, 504, "upstream_timeout"}};
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.code) {
            auto const g = prepared(s);
            s.desk.settle(g.refund_no, "PROCESSING");
            BOOST_TEST_REQUIRE(ask(s, g).status == 201U);
            s.desk.on_query(g.refund_no, [&](call const& c, int) { return std::optional(each.how(s, c)); });
            auto const r = s.system.with_key("shop").get("/v1/refunds/" + g.refund_no + "?sync=1");
            check_problem(r, each.status, each.code);
            BOOST_TEST(s.system.refund_status(g.refund_no) == "PROCESSING");
            s.desk.on_query(g.refund_no, {});
            s.desk.settle(g.refund_no, "SUCCESS");
            BOOST_TEST(s.system.refund_becomes(g.refund_no, "SUCCESS"));
        }
    }
}

// R5, R6: whatever is no answer, done or not done.
BOOST_AUTO_TEST_CASE(no_answer_is_asked_about) {
    scripted_refunds s;
    auto const& shop = s.system.merchant("shop");
    auto const resigned = [&](call const& c, message const& changes) {
        auto fields = from_xml(s.desk.accept(c).body);
        for (auto const& [name, value] : changes)
            set(fields, name, value);
        return with_body(to_xml(signed_with(fields, shop.sign_type, shop.key)));
    };

    struct row {
        std::string what;
        std::function<answer(call const&)> how;
        going g;
        bool done;
    };

    std::vector<row> const kinds = {
        {"hang", [](auto&) { return manner_of(manner::hang); }, {}, false},
        {"reset", [](auto&) { return manner_of(manner::reset_after); }, {}, false},
        {"half",
         [&](call const& c) {
             auto a = s.desk.accept(c);
             a.how = manner::cut;
             a.cut_at = a.body.size() / 2;
             return a;
         },
         {},
         true},
        {"nothing", [](auto&) { return with_body(""); }, {}, false},
        {"garbage", [](auto&) { return with_body("<xml><return_code>SUCC"); }, {}, false},
        {"HTTP 500",
         [](auto&) {
             auto a = with_body("<html>500</html>");
             a.status = 500;
             return a;
         },
         {},
         false},
        {"HTTP 302",
         [](auto&) {
             auto a = with_body("");
             a.status = 302;
             return a;
         },
         {},
         false},
        {"wrong sign",
         [&](call const& c) {
             auto fields = from_xml(s.desk.accept(c).body);
             set(fields, "sign", std::string(64, 'A'));
             return with_body(to_xml(fields));
         },
         {},
         true},
        {"no sign",
         [&](call const& c) {
             auto fields = from_xml(s.desk.accept(c).body);
             remove(fields, "sign");
             return with_body(to_xml(fields));
         },
         {},
         true},
        {"another's key",
         [&](call const& c) {
             auto const fields = from_xml(s.desk.accept(c).body);
             return with_body(to_xml(signed_with(fields, shop.sign_type, s.system.merchant("rival").key)));
         },
         {},
         true},
        {"a refusal with a wrong sign",
         [&](call const& c) {
             auto fields = from_xml(s.wechat.refused(c, "ERROR", "拒绝"));
             set(fields, "sign", std::string(64, 'A'));
             return with_body(to_xml(fields));
         },
         {},
         false},
        {"an unsigned refusal",
         [](auto&) {
             return with_body(to_xml({{"return_code", "FAIL"}, {"return_msg", "参数错误"}}));
         },
         {},
         false},
        {"an unsigned SYSTEMERROR",
         [](auto&) {
             return with_body(to_xml({{"return_code", "FAIL"}, {"return_msg", "SYSTEM ERROR"}}));
         },
         {},
         false},
        {"another refund",
         [&](call const& c) {
             return resigned(c, {{"out_refund_no", "R0"}});
         },
         {},
         true},
        {"another amount",
         [&](call const& c) {
             return resigned(c, {{"refund_fee", "61"}});
         },
         {},
         true},
        {"no refund_id",
         [&](call const& c) {
             return resigned(c, {{"refund_id", ""}});
         },
         {},
         true},
        {"another mch_id",
         [&](call const& c) {
             return resigned(c, {{"mch_id", "10000200"}});
         },
         {},
         true},
        {"another appid",
         [&](call const& c) {
             return resigned(c, {{"appid", "wx0"}});
         },
         {},
         true}};
    std::vector<row> rows;
    for (auto const& kind : kinds) {
        rows.push_back(kind);
        if (!kind.done) { // and the same after it was done
            auto done = kind;
            done.done = true;
            done.what += ", done";
            done.how = [&s, how = kind.how](call const& c) {
                s.desk.accept(c);
                return how(c);
            };
            rows.push_back(done);
        }
    }
    for (auto& each : rows) {
        each.g = prepared(s);
        s.desk.on_refund(each.g.refund_no, first_only(each.how));
    }
    for (auto const& r : ask_all(s, refunds_of(rows)))
        BOOST_TEST(one_of(r.status, {201, 202}), r.describe());
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what) {
            BOOST_TEST(s.system.refund_becomes(each.g.refund_no, "SUCCESS"));
            BOOST_TEST(s.desk.asked(each.g.refund_no) == (each.done ? 1U : 2U));
            BOOST_TEST(s.desk.trouble(each.g.refund_no) == "");
            BOOST_TEST(refund_events(s.system, each.g.refund_no, "REFUND_SUCCESS") == 1);
            BOOST_TEST(order_number(s.system, "refunded_fee", each.g.out_trade_no) == 60);
            BOOST_TEST(s.system.anomalies(each.g.out_trade_no) == 0);
        }
    }
    BOOST_TEST(s.wechat.badly_signed() == 0U);
    check_store(s.system);
}

// I7: a query that was not answered is no query.
BOOST_AUTO_TEST_CASE(queries_without_an_answer_count_for_nothing) {
    scripted_refunds s;
    auto const g = prepared(s);
    s.desk.on_refund(g.refund_no, first_only([](auto&) { return manner_of(manner::reset_after); }));
    s.desk.on_query(g.refund_no, [&](call const& c, int n) -> std::optional<answer> {
        switch (n) {
        case 1:
            return manner_of(manner::hang);
        case 2:
            return with_body("garbage");
        case 3: {
            auto fields = from_xml(s.wechat.refused(c, "REFUNDNOTEXIST", "not exist"));
            set(fields, "sign", std::string(64, 'A'));
            return with_body(to_xml(fields));
        }
        case 4:
            return with_body(s.wechat.refused(c, "SYSTEMERROR", "系统错误"));
        case 5: { // of another refund (B-35)
            auto other = s.desk.told_with(c, {{"out_refund_no_0", "R0"}, {"refund_id_0", "50000"}});
            return other;
        }
        case 6: {
            auto a = with_body("<html>502</html>");
            a.status = 502;
            return a;
        }
        default:
            return std::nullopt;
        }
    });
    ask(s, g);
    BOOST_TEST(s.system.refund_becomes(g.refund_no, "SUCCESS", "shop", 40s));
    BOOST_TEST(s.desk.asked(g.refund_no) == 2U);
    BOOST_TEST(s.desk.trouble(g.refund_no, 7) == "");
    BOOST_TEST(s.system.anomalies(g.out_trade_no) == 0);
}

// B-34, B-35: what WeChat tells is of another amount or order: a person's to settle, and nothing moves.
BOOST_AUTO_TEST_CASE(query_of_another_amount) {
    scripted_refunds s;
    for (message const& changes :
         {message{{"refund_fee_0", "61"}, {"refund_fee", "61"}},
          message{{"total_fee", "200"}},
          message{{"out_trade_no", "T00000000000"}}}) {
        auto const g = prepared(s);
        s.desk.on_query(g.refund_no, [&s, changes](call const& c, int) {
            return std::optional(s.desk.told_with(c, changes));
        });
        BOOST_TEST_CONTEXT(changes.front().first) {
            BOOST_TEST(ask(s, g).status == 201U);
            BOOST_TEST(eventually(10s, [&] {
                return anomalies_of(s.system, g.out_trade_no, "refund_mismatch") == 1;
            }));
            BOOST_TEST(s.system.refund_status(g.refund_no) == "PROCESSING");
            BOOST_TEST(order_number(s.system, "refund_reserved", g.out_trade_no) == 60);
            BOOST_TEST(order_number(s.system, "refunded_fee", g.out_trade_no) == 0);
            s.desk.on_query(g.refund_no, {});
            BOOST_TEST(s.system.refund_becomes(g.refund_no, "SUCCESS"));
        }
    }
}

// R12
BOOST_AUTO_TEST_CASE(change_and_close) {
    auto& system = refund_system();

    struct row {
        char const* status;
        std::int64_t reserved;
        char const* anomaly;
    };

    for (row const& each : {row{"CHANGE", 60, "refund_change"}, row{"REFUNDCLOSE", 0, "refund_closed"}}) {
        BOOST_TEST_CONTEXT(each.status) {
            BOOST_TEST_REQUIRE(
                system.control().put("/control/refunds", {{"settle", "never"}}).status == 200U
            );
            auto const number = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
            auto const asked = system.refund_request(60);
            auto const refund_no = text_of(asked, "out_refund_no");
            BOOST_TEST_REQUIRE(system.refund(number, asked).status == 201U);
            BOOST_TEST_REQUIRE(
                system.control()
                    .post(
                        "/control/settle-refund",
                        {{"out_refund_no", refund_no}, {"refund_status", each.status}}
                    )
                    .status == 200U
            );
            BOOST_TEST(system.refund_becomes(refund_no, each.status));
            BOOST_TEST(order_number(system, "refund_reserved", number) == each.reserved);
            BOOST_TEST(order_number(system, "refunded_fee", number) == 0);
            BOOST_TEST(anomalies_of(system, number, each.anomaly) == 1);
            BOOST_TEST(refund_events(system, refund_no, std::string("REFUND_") + each.status) == 1);
            BOOST_TEST(member(system.refund_of(refund_no), "succeeded_at").is_null());
            BOOST_TEST_REQUIRE(system.control().put("/control/refunds", {{"settle", "20ms"}}).status == 200U);
            auto const anew = system.refund_request(100);
            auto const r = system.refund(number, anew);
            if (each.reserved != 0)
                check_problem(r, 409, "refund_exceeds_payment");
            else
                BOOST_TEST(system.refund_becomes(text_of(anew, "out_refund_no"), "SUCCESS"));
        }
    }
}

// NOTENOUGH at the sandbox: nothing fails for want of money, and the same number goes through with it.
BOOST_AUTO_TEST_CASE(balance_runs_out) {
    auto& system = refund_system();
    auto const number = text_of(system.paid({{"total_fee", 100}}, "plain"), "out_trade_no");
    auto const mch_id = system.merchant("plain").mch_id;
    auto const balance = [&](std::int64_t fen) {
        BOOST_TEST_REQUIRE(
            system.control().post("/control/balance", {{"mch_id", mch_id}, {"balance", fen}}).status == 200U
        );
    };
    balance(59);
    auto const asked = system.refund_request(60);
    auto const refund_no = text_of(asked, "out_refund_no");
    auto const r = system.refund(number, asked, "plain");
    BOOST_TEST(r.status == 202U, r.describe());
    BOOST_TEST(text_of(r.parsed(), "err_code") == "NOTENOUGH");
    BOOST_TEST(eventually(10s, [&] { return system.sandbox_calls("refund", refund_no).size() >= 2; }));
    BOOST_TEST(system.refund_status(refund_no, "plain") == "APPROVED");
    BOOST_TEST(order_number(system, "refund_reserved", number) == 60);
    balance(1000);
    BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS", "plain"));
    BOOST_TEST(sandbox_refunds(system, number).size() == 1U);
}

// R13: of refusals WeChat takes six a second, of calls a hundred and fifty.
BOOST_AUTO_TEST_CASE(wechats_limits_are_kept) {
    scripted_refunds s;
    std::vector<going> all;
    for (int i = 0; i < 25; ++i) {
        all.push_back(prepared(s));
        s.desk.on_refund(all.back().refund_no, [&s](call const& c, int) {
            return std::optional(with_body(s.wechat.refused(c, "ERROR", "拒绝")));
        });
    }
    std::vector<going> good;
    for (int i = 0; i < 25; ++i)
        good.push_back(prepared(s));
    auto both = all;
    both.insert(both.end(), good.begin(), good.end());
    ask_all(s, both);
    for (auto const& g : all)
        BOOST_TEST(s.system.refund_becomes(g.refund_no, "FAILED", "shop", 30s));
    for (auto const& g : good)
        BOOST_TEST(s.system.refund_becomes(g.refund_no, "SUCCESS", "shop", 30s));
    std::vector<steady::time_point> times;
    for (auto const& g : all)
        times.push_back(s.desk.about(g.refund_no).front().at);
    std::sort(times.begin(), times.end());
    for (std::size_t i = 6; i < times.size(); ++i)
        BOOST_TEST((times[i] - times[i - 6] >= 1s), "seven refusals within a second");
}

BOOST_AUTO_TEST_SUITE_END()
