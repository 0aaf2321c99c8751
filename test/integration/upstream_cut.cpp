// RELIABILITY.md P5: WeChat's answer to an order is cut after every byte of it in turn, head and body. Nobody
// is told that it went well, nothing is lost, and the same request again ends as it should. Under a sanitizer
// it is every seventh byte.
#include "fixture.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

using namespace wxgate::test;

namespace {

// Its number says where the answer about it is cut.
std::string number_cut_at(std::size_t k) {
    return "CUT" + std::to_string(10'000 + k) + "x" + random_hex(16);
}

std::size_t cut_of(std::string const& number) {
    return number.starts_with("CUT") ? std::stoul(number.substr(3, 5)) - 10'000 : std::string::npos;
}

// I7: between two calls about an order there is a query, and both say the same. `calls` are those about it.
void check_asked_between(std::vector<call> const& calls, std::string const& number) {
    std::vector<message> orders;
    bool asked = true;
    for (auto const& c : calls) {
        if (c.path != "/pay/unifiedorder") {
            asked = true;
            continue;
        }
        BOOST_TEST(asked, number << " was sent again without asking");
        asked = false;
        orders.push_back(c.fields);
        for (auto const* name : {"nonce_str", "sign"})
            remove(orders.back(), name);
        BOOST_TEST(naive_canonical(orders.back()) == naive_canonical(orders.front()));
    }
    BOOST_TEST(!orders.empty(), number << " was never sent");
}

} // namespace

BOOST_AUTO_TEST_SUITE(upstream_cut)

BOOST_AUTO_TEST_CASE(after_every_byte) {
    system_options options;
    options.upstream = against::stand_in;
    system_under_test system(options);
    auto& wechat = system.upstream();
    wechat.behave([&wechat](call const& c) {
        auto a = wechat.well_behaved(c);
        auto const k = cut_of(value_of(c.fields, "out_trade_no"));
        if (c.path == "/pay/unifiedorder" && k != std::string::npos) {
            a.how = manner::cut_anywhere;
            a.cut_at = k;
        }
        return a;
    });
    constexpr std::size_t longest = 4000; // an answer is not
    std::size_t const stride = memory_is_measured ? 1 : 7;
    std::atomic<std::size_t> next{0};
    std::atomic<std::size_t> size{longest}; // of the shortest answer that was whole
    std::mutex guard;
    std::vector<json::object> cut;
    together(6, [&](std::size_t) {
        auto const shop = system.with_key("shop", true);
        for (auto k = next.fetch_add(stride); k < size; k = next.fetch_add(stride)) {
            auto order = system.order({{"out_trade_no", number_cut_at(k)}});
            auto const r = shop.post("/v1/payments", order);
            std::lock_guard const lock(guard);
            if (r.status == 201) {
                size = std::min(size.load(), k);
                continue;
            }
            BOOST_TEST(one_of(r.status, {502, 504}), "cut at " << k << ": " << r.describe());
            BOOST_TEST(member(r.parsed(), "prepay_id").is_null());
            cut.push_back(std::move(order));
        }
    });
    BOOST_TEST(size > 400U);
    BOOST_TEST(size < longest);
    BOOST_TEST(cut.size() >= size / stride, "every byte had its turn");
    BOOST_TEST_MESSAGE(cut.size() << " cuts of an answer of " << size << " bytes");

    std::map<std::string, std::vector<call>> calls;
    for (auto& c : wechat.calls())
        calls[value_of(c.fields, "out_trade_no")].push_back(c);
    wechat.behave([&wechat](call const& c) { return wechat.well_behaved(c); });
    for (std::size_t i = 0; i < cut.size(); ++i) {
        auto const number = text_of(cut[i], "out_trade_no");
        BOOST_TEST(cut_of(number) < size, "a cut answer was taken for a whole one");
        check_asked_between(calls[number], number);
        auto const now = system.payment(number);
        auto const state = text_of(now, "trade_state");
        BOOST_TEST((state == "CREATED" || state == "NOTPAY"), number << " is " << state);
        BOOST_TEST(member(now, "prepay_id").is_null());
        if (i % 20 != 0)
            continue;
        auto const again = system.with_key("shop").post("/v1/payments", cut[i]);
        BOOST_TEST(one_of(again.status, {200, 201}), again.describe());
        BOOST_TEST(verifies(member(again.parsed(), "request_payment"), system.merchant("shop").key));
    }
    BOOST_TEST(wechat.badly_signed() == 0U);
    BOOST_TEST(system.anomalies() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
