// The store cannot write (RELIABILITY.md N5, N8): WeChat hears nothing before the change is durable, and
// comes again until it is.
#include "fixture.hpp"

#include <sys/resource.h>

#include <csignal>

using namespace wxgate::test;

namespace {

system_options scripted_options() {
    system_options o;
    o.upstream = against::stand_in;
    return o;
}

// The gateway's files grow no more, as on a disk that is full.
class full_disk {
public:
    explicit full_disk(process const& of) : pid_(of.pid()) {
        rlimit now{};
        ::prlimit(pid_, RLIMIT_FSIZE, nullptr, &before_);
        now = before_;
        now.rlim_cur = 0;
        if (::prlimit(pid_, RLIMIT_FSIZE, &now, nullptr) != 0)
            throw std::runtime_error("prlimit failed");
    }

    ~full_disk() { ::prlimit(pid_, RLIMIT_FSIZE, &before_, nullptr); }

    full_disk(full_disk const&) = delete;
    full_disk& operator=(full_disk const&) = delete;

private:
    pid_t pid_;
    rlimit before_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(faults_store)

// N5: as long as the change cannot be committed, not a byte is sent.
BOOST_AUTO_TEST_CASE(not_a_byte_before_the_commit) {
    system_under_test system(scripted_options());
    auto const& shop = system.merchant("shop");
    auto const payment = system.create();
    auto const document =
        to_xml(signed_with(notification_of(payment, new_transaction_id()), shop.sign_type, shop.key));
    request const said{"POST", "/notify/shop/payment", {{"Content-Type", "text/xml"}}, document};
    connection wechat(system.port());
    {
        exclusive_lock const held(system.dir().path("wxgate.db"));
        wechat.send(said.to_string());
        auto const early = wechat.read(700ms);
        BOOST_TEST(early.status == 0U, early.describe());
        BOOST_TEST(wechat.rest().empty());
    }
    check_accepted(wechat.read(10s));
    BOOST_TEST(system.state(text_of(payment, "out_trade_no")) == "SUCCESS");
    BOOST_TEST(system.events(text_of(payment, "out_trade_no"), "SUCCESS") == 1);
}

// N8: no room for a byte. WeChat is told to come again and what there is can be read; when there is room, all
// goes on by itself.
BOOST_AUTO_TEST_CASE(no_room_on_the_disk) {
    ::signal(SIGXFSZ, SIG_IGN); // the gateway has it from here: its writes fail, and do not end it
    system_under_test system(scripted_options());
    ::signal(SIGXFSZ, SIG_DFL);
    auto const shop = system.with_key("shop");
    auto const payment = system.create();
    auto const number = text_of(payment, "out_trade_no");
    auto const said = notification_of(payment, new_transaction_id());
    auto const order = system.order();
    {
        full_disk const full(system.gateway());
        for (int i = 0; i < 3; ++i) {
            auto const begin = steady::now();
            check_refused(system.notify(said), 503);
            BOOST_TEST((steady::now() - begin < 5s), "WeChat waits five seconds");
            auto const post = shop.post("/v1/payments", order);
            check_problem(post, 503, "store_unavailable");
            BOOST_TEST(!post.header("Retry-After").empty());
        }
        BOOST_TEST(system.state(number) == "NOTPAY", "it can be read");
        BOOST_TEST(system.admin().get("/readyz").status == 503U);
        BOOST_TEST(system.admin().get("/healthz").status == 200U);
        BOOST_TEST(system.gateway().alive());
    }
    BOOST_TEST(eventually(15s, [&] { return system.notify(said).status == 200; }));
    BOOST_TEST(system.state(number) == "SUCCESS");
    BOOST_TEST(system.events(number, "SUCCESS") == 1);
    BOOST_TEST(shop.post("/v1/payments", order).status == 201U, "its number was not used up");
    BOOST_TEST(eventually(10s, [&] { return system.admin().get("/readyz").status == 200; }));
    auto const ended = system.stop_gateway();
    BOOST_TEST((ended && ended->code == 0));
    BOOST_TEST(system.store().integrity() == "ok");
}

BOOST_AUTO_TEST_SUITE_END()
