#include "sandbox/control.hpp"

#include "base/text.hpp"
#include "sandbox/cashier.hpp"
#include "sandbox/control_calls.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace wxgate::sandbox {

namespace json = boost::json;

control_reply ok(json::value const& body) {
    return {200, json::serialize(body), {}};
}

control_reply refused(unsigned status, std::string const& why) {
    json::object o;
    o["error"] = as_utf8(why);
    return {status, json::serialize(o), {}};
}

std::optional<json::value> parsed(std::string_view body) {
    boost::system::error_code ec;
    auto value = json::parse({body.data(), body.size()}, ec);
    if (ec)
        return std::nullopt;
    return value;
}

std::optional<std::string> text_member(json::object const& o, std::string_view name) {
    auto const* const value = o.if_contains({name.data(), name.size()});
    if (value == nullptr || !value->is_string())
        return std::nullopt;
    auto const& text = value->get_string();
    return std::string(text.data(), text.size());
}

bool has_only(json::object const& o, std::initializer_list<std::string_view> known) {
    return std::all_of(o.begin(), o.end(), [&](auto const& member) {
        std::string_view const name(member.key().data(), member.key().size());
        return std::find(known.begin(), known.end(), name) != known.end();
    });
}

std::optional<user_choice> choice_of(std::string_view query) {
    if (query.empty())
        return user_choice::success;
    auto const outcome = query_value(query, "outcome");
    if (outcome == "success")
        return user_choice::success;
    if (outcome == "fail")
        return user_choice::fail;
    if (outcome == "cancel")
        return user_choice::cancel;
    return std::nullopt;
}

control_reply payment_reply(payment_result const& result) {
    json::object o;
    o["errMsg"] = as_utf8(result.err_msg);
    if (result.paid != nullptr) {
        o["out_trade_no"] = result.paid->out_trade_no;
        o["transaction_id"] = result.paid->transaction_id;
    }
    return {result.accepted ? 200U : 400U, json::serialize(o), {}};
}

namespace {

// ---- request-payment
// ---------------------------------------------------------------------------------------------

control_reply bad_payment(std::string const& why) {
    return payment_reply({false, "requestPayment:fail " + why, nullptr});
}

control_reply pay(world& w, control_call const& c) {
    auto const choice = choice_of(c.query);
    if (!choice)
        return bad_payment("the query is not outcome=success, fail or cancel");
    auto const body = parsed(c.body);
    if (!body || !body->is_object())
        return bad_payment("the body is not the request_payment object");

    wxgate::request_payment values;

    struct member {
        std::string_view name;
        std::string wxgate::request_payment::*where;
    };

    using v = wxgate::request_payment;
    constexpr std::array members{
        member{"appId", &v::appId},
        member{"timeStamp", &v::timeStamp},
        member{"nonceStr", &v::nonceStr},
        member{"package", &v::package},
        member{"signType", &v::signType},
        member{"paySign", &v::paySign},
    };
    for (auto const& m : members) {
        auto text = text_member(body->get_object(), m.name);
        if (!text)
            return bad_payment(std::string(m.name) + " is missing or not a string");
        values.*m.where = std::move(*text);
    }
    return payment_reply(request_payment(w, values, *choice));
}

// ---- faults, clock
// -----------------------------------------------------------------------------------------------

control_reply put_faults(world& w, control_call const& c) {
    auto const body = parsed(c.body);
    if (!body)
        return refused(400, R"(the body is not JSON; write {"seed":7,"rules":[…]})");
    try {
        w.faults.set(parse_fault_plan(*body, w.seed));
    } catch (bad_fault_plan const& e) {
        return refused(400, e.what());
    }
    return ok(to_json(w.faults.plan()));
}

control_reply delete_faults(world& w, control_call const&) {
    w.faults.clear();
    return ok(json::object{});
}

control_reply move_clock(world& w, control_call const& c) {
    static constexpr char const* usage = R"(write {"advance":"2h"}; units are ms, s, m, h, d)";
    auto const body = parsed(c.body);
    if (!body || !body->is_object() || body->get_object().size() != 1)
        return refused(400, usage);
    auto const text = text_member(body->get_object(), "advance");
    auto const duration = text ? parse_duration(*text) : std::nullopt;
    if (!duration)
        return refused(400, usage);
    if (!w.clock.advance(*duration))
        return refused(400, "advance: the clock goes no further than ten years ahead");
    w.something_is_due();
    json::object o;
    o["now"] = to_rfc3339(w.clock.now());
    return ok(o);
}

// ---- the truth
// ---------------------------------------------------------------------------------------------------

json::array refunds_of(world& w, order const& o) {
    json::array out;
    for (auto const* const r : w.refunds.of(o, w.clock.now())) {
        json::object row;
        row["out_refund_no"] = r->out_refund_no;
        row["refund_id"] = r->refund_id;
        row["refund_fee"] = r->refund_fee.count();
        row["refund_status"] = json::string(to_string(r->status));
        out.push_back(std::move(row));
    }
    return out;
}

control_reply ledger(world& w, control_call const&) {
    w.ripen();
    json::array orders;
    for (auto const& o : w.orders.all(w.clock.now())) {
        json::object row;
        row["out_trade_no"] = o.out_trade_no;
        row["total_fee"] = o.total_fee.count();
        row["trade_state"] = json::string(to_string(o.state));
        row["transaction_id"] =
            o.transaction_id.empty() ? json::value(nullptr) : json::value(o.transaction_id);
        row["openid"] = o.openid.empty() ? json::value(nullptr) : json::value(o.openid);
        row["refunds"] = refunds_of(w, o);
        orders.push_back(std::move(row));
    }
    json::array notifications;
    for (auto const& n : w.notifications.all()) {
        json::object row;
        row["out_trade_no"] = n->out_trade_no;
        if (!n->out_refund_no.empty())
            row["out_refund_no"] = n->out_refund_no;
        row["kind"] = n->kind;
        row["attempts"] = n->attempts;
        row["acknowledged"] = n->acknowledged;
        notifications.push_back(std::move(row));
    }
    json::object out;
    out["orders"] = std::move(orders);
    out["notifications"] = std::move(notifications);
    return ok(out);
}

control_reply requests(world& w, control_call const& c) {
    std::size_t last = 100;
    if (!c.query.empty()) {
        auto const text = query_value(c.query, "last");
        auto const n = text ? parse_uint(*text, 1'000'000'000) : std::nullopt;
        if (!n)
            return refused(400, "last: write a whole number");
        last = *n; // what is kept is at most request_log::max_records
    }
    return ok(w.log.newest(last));
}

control_reply forget(world& w, control_call const&) {
    w.forget();
    w.something_is_due();
    return ok(json::object{});
}

struct route {
    std::string_view method;
    std::string_view path;
    control_reply (*answer)(world&, control_call const&);
};

constexpr std::array routes{
    route{"POST", "/control/request-payment", pay},
    route{"POST", "/control/pay", pay_elsewhere},
    route{"POST", "/control/native-scan", scan_native},
    route{"PUT", "/control/faults", put_faults},
    route{"DELETE", "/control/faults", delete_faults},
    route{"POST", "/control/clock", move_clock},
    route{"PUT", "/control/refunds", put_refunds},
    route{"POST", "/control/settle-refund", settle_refund},
    route{"POST", "/control/balance", set_balance},
    route{"PUT", "/control/bill", put_bill},
    route{"DELETE", "/control/bill", delete_bills},
    route{"GET", "/control/ledger", ledger},
    route{"GET", "/control/requests", requests},
    route{"DELETE", "/control/state", forget},
};

} // namespace

control_reply control(
    world& w, std::string_view method, std::string_view path, std::string_view query, std::string_view body
) {
    std::string allowed;
    for (auto const& r : routes) {
        if (r.path != path)
            continue;
        if (r.method == method)
            return r.answer(w, {query, body});
        allowed.append(allowed.empty() ? "" : ", ").append(r.method);
    }
    if (allowed.empty())
        return refused(404, "no such control call");
    auto reply = refused(405, "write " + allowed);
    reply.allow = allowed;
    return reply;
}

awaitable<net::http_reply> control_handler::handle(net::http_request const& request) {
    auto answer = control(world_, request.method, request.path, request.query, request.body);
    net::http_reply reply;
    reply.status = answer.status;
    reply.body = std::move(answer.body);
    if (!answer.allow.empty())
        reply.headers.emplace_back("Allow", answer.allow);
    co_return reply;
}

net::http_reply control_handler::refuse(unsigned status, std::string_view reason, std::string_view) {
    json::object o;
    o["error"] = as_utf8(std::string(reason));
    net::http_reply reply;
    reply.status = status;
    reply.body = json::serialize(o);
    return reply;
}

} // namespace wxgate::sandbox
