#include "load/paid_orders.hpp"

#include "load/interrupt.hpp"
#include "load/load.hpp"
#include "load/payments.hpp"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace wxgate::bench {

namespace {

constexpr auto call_timeout = std::chrono::seconds(20);

class paying {
public:
    paying(asio::io_context& context, stage const& s, paid_orders_plan const& plan)
        : plan_(plan), maker_(make_gateway_payments(s)),
          gateway_(context, s.gateway(), {plan.at_a_time, call_timeout}),
          control_(context, s.control().value(), {plan.at_a_time, call_timeout}),
          pay_(
              "POST", "/control/request-payment", s.control()->text(), {{"Content-Type", "application/json"}}
          ) {}

    void start() {
        for (std::size_t i = 0; i < plan_.at_a_time; ++i)
            create_next();
    }

    std::string const& mistake() const noexcept { return mistake_; }

    std::size_t under_way() const noexcept { return under_way_; }

private:
    void create_next() {
        if (next_ == plan_.count || !mistake_.empty())
            return;
        auto const n = next_++;
        ++under_way_;
        gateway_.send(
            maker_->create(numbered(plan_.tag, n), payments::total_fee(n)),
            [this](http_answer const& a) { created(a); }
        );
    }

    void created(http_answer const& a) {
        auto const body = maker_->request_payment(a.body);
        if (!a.ok() || body.empty()) {
            --under_way_;
            went_wrong("cannot create an order", a);
            return;
        }
        control_.send(pay_.with(body), [this](http_answer const& paid) {
            --under_way_;
            if (!paid.ok())
                went_wrong("cannot pay an order", paid);
            create_next();
        });
    }

    void went_wrong(char const* what, http_answer const& a) {
        if (mistake_.empty())
            mistake_ = std::string(what) + ": status " + std::to_string(a.status) + " " +
                       std::string(a.mistake) + std::string(a.body.substr(0, 300));
    }

    paid_orders_plan const& plan_;
    std::unique_ptr<payment_maker> maker_;
    http_driver gateway_;
    http_driver control_;
    request_head pay_;
    std::uint64_t next_ = 0;
    std::size_t under_way_ = 0;
    std::string mistake_;
};

} // namespace

void make_paid_orders(
    asio::io_context& context, stage const& s, receiver const& shop, paid_orders_plan const& plan
) {
    auto const wanted = shop.heard().payments + plan.count;
    // The sandbox tells of a payment again after 15 s, should the gateway not have taken it the first time.
    auto const until = load_clock::now() + std::chrono::seconds(120 + plan.count / 100);
    paying all(context, s, plan);
    all.start();
    // The shop may hear of a payment before its customer does.
    auto const over = [&] {
        return !all.mistake().empty() || (shop.heard().payments >= wanted && all.under_way() == 0);
    };
    while (!run_until(context, over, std::chrono::seconds(1))) {
        throw_if_interrupted();
        auto const left = wanted - std::min(wanted, shop.heard().payments);
        std::fprintf(stderr, "%llu orders to be paid yet\n", static_cast<unsigned long long>(left));
        if (load_clock::now() > until)
            throw std::runtime_error("the shop was not told of " + std::to_string(left) + " payments");
    }
    if (!all.mistake().empty())
        throw std::runtime_error(all.mistake());
}

} // namespace wxgate::bench
