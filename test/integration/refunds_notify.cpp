// WeChat's refund notifications, true and forged (RELIABILITY.md R10, R11): they carry no signature, so by
// themselves they move nothing.
#include "refunds_common.hpp"

#include <mutex>
#include <set>

using namespace wxgate::test;

namespace {

constexpr std::size_t block = 16;

std::string
notice(system_under_test const& system, std::string const& ciphertext, std::string const& of = "shop") {
    auto const& m = system.merchant(of);
    return refund_notification(m.appid, m.mch_id, ciphertext);
}

// A refund that WeChat has accepted and not finished, and what it will tell of it.
struct pending {
    std::string refund_no;
    std::string out_trade_no;
    message told;
    std::string ciphertext;
};

pending begin_refund(
    system_under_test const& system, refund_desk& desk, std::int64_t fee = 60, std::string const& key = "shop"
) {
    pending p;
    p.out_trade_no = text_of(system.paid({{"total_fee", 100}}, key), "out_trade_no");
    auto const asked = system.refund_request(fee);
    p.refund_no = text_of(asked, "out_refund_no");
    desk.settle(p.refund_no, "PROCESSING");
    auto const r = system.refund(p.out_trade_no, asked, key);
    BOOST_TEST_REQUIRE(r.status == 201U, r.describe());
    p.told = refund_told(r.parsed(), desk.refund_id(p.refund_no), "SUCCESS");
    p.ciphertext = refund_ciphertext(to_root(p.told), system.merchant(key).key);
    return p;
}

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_notify)

// R10
BOOST_AUTO_TEST_CASE(before_the_answer_to_the_call) {
    scripted_refunds s;
    auto const number = text_of(s.system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const asked = s.system.refund_request(60);
    auto const refund_no = text_of(asked, "out_refund_no");
    s.desk.on_refund(refund_no, [&s](call const& c, int) {
        auto a = s.desk.accept(c);
        a.delay = 500ms;
        return std::optional(a);
    });
    reply r;
    std::jthread asking([&] { r = s.system.refund(number, asked); });
    BOOST_TEST_REQUIRE(eventually(5s, [&] { return s.desk.knows(refund_no); }));
    auto const known = s.system.refund_of(refund_no);
    BOOST_TEST(text_of(known, "refund_status") == "APPROVED");
    auto const told = refund_told(known, s.desk.refund_id(refund_no), "SUCCESS");
    check_accepted(s.system.notify_refund(
        notice(s.system, refund_ciphertext(to_root(told), s.system.merchant("shop").key))
    ));
    BOOST_TEST(s.system.refund_status(refund_no) == "SUCCESS");
    asking.join();
    BOOST_TEST(one_of(r.status, {201, 202}), r.describe());
    BOOST_TEST(eventually(5s, [&] { return cell(s.system, "lease_until", refund_no) == "0"; }));
    BOOST_TEST(s.system.refund_status(refund_no) == "SUCCESS", "the late answer undoes nothing");
    BOOST_TEST(text_of(s.system.refund_of(refund_no), "refund_id") == s.desk.refund_id(refund_no));
    BOOST_TEST(refund_events(s.system, refund_no, "REFUND_SUCCESS") == 1);
    BOOST_TEST(order_number(s.system, "refunded_fee", number) == 60);
    BOOST_TEST(s.desk.asked(refund_no) == 1U);
    BOOST_TEST(s.system.anomalies(number) == 0);
}

// R11. The sender asks once in a while only, so that nothing else moves.
BOOST_AUTO_TEST_CASE(every_mutation_changes_nothing) {
    auto options = refund_options(against::stand_in);
    options.adjust = [](gateway_config& c) { c.refunds = {{"first_retry", "1h"}, {"last_retry", "1h"}}; };
    system_under_test system(options);
    refund_desk desk(system.upstream());
    desk.open();
    auto const mine = begin_refund(system, desk);
    auto const other = begin_refund(system, desk, 61);
    auto const theirs = refund_ciphertext(to_root(mine.told), system.merchant("rival").key);
    auto const digest = system.store().digest();
    auto const& a = mine.ciphertext;
    auto const& b = other.ciphertext;
    auto const blocks = a.size() / block;
    std::string wrong;
    std::map<unsigned, int> statuses;
    auto const harmless = [&](std::string const& what, std::string const& document, char const* to = "shop") {
        auto const r = system.notify_refund(document, to);
        ++statuses[r.status];
        bool const answered = (r.status == 200 && r.body == accepted_xml) ||
                              ((r.status == 400 || r.status == 503) && r.body == refused_xml);
        if (!answered)
            wrong += what + ": " + r.describe() + "\n";
        if (system.store().digest() != digest)
            wrong += what + " changed the store\n";
        return wrong.empty();
    };
    // The true one: not moved either, as WeChat does not say so yet.
    auto const early = system.notify_refund(notice(system, a));
    check_refused(early, 503);
    BOOST_TEST(system.store().digest() == digest);
    BOOST_TEST(desk.queried(mine.refund_no) >= 1U);

    for (std::size_t i = 0; i < a.size() && wrong.empty(); ++i) {
        auto changed = a;
        changed[i] = static_cast<char>(changed[i] ^ (1 << (i % 8)));
        harmless("byte " + std::to_string(i), notice(system, changed));
    }
    for (std::size_t i = 0; i < blocks; ++i)
        for (std::size_t j = i + 1; j < blocks && wrong.empty(); ++j) {
            auto changed = a;
            changed.replace(i * block, block, a, j * block, block);
            changed.replace(j * block, block, a, i * block, block);
            harmless("blocks " + std::to_string(i) + " and " + std::to_string(j), notice(system, changed));
        }
    for (std::size_t i = 0; i < blocks && wrong.empty(); ++i) {
        auto const at = i * block;
        auto const which = std::to_string(i);
        auto spliced = a;
        spliced.replace(at, block, b, at, block);
        harmless("one block of the other: " + which, notice(system, spliced));
        spliced = b;
        spliced.replace(at, block, a, at, block);
        harmless("one block in the other: " + which, notice(system, spliced));
        harmless("one and then the other: " + which, notice(system, a.substr(0, at) + b.substr(at)));
        harmless("the other and then one: " + which, notice(system, b.substr(0, at) + a.substr(at)));
        harmless("cut before block " + which, notice(system, a.substr(0, at)));
        harmless("without block " + which, notice(system, std::string(a).erase(at, block)));
        harmless("block twice " + which, notice(system, std::string(a).insert(at, a, at, block)));
    }
    harmless("twice", notice(system, a + a));
    harmless("both", notice(system, a + b));
    harmless("one byte less", notice(system, a.substr(0, a.size() - 1)));
    harmless("one byte more", notice(system, a + "x"));
    harmless("another merchant's key", notice(system, theirs));
    harmless("another merchant's path", notice(system, a), "rival");
    harmless("another merchant's path and names", notice(system, a, "rival"), "rival");
    harmless("our message as another merchant's", notice(system, theirs, "rival"), "rival");
    harmless("another merchant's names", notice(system, a, "rival"));
    for (message const& change :
         {message{{"refund_fee", "100"}},
          message{{"total_fee", "60"}},
          message{{"refund_id", "50000000000000000000000000000"}},
          message{{"out_trade_no", other.out_trade_no}},
          message{{"out_refund_no", other.refund_no}},
          message{{"out_refund_no", "R00000000000"}},
          message{{"refund_status", "PROCESSING"}},
          message{{"refund_status", "REFUNDCLOSE"}},
          message{{"refund_status", "FAILED"}},
          message{{"refund_status", "REQUESTED"}},
          message{{"refund_fee", "-60"}},
          message{{"refund_fee", "060"}},
          message{{"refund_fee", ""}}}) {
        auto told = mine.told;
        set(told, change.front().first, change.front().second);
        harmless(
            change.front().first + " " + change.front().second,
            notice(system, refund_ciphertext(to_root(told), system.merchant("shop").key))
        );
    }
    BOOST_TEST(wrong == "");
    BOOST_TEST_MESSAGE(
        statuses[200] << " × 200, " << statuses[400] << " × 400, " << statuses[503] << " × 503"
    );
    BOOST_TEST(system.refund_status(mine.refund_no) == "PROCESSING");

    // Now WeChat says so: the same message again is believed, and its repetition changes nothing.
    desk.settle(mine.refund_no, "SUCCESS");
    check_accepted(system.notify_refund(notice(system, a)));
    BOOST_TEST(system.refund_status(mine.refund_no) == "SUCCESS");
    BOOST_TEST(system.refund_status(other.refund_no) == "PROCESSING");
    auto const after = system.store().digest();
    check_accepted(system.notify_refund(notice(system, a)));
    for (auto const* status : {"CHANGE", "REFUNDCLOSE"}) {
        auto told = mine.told;
        set(told, "refund_status", status);
        auto const r =
            system.notify_refund(notice(system, refund_ciphertext(to_root(told), system.merchant("shop").key))
            );
        BOOST_TEST(one_of(r.status, {200, 400, 503}), r.describe());
    }
    BOOST_TEST(system.store().digest() == after);
    check_store(system);
    BOOST_TEST(system.leaked() == "");
}

// A true one while WeChat cannot be asked: it comes again.
BOOST_AUTO_TEST_CASE(unconfirmed_until_wechat_can_be_asked) {
    scripted_refunds s;
    auto const p = begin_refund(s.system, s.desk);
    s.desk.on_query(p.refund_no, [](call const&, int) {
        answer a;
        a.status = 502;
        return std::optional(a);
    });
    s.desk.settle(p.refund_no, "SUCCESS");
    check_refused(s.system.notify_refund(notice(s.system, p.ciphertext)), 503);
    BOOST_TEST(s.system.refund_status(p.refund_no) == "PROCESSING");
    s.desk.on_query(p.refund_no, {});
    check_accepted(s.system.notify_refund(notice(s.system, p.ciphertext)));
    BOOST_TEST(s.system.refund_status(p.refund_no) == "SUCCESS");
    BOOST_TEST(refund_events(s.system, p.refund_no, "REFUND_SUCCESS") == 1);
}

// The store is locked by another program: no SUCCESS, in time, and nothing lost (N7).
BOOST_AUTO_TEST_CASE(store_is_locked) {
    scripted_refunds s;
    auto const p = begin_refund(s.system, s.desk);
    s.desk.settle(p.refund_no, "SUCCESS");
    {
        exclusive_lock const lock(s.system.dir().path("wxgate.db"));
        auto const begin = steady::now();
        auto const r = s.system.notify_refund(notice(s.system, p.ciphertext));
        BOOST_TEST((steady::now() - begin < 5s));
        if (s.system.refund_status(p.refund_no) != "SUCCESS") // the sender may have been there before
            check_refused(r, 503);
    }
    BOOST_TEST(s.system.refund_becomes(p.refund_no, "SUCCESS"));
    BOOST_TEST(eventually(10s, [&] {
        return s.system.notify_refund(notice(s.system, p.ciphertext)).status == 200;
    }));
    BOOST_TEST(refund_events(s.system, p.refund_no, "REFUND_SUCCESS") == 1);
}

BOOST_AUTO_TEST_CASE(sixteen_copies_at_once) {
    scripted_refunds s;
    for (int round = 0; round < 5; ++round) {
        auto const p = begin_refund(s.system, s.desk);
        auto const document = notice(s.system, p.ciphertext);
        s.desk.settle(p.refund_no, "SUCCESS");
        std::vector<reply> replies(16);
        together(16, [&](std::size_t i) { replies[i] = s.system.notify_refund(document); });
        for (auto const& r : replies)
            check_accepted(r);
        BOOST_TEST(s.system.refund_status(p.refund_no) == "SUCCESS");
        BOOST_TEST(refund_events(s.system, p.refund_no, "REFUND_SUCCESS") == 1);
        BOOST_TEST(order_number(s.system, "refunded_fee", p.out_trade_no) == 60);
    }
}

BOOST_AUTO_TEST_CASE(malformed) {
    scripted_refunds s;
    auto const& system = s.system;
    auto const p = begin_refund(s.system, s.desk);
    s.desk.settle(p.refund_no, "SUCCESS");
    BOOST_TEST(s.system.refund_becomes(p.refund_no, "SUCCESS"));
    auto const good = notice(system, p.ciphertext);
    auto const& shop = system.merchant("shop");
    auto const inside = [&](std::string const& text) {
        return notice(system, refund_ciphertext(text, shop.key));
    };
    auto const begin = good.find("<req_info>");
    auto const root = to_root(p.told);
    auto const before = s.system.mark();

    struct row {
        char const* what;
        std::string document;
    };

    std::vector<row> const rows = {
        {"nothing", ""},
        {"spaces", "   "},
        {"no xml", "hello"},
        {"json", R"({"return_code":"SUCCESS"})"},
        {"empty", "<xml></xml>"},
        {"cut", good.substr(0, good.size() / 2)},
        {"two roots", good + good},
        {"doctype", "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + good},
        {"nested", "<xml><a>" + good + "</a></xml>"},
        {"deep", "<xml>" + std::string(9000, 'x').replace(0, 9000, std::string(3000, '<')) + "</xml>"},
        {"NUL", good + std::string(1, '\0')},
        {"return_code FAIL", to_xml({{"return_code", "FAIL"}, {"return_msg", "x"}})},
        {"no req_info", good.substr(0, begin) + "</xml>"},
        {"req_info twice", good.substr(0, good.size() - 6) + "<req_info>AAAA</req_info></xml>"},
        {"req_info empty", good.substr(0, begin) + "<req_info></req_info></xml>"},
        {"no base64", good.substr(0, begin) + "<req_info>####</req_info></xml>"},
        {"not of blocks", good.substr(0, begin) + "<req_info>QUJD</req_info></xml>"},
        {"noise inside", inside(random_hex(200))},
        {"nothing inside", inside("")},
        {"xml inside", inside(to_xml(p.told))},
        {"two roots inside", inside(root + root)},
        {"cut inside", inside(root.substr(0, root.size() - 9))},
        {"a field twice inside",
         inside(root.substr(0, root.size() - 7) + "<refund_fee>60</refund_fee></root>")},
        {"doctype inside", inside("<!DOCTYPE root []>" + root)},
        {"bad UTF-8 inside", inside(root.substr(0, root.size() - 7) + "<x>\xff</x></root>")}};
    for (auto const& each : rows) {
        BOOST_TEST_CONTEXT(each.what) {
            auto const r = system.notify_refund(each.document);
            BOOST_TEST(one_of(r.status, {400, 411}), r.describe());
            if (r.status == 400 && !each.document.empty())
                check_refused(r);
            BOOST_TEST_REQUIRE(s.system.trouble_since(before) == "");
        }
    }
    auto const huge = system.notify_refund("<xml><a>" + std::string(70'000, 'a') + "</a></xml>");
    BOOST_TEST(one_of(huge.status, {400, 413}), huge.describe());
    auto const large = system.notify_refund(inside("<root><a>" + std::string(40'000, 'a') + "</a></root>"));
    BOOST_TEST(one_of(large.status, {400, 413}), large.describe());
    auto const nobodys = system.notify_refund(good, "nobody");
    BOOST_TEST(one_of(nobodys.status, {400, 404}), nobodys.describe());
    BOOST_TEST(exchange(system.port(), {"GET", "/notify/shop/refund", {}, ""}).status == 405U);
    BOOST_TEST(s.system.trouble_since(before) == "");
    // A payment's notification is none of a refund, nor the other way round.
    auto const crossed = system.notify_text(good);
    check_refused(crossed);
    BOOST_TEST(s.system.trouble_since(before) == "");
    check_accepted(system.notify_refund(good));
}

// The sandbox's notifications on their worst days.
BOOST_AUTO_TEST_CASE(faults_on_the_way) {
    auto& system = refund_system();
    for (auto const* fault : {"duplicate", "reorder", "drop", "bad_sign", "sign_probe", "delay"}) {
        BOOST_TEST_CONTEXT(fault) {
            json::object const plan = {
                {"rules",
                 json::array{json::object{
                     {"on", "refund_notify"}, {"do", fault}, {"p", 1.0}, {"ms", 100}, {"times", 2}}}}};
            auto const set = system.control().put("/control/faults", plan);
            BOOST_TEST_REQUIRE(set.status == 200U, set.describe());
            auto const number = text_of(system.paid(), "out_trade_no");
            auto const asked = system.refund_request(10);
            auto const refund_no = text_of(asked, "out_refund_no");
            BOOST_TEST(system.refund(number, asked).status == 201U);
            BOOST_TEST(system.refund_becomes(refund_no, "SUCCESS"));
            BOOST_TEST(eventually(10s, [&] {
                auto const told = member(system.control().get("/control/ledger").parsed(), "notifications");
                for (auto const& n : told.as_array())
                    if (text_of(n, "out_refund_no") == refund_no)
                        return member(n, "acknowledged") == json::value(true);
                return false;
            }));
            BOOST_TEST(refund_events(system, refund_no, "REFUND_SUCCESS") == 1);
            BOOST_TEST(system.anomalies(number) == 0);
            system.control().del("/control/faults");
        }
    }
}

// WeChat did refund what was taken for refused: somebody must know.
BOOST_AUTO_TEST_CASE(a_refund_taken_for_failed) {
    scripted_refunds s;
    auto const number = text_of(s.system.paid({{"total_fee", 100}}), "out_trade_no");
    auto const asked = s.system.refund_request(60);
    auto const refund_no = text_of(asked, "out_refund_no");
    s.desk.on_refund(refund_no, [&s](call const& c, int) {
        s.desk.accept(c);
        answer a;
        a.body = s.wechat.refused(c, "ERROR", "拒绝");
        return std::optional(a);
    });
    s.system.refund(number, asked);
    BOOST_TEST_REQUIRE(s.system.refund_becomes(refund_no, "FAILED"));
    auto const told = refund_told(s.system.refund_of(refund_no), s.desk.refund_id(refund_no), "SUCCESS");
    auto const r = s.system.notify_refund(
        notice(s.system, refund_ciphertext(to_root(told), s.system.merchant("shop").key))
    );
    check_refused(r, 503); // until the person has settled it, or WeChat gives up
    BOOST_TEST(s.system.refund_status(refund_no) == "FAILED");
    BOOST_TEST(order_number(s.system, "refund_reserved", number) == 0);
    BOOST_TEST(anomalies_of(s.system, number, "refund_unexpected") == 1);
}

BOOST_AUTO_TEST_SUITE_END()
