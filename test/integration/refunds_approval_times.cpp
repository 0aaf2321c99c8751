// Decisions at the same moment, decisions that come to nothing in time, and the gateway's death over one
// (RELIABILITY.md R2, R3, R15).
#include "refunds_approval_common.hpp"

#include <array>

using namespace wxgate::test;

namespace {

void set_refunds(gateway_config& c, std::string const& key, std::string const& value) {
    for (auto& each : c.refunds) {
        if (each.first == key) {
            each.second = value;
            return;
        }
    }
    c.refunds.emplace_back(key, value);
}

// A system in which the second refund of an order waits for eight seconds: approved meanwhile, it is not
// sent.
system_options patient_options(std::string const& approval_life = {}) {
    auto options = refund_options();
    options.adjust = [adjust = options.adjust, approval_life](gateway_config& c) {
        adjust(c);
        set_refunds(c, "order_interval", "8s");
        if (!approval_life.empty())
            set_refunds(c, "approval_life", approval_life);
    };
    return options;
}

// The second refund of an order (20 of 100), approved by `who` while the first has the order's minute.
waiting approved_and_held(system_under_test const& system, operator_client const& who) {
    auto const number = paid_order(system);
    auto const first = asked_for(system, number, 10);
    auto const second = asked_for(system, number, 20);
    BOOST_TEST_REQUIRE(who.post_text(first.approve()).status == 200U);
    BOOST_TEST_REQUIRE(eventually(20s, [&] {
        auto const is = cell(system, "refund_status", first.refund_no);
        return is == "PROCESSING" || is == "SUCCESS";
    }));
    auto const r = who.post_text(second.approve());
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    BOOST_TEST(text_of(r.parsed(), "refund_status") == "APPROVED");
    return second;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_approval_times)

// R2: of those who decide at the same time one does, and the other is told who.
BOOST_AUTO_TEST_CASE(two_decide_at_once) {
    auto& system = refund_system();
    auto const alice = system.sign_in("alice");
    auto const alice_elsewhere = system.sign_in("alice");
    auto const bob = system.sign_in("bob");

    struct race {
        char const* what;
        operator_client const& second;
        bool second_rejects;
        int approved;
        int rejected;
    };

    std::array<race, 3> races = {
        race{"two approve", bob, false, 0, 0},
        race{"one approves, one rejects", bob, true, 0, 0},
        race{"one approves twice", alice_elsewhere, false, 0, 0}};
    std::vector<waiting> rejected;
    for (int round = 0; round < 12; ++round) {
        for (auto& each : races) {
            BOOST_TEST_CONTEXT(each.what << ", round " << round) {
                auto const w = asked_for(system);
                std::array<reply, 2> replies;
                together(2, [&](std::size_t i) {
                    if (i == 0)
                        replies[i] = alice.post_text(w.approve());
                    else if (each.second_rejects)
                        replies[i] = each.second.post(w.reject(), {{"reason", "不退"}});
                    else
                        replies[i] = each.second.post_text(w.approve());
                });
                auto const won = replies[0].status == 200 ? 0U : 1U;
                BOOST_TEST_REQUIRE(replies[won].status == 200U, replies[won].describe());
                auto const& lost = replies[1 - won];
                check_problem(lost, 409, "invalid_state");
                auto const by = text_of(replies[won].parsed(), "decided_by");
                bool const same_person = &each.second == &alice_elsewhere;
                BOOST_TEST(by == (won == 0 || same_person ? "alice" : "bob"));
                BOOST_TEST(says(lost, same_person ? "yourself" : by), detail_of(lost));
                BOOST_TEST(
                    refund_events(system, w.refund_no, "REFUND_APPROVED") +
                        refund_events(system, w.refund_no, "REFUND_REJECTED") ==
                    1
                );
                BOOST_TEST(cell(system, "decided_by", w.refund_no) == by);
                if (won == 1 && each.second_rejects) {
                    ++each.rejected;
                    rejected.push_back(w);
                    BOOST_TEST(order_number(system, "refund_reserved", w.number) == 0);
                } else {
                    ++each.approved;
                    BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
                    BOOST_TEST(system.sandbox_calls("refund", w.refund_no).size() == 1U);
                    BOOST_TEST(order_number(system, "refund_reserved", w.number) == 60);
                }
            }
        }
    }
    for (auto const& each : races)
        BOOST_TEST_MESSAGE(each.what << ": approved " << each.approved << ", rejected " << each.rejected);
    for (auto const& w : rejected) {
        BOOST_TEST(system.sandbox_calls("refund", w.refund_no).empty());
        BOOST_TEST(system.refund_status(w.refund_no, "rival") == "REJECTED");
    }
    check_store(system);
}

// R2: sixteen at once, of two people and two minds.
BOOST_AUTO_TEST_CASE(a_crowd_decides_at_once) {
    auto& system = refund_system();
    std::array<operator_client, 2> const people = {system.sign_in("alice"), system.sign_in("bob")};
    for (int round = 0; round < 5; ++round) {
        auto const w = asked_for(system);
        std::array<reply, 16> replies;
        together(replies.size(), [&](std::size_t i) {
            auto const& who = people[i % 2];
            replies[i] = i % 4 < 2 ? who.post_text(w.approve()) : who.post(w.reject(), {{"reason", "不退"}});
        });
        int done = 0;
        for (auto const& r : replies) {
            if (r.status == 200)
                ++done;
            else
                check_problem(r, 409, "invalid_state");
        }
        BOOST_TEST(done == 1);
        auto const is = cell(system, "refund_status", w.refund_no);
        if (is != "REJECTED") {
            BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
            BOOST_TEST(system.sandbox_calls("refund", w.refund_no).size() == 1U);
        } else {
            BOOST_TEST(order_number(system, "refund_reserved", w.number) == 0);
        }
        BOOST_TEST(cell(system, "refund_status", w.refund_no) == (is == "REJECTED" ? "REJECTED" : "SUCCESS"));
    }
}

// R15: an approval holds for so long. What was not sent by then waits for a person again.
BOOST_AUTO_TEST_CASE(an_approval_that_was_not_used_in_time) {
    system_under_test system(patient_options("2s"));
    auto const alice = system.sign_in("alice");
    auto const w = approved_and_held(system, alice);
    BOOST_TEST(eventually(20s, [&] { return cell(system, "refund_status", w.refund_no) == "REQUESTED"; }));
    auto const back = alice.get(w.target()).parsed();
    check_operators_refund(back);
    for (auto const* name : {"decided_by", "decided_at", "decision_reason", "refund_id", "succeeded_at"})
        BOOST_TEST(member(back, name).is_null(), name);
    auto const expired = events_of(alice, w, "REFUND_EXPIRED");
    BOOST_TEST_REQUIRE(expired.size() == 1U);
    BOOST_TEST(text_of(expired[0], "refund_status") == "REQUESTED");
    BOOST_TEST(system.sandbox_calls("refund", w.refund_no).empty());
    BOOST_TEST(order_number(system, "refund_reserved", w.number) == 30, "it keeps its amount");
    BOOST_TEST(holds(all_numbers(alice, "refund_status=REQUESTED"), w.refund_no));

    auto const bob = system.sign_in("bob");
    auto const again = bob.post_text(w.approve());
    BOOST_TEST(again.status == 200U, again.describe());
    BOOST_TEST(text_of(again.parsed(), "decided_by") == "bob");
    BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"));
    BOOST_TEST(text_of(system.refund_of(w.refund_no, "rival"), "decided_by") == "bob");
    BOOST_TEST(refund_events(system, w.refund_no, "REFUND_APPROVED") == 2);
    BOOST_TEST(system.sandbox_calls("refund", w.refund_no).size() == 1U);
    check_store(system);
    check_both(system);
    BOOST_TEST(system.anomalies() == 0);
    BOOST_TEST(system.leaked() == "");
}

// R15: a day, where nothing else is configured; also when the gateway was away meanwhile.
BOOST_AUTO_TEST_CASE(an_approval_is_good_for_a_day) {
    system_under_test system(patient_options());
    auto const alice = system.sign_in("alice");
    auto const stale = approved_and_held(system, alice);
    auto const fresh = approved_and_held(system, alice);
    BOOST_TEST_REQUIRE((system.stop_gateway().value_or(exit_status{}).code == 0));
    auto const hours_later = [&](waiting const& w, int hours) {
        BOOST_TEST_REQUIRE(cell(system, "refund_status", w.refund_no) == "APPROVED", "not sent yet");
        change_offline(
            system.dir().path("wxgate.db"),
            "UPDATE refunds SET decided_at = decided_at - " +
                std::to_string(std::int64_t{hours} * 3'600'000) + " WHERE out_refund_no = '" + w.refund_no +
                "'"
        );
    };
    hours_later(stale, 25);
    hours_later(fresh, 23);
    system.start_gateway();
    BOOST_TEST(system.refund_becomes(fresh.refund_no, "SUCCESS", "rival"));
    BOOST_TEST(system.refund_becomes(stale.refund_no, "REQUESTED", "rival"));
    BOOST_TEST(refund_events(system, stale.refund_no, "REFUND_EXPIRED") == 1);
    BOOST_TEST(refund_events(system, fresh.refund_no, "REFUND_EXPIRED") == 0);
    BOOST_TEST(system.sandbox_calls("refund", stale.refund_no).empty());
    BOOST_TEST(alice.post_text(stale.approve()).status == 200U, "the session and the refund go on");
    BOOST_TEST(system.refund_becomes(stale.refund_no, "SUCCESS", "rival"));
    check_store(system);
    check_both(system);
}

// R3: killed after the approval. It is sent once, whether it had been sent or not.
BOOST_AUTO_TEST_CASE(killed_after_the_approval) {
    system_under_test system(refund_options());
    auto const alice = system.sign_in("alice");
    std::vector<waiting> all;
    for (int round = 0; round < 6; ++round) {
        auto const w = asked_for(system);
        auto const r = alice.post_text(w.approve());
        system.kill_gateway();
        BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
        auto const is = cell(system, "refund_status", w.refund_no);
        BOOST_TEST(is != "REQUESTED", "what was told is durable");
        BOOST_TEST(cell(system, "decided_by", w.refund_no) == "alice");
        BOOST_TEST_MESSAGE("killed when " << is << ", in doubt: " << cell(system, "in_doubt", w.refund_no));
        system.start_gateway();
        check_problem(alice.post_text(w.approve()), 409, "invalid_state");
        all.push_back(w);
    }
    // And where it cannot have been sent.
    auto const number = paid_order(system);
    auto const first = asked_for(system, number, 10);
    auto const second = asked_for(system, number, 20);
    BOOST_TEST_REQUIRE(alice.post_text(first.approve()).status == 200U);
    BOOST_TEST_REQUIRE(system.refund_becomes(first.refund_no, "SUCCESS", "rival"));
    auto const r = alice.post_text(second.approve());
    system.kill_gateway();
    BOOST_TEST_REQUIRE(r.status == 200U, r.describe());
    system.start_gateway();
    all.push_back(first);
    all.push_back(second);
    for (auto const& w : all)
        BOOST_TEST(system.refund_becomes(w.refund_no, "SUCCESS", "rival"), w.refund_no);
    for (auto const& w : all) {
        BOOST_TEST_CONTEXT(w.refund_no) {
            auto const calls = system.sandbox_calls("refund", w.refund_no).size();
            BOOST_TEST(calls >= 1U);
            if (calls > 1) // I7
                BOOST_TEST(!system.sandbox_calls("refundquery", w.refund_no).empty());
            BOOST_TEST(refund_events(system, w.refund_no, "REFUND_APPROVED") == 1);
            BOOST_TEST(refund_events(system, w.refund_no, "REFUND_SUCCESS") == 1);
            BOOST_TEST(sandbox_refunds(system, w.number).size() == (w.number == number ? 2U : 1U));
        }
    }
    check_store(system);
    check_both(system);
    BOOST_TEST(system.anomalies() == 0);
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
