// A shop of a storm: it carries out its stories one after the other, on a thread of its own, whatever the
// gateway answers.
#pragma once

#include "plan.hpp"
#include "record.hpp"
#include "support/system.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::test {

class shop {
public:
    /// All of these must outlive trade(). `gateways`: the ports of those that there are. At the first one the
    /// shop makes and closes its orders; everything else goes to any.
    shop(
        system_under_test const& system,
        std::vector<story> const& stories,
        std::vector<std::uint16_t> gateways,
        record& seen,
        std::atomic<bool> const& stopping
    );

    /// Returns when the stories are told, or soon after `stopping` is set.
    void trade();

private:
    // An order under way: what is known of it so far.
    struct order_so_far {
        explicit order_so_far(story const& s) : plan(s) {}

        story const& plan;
        std::string number; // "": the gateway has not said it
        json::value request_payment;
        std::map<int, std::string> refunds; // those that the gateway has told of, by their place in the plan
    };

    using call = std::function<reply()>;

    void tell(story const& s);
    void carry_out(order_so_far& o, step const& s);
    void create(order_so_far& o, deed what);
    void pay(order_so_far const& o, deed what, std::string const& query);
    void look(order_so_far const& o, deed what, std::string const& query);
    void look_at_list(order_so_far const& o, deed what, std::string const& target);
    void close(order_so_far const& o);
    void refund(order_so_far& o, int n);
    void ask_refund(order_so_far& o, int n);
    void decide(order_so_far const& o, step const& s);
    void look_at_refund(order_so_far const& o, int n);
    void too_much(order_so_far const& o);
    void meddle(order_so_far const& o);

    // Again and again, within `bound`, until there is an answer that says what became of it; then that, or
    // the last one that came. Tells of one that nobody expects.
    reply insist(deed what, milliseconds bound, call const& make);

    // The answer; one with status 0 when nobody listens.
    static reply attempt(call const& make);
    void keep_refund(order_so_far& o, int n, reply const& r);
    reply as_operator(std::string const& name, std::string const& target, json::value const& body);
    api const& key_at(std::string const& merchant, std::uint16_t gateway);
    api const& key_of(std::string const& merchant);
    api const& anywhere(std::string const& merchant);

    system_under_test const& system_;
    std::vector<story> const& stories_;
    std::vector<std::uint16_t> gateways_;
    std::size_t next_gateway_ = 0;
    record& seen_;
    std::atomic<bool> const& stopping_;
    std::map<std::pair<std::string, std::uint16_t>, api> keys_;
    std::map<std::string, operator_client> operators_;
};

} // namespace wxgate::test
