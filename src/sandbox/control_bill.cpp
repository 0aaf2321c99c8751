// Control calls about bills: what they differ in from the truth.
#include "sandbox/control_calls.hpp"

#include <boost/json.hpp>

namespace wxgate::sandbox {

control_reply put_bill(world& w, control_call const& c) {
    auto const body = parsed(c.body);
    if (!body)
        return refused(400, R"(the body is not JSON; write {"bill_date":"20261123","rules":[…]})");
    dated_bill_plan plan;
    try {
        plan = parse_bill_plan(*body);
    } catch (bad_bill_plan const& e) {
        return refused(400, e.what());
    }
    for (auto& rule : plan.plan.rules) {
        if (!rule.mch_id.empty() && w.merchants.by_mch_id(rule.mch_id) == nullptr)
            return refused(404, "no merchant has this mch_id");
        if (rule.change == bill_change::add && rule.mch_id.empty())
            rule.mch_id = w.merchants.all().front().mch_id;
    }
    auto const answer = to_json(plan);
    w.bills.set_plan(std::move(plan));
    return ok(answer);
}

control_reply delete_bills(world& w, control_call const&) {
    w.bills.clear();
    return ok(boost::json::object{});
}

} // namespace wxgate::sandbox
