#include "load/notifications.hpp"
#include "load/notifier.hpp"
#include "load/timeline.hpp"

#include <wxgate/notification.hpp>

#include <boost/test/unit_test.hpp>

using namespace wxgate;
using namespace wxgate::bench;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr unix_ms some_day = 1'700'000'000'000;

history waiting_orders() {
    history_options h;
    h.owner = {"shop", "10000100", "wx1", "HMAC-SHA256", "bench", "https://pay.example.com"};
    h.kind = past_kind::waiting;
    h.count = 50;
    h.first = some_day;
    h.last = some_day + 1000;
    h.tag = "nABCDEF";
    return history(std::move(h));
}

account shop(sign_type how) {
    return {"wx1", "10000100", "0123456789abcdef0123456789abcdef", how};
}

http_answer answer(unsigned status, std::string_view head, std::string_view body) {
    http_answer a;
    a.ended = http_answer::how::answered;
    a.status = status;
    a.head = head;
    a.body = body;
    return a;
}

constexpr std::string_view bare_head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
constexpr std::string_view patient_head = "HTTP/1.1 503 No\r\nRetry-After: 1\r\n\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(notifications)

BOOST_AUTO_TEST_CASE(verify_and_say_what_was_ordered) {
    for (auto const how : {sign_type::md5, sign_type::hmac_sha256}) {
        auto const who = shop(how);
        notification_writer writer(waiting_orders(), who, some_day + 60'000);
        past_order o;
        waiting_orders().describe(7, o);
        auto const n = read_payment_notification(writer.good(7), who.api_key);
        BOOST_TEST_REQUIRE(n.has_value());
        BOOST_TEST(n->paid);
        BOOST_TEST((n->sign_type == how));
        BOOST_TEST(!n->ambiguous);
        BOOST_TEST(n->out_trade_no == "nABCDEF0000000007");
        BOOST_TEST(n->appid == who.appid);
        BOOST_TEST(n->mch_id == who.mch_id);
        BOOST_TEST(n->openid == o.openid);
        BOOST_TEST(n->total_fee.count() == o.total_fee);
        BOOST_TEST(writer.fee(7) == o.total_fee);
        BOOST_TEST(n->trade_type == "JSAPI");
        BOOST_TEST(n->transaction_id.size() == 28U);
        BOOST_TEST((n->time_end == sys_seconds(std::chrono::seconds(some_day / 1000 + 60))));
    }
}

BOOST_AUTO_TEST_CASE(are_the_same_at_every_repetition) {
    notification_writer writer(waiting_orders(), shop(sign_type::md5), some_day);
    auto const first = writer.good(3);
    auto const other = writer.good(4);
    BOOST_TEST(first != other);
    BOOST_TEST(writer.good(3) == first);
}

BOOST_AUTO_TEST_CASE(do_not_verify_when_they_are_forged) {
    auto const who = shop(sign_type::hmac_sha256);
    notification_writer writer(waiting_orders(), who, some_day);
    for (std::uint64_t i = 0; i < 50; ++i)
        BOOST_TEST_REQUIRE(!read_payment_notification(writer.forged(i), who.api_key).has_value());
}

BOOST_AUTO_TEST_CASE(are_judged_by_their_answers) {
    auto const accepted = answer(200, bare_head, notification_accepted);
    auto const refused = answer(400, bare_head, notification_refused);
    BOOST_TEST((judge_answer(false, false, accepted) == notified::recorded));
    BOOST_TEST((judge_answer(false, true, accepted) == notified::repeated));
    BOOST_TEST((judge_answer(true, false, refused) == notified::turned_away));
    BOOST_TEST((judge_answer(true, false, accepted) == notified::wrong)); // a forgery was believed
    BOOST_TEST((judge_answer(false, false, refused) == notified::wrong));
    BOOST_TEST((judge_answer(false, false, answer(200, bare_head, "hello")) == notified::wrong));
    auto const later = answer(503, patient_head, notification_refused);
    BOOST_TEST((judge_answer(false, false, later) == notified::refused));
    BOOST_TEST((judge_answer(true, false, later) == notified::refused));
    auto const bluntly = answer(503, bare_head, notification_refused);
    BOOST_TEST((judge_answer(false, false, bluntly) == notified::refused_bluntly));
    BOOST_TEST((judge_answer(false, false, http_answer()) == notified::unanswered));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(timelines)

BOOST_AUTO_TEST_CASE(count_by_second) {
    auto const zero = load_clock::now();
    timeline t(zero);
    t.add_good(zero + milliseconds(900), zero + milliseconds(1100));
    t.add_good(zero + milliseconds(950), zero + milliseconds(990));
    t.add_refused(zero + milliseconds(2500));
    t.add_refused(zero - milliseconds(1));       // before it began
    t.add_refused(zero + std::chrono::hours(1)); // and long after
    BOOST_TEST_REQUIRE(t.slices().size() == 3U);
    BOOST_TEST(t.slices()[0].good == 1U);
    BOOST_TEST(t.slices()[0].latency.count() == 2U);
    BOOST_TEST(t.slices()[1].good == 1U);
    BOOST_TEST(t.slices()[2].refused == 1U);
    auto const s = to_series(t, shown::good, "good", zero - seconds(10));
    BOOST_TEST_REQUIRE(s.points.size() == 3U);
    BOOST_TEST(s.points[1].first == 11.0);
    BOOST_TEST(s.points[1].second == 1.0);
}

BOOST_AUTO_TEST_CASE(tell_when_all_is_well_again) {
    auto const zero = load_clock::now();
    auto const with = [zero](std::vector<int> const& ms) {
        timeline t(zero);
        for (std::size_t i = 0; i < ms.size(); ++i) {
            auto const due = zero + seconds(i);
            if (ms[i] > 0)
                t.add_good(due, due + milliseconds(ms[i]));
            else
                t.add_refused(due); // nothing of use was due
        }
        return seconds_to_recover(t, milliseconds(10));
    };
    BOOST_TEST(with({5, 5, 5}) == 1.0);
    BOOST_TEST(with({500, 90, 5, 6, 5}) == 3.0);
    BOOST_TEST(with({500, 5, 90, 5, 5}) == 4.0); // one good second is luck
    BOOST_TEST(with({0, 0, 5, 5}) == 3.0);
    BOOST_TEST(with({500, 500, 500}) == 3.0); // never
    BOOST_TEST(with({}) == 0.0);
}

BOOST_AUTO_TEST_SUITE_END()
