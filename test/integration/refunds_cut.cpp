// Done-when 3: the connection is cut after every byte of a refund's request and of its answer in turn. Every
// refund happens once. Under a sanitizer it is every seventh byte, unless WXGATE_EXHAUSTIVE=1.
#include "refunds_common.hpp"
#include "support/cutting_proxy.hpp"

#include <atomic>
#include <cstdlib>

using namespace wxgate::test;

namespace {

using side = cutting_proxy::side;

struct planned {
    std::string out_trade_no;
    json::object request;
    cutting_proxy::cut cut;
};

class cutting {
public:
    cutting() {
        auto options = refund_options();
        options.time_scale = 600; // a minute is 100 ms
        auto const shorten = options.adjust;
        options.adjust = [shorten](gateway_config& c) {
            shorten(c);
            for (auto& [key, value] : c.refunds)
                if (key == "order_interval")
                    value = "150ms";
        };
        options.between = [this](std::uint16_t port, certificate_files const& server) {
            server_ = server;
            behind_ = port;
            return start_proxy();
        };
        system_ = std::make_unique<system_under_test>(options);
    }

    system_under_test& system() { return *system_; }

    cutting_proxy& proxy() { return *proxy_; }

private:
    // The merchants' certificates are there before the sandbox is: their names tell where.
    std::uint16_t start_proxy() {
        auto const folder = std::filesystem::path(server_.ca).parent_path().parent_path();
        auto const file = [&](char const* name) { return (folder / name).string(); };
        proxy_ = std::make_unique<cutting_proxy>(
            server_,
            behind_,
            std::map<std::string, client_files>{
                {"10000100", {file("client_shop_cert.pem"), file("client_shop_key.pem")}}}
        );
        return proxy_->port();
    }

    certificate_files server_;
    std::uint16_t behind_ = 0;
    std::unique_ptr<cutting_proxy> proxy_; // outlives the system
    std::unique_ptr<system_under_test> system_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(refunds_cut)

BOOST_AUTO_TEST_CASE(after_every_byte) {
    cutting c;
    auto& system = c.system();
    constexpr std::size_t refunds_an_order = 8;
    constexpr std::size_t workers = 16;
    constexpr bool sanitized = !memory_is_measured;
    bool const every_byte = !sanitized || std::getenv("WXGATE_EXHAUSTIVE") != nullptr;
    std::size_t const stride = every_byte ? 1 : 7;

    // How long they are; numbers of one length make requests of one length.
    auto const first = system.paid({{"total_fee", 100}});
    auto const asked = system.refund_request(10);
    BOOST_TEST_REQUIRE(system.refund(text_of(first, "out_trade_no"), asked).status == 201U);
    BOOST_TEST_REQUIRE(system.refund_becomes(text_of(asked, "out_refund_no"), "SUCCESS"));
    std::size_t request_size = 0;
    std::size_t answer_size = 0;
    for (auto const& s : c.proxy().record())
        if (s.path == "/secapi/pay/refund") {
            request_size = s.request_size;
            answer_size = s.answer_size;
        }
    BOOST_TEST_REQUIRE(request_size > 300U);
    BOOST_TEST_REQUIRE(answer_size > 300U);

    std::vector<planned> all;
    auto const add = [&](side where, std::size_t end) {
        for (std::size_t k = 0; k < end; k += stride)
            all.push_back({{}, system.refund_request(10), {where, k, all.size() % 3 == 0}});
    };
    add(side::request, request_size);
    all.push_back({{}, system.refund_request(10), {side::request, request_size, false}});
    all.push_back({{}, system.refund_request(10), {side::request, request_size, true}});
    add(side::answer, answer_size);
    all.push_back({{}, system.refund_request(10), {side::answer, answer_size - 1, false}});
    std::size_t const orders = (all.size() + refunds_an_order - 1) / refunds_an_order;
    std::vector<std::string> numbers(orders);
    std::atomic<std::size_t> next{0};
    together(workers, [&](std::size_t) {
        for (auto i = next++; i < orders; i = next++)
            numbers[i] = text_of(system.paid({{"total_fee", 100}}), "out_trade_no");
    });
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].out_trade_no = numbers[i % orders]; // one order's are far apart
        c.proxy().plan(text_of(all[i].request, "out_refund_no"), all[i].cut);
    }

    auto const begin = steady::now();
    next = 0;
    std::atomic<int> strange{0};
    together(workers, [&](std::size_t) {
        for (auto i = next++; i < all.size(); i = next++) {
            auto const r = system.refund(all[i].out_trade_no, all[i].request);
            if (r.status != 201 && r.status != 202)
                ++strange;
        }
    });
    BOOST_TEST(strange == 0);
    auto const left = [&] {
        return system.store().number("SELECT count(*) FROM refunds WHERE refund_status <> 'SUCCESS'");
    };
    BOOST_TEST(eventually(120s, [&] { return left() == 0; }), left() << " refunds are not SUCCESS");
    BOOST_TEST_MESSAGE(
        all.size() << " cuts of a request of " << request_size << " and an answer of " << answer_size
                   << " bytes in " << std::chrono::duration_cast<milliseconds>(steady::now() - begin).count()
                   << " ms"
    );
    BOOST_TEST(c.proxy().cuts() == all.size());
    BOOST_TEST(c.proxy().trouble() == "");
    check_store(system);
    check_both(system);
    BOOST_TEST(system.anomalies() == 0);
    BOOST_TEST(system.leaked() == "");
}

BOOST_AUTO_TEST_SUITE_END()
