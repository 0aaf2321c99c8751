// Control calls by which somebody pays otherwise than in a Mini Program.
#include "sandbox/cashier.hpp"
#include "sandbox/control_calls.hpp"

#include <boost/json.hpp>

#include <array>

namespace wxgate::sandbox {

namespace {

namespace json = boost::json;

// The PayReq's values; nothing when one is missing or no text.
std::optional<app_payment> read_app_payment(json::value const& value) {
    struct member {
        std::string_view name;
        std::string app_payment::*where;
    };

    using p = app_payment;
    constexpr std::array members{
        member{"appid", &p::appid},
        member{"partnerid", &p::partnerid},
        member{"prepayid", &p::prepayid},
        member{"package", &p::package},
        member{"noncestr", &p::noncestr},
        member{"timestamp", &p::timestamp},
        member{"sign", &p::sign},
    };
    if (!value.is_object())
        return std::nullopt;
    app_payment values;
    for (auto const& m : members) {
        auto text = text_member(value.get_object(), m.name);
        if (!text)
            return std::nullopt;
        values.*m.where = std::move(*text);
    }
    return values;
}

} // namespace

control_reply pay_elsewhere(world& w, control_call const& c) {
    static constexpr char const* usage =
        R"(write {"code_url":"…"}, {"mweb_url":"…"}, {"app":{…}} or {"native_answer":"<xml>…"})";
    auto const choice = choice_of(c.query);
    if (!choice)
        return refused(400, "the query is not outcome=success, fail or cancel");
    auto const body = parsed(c.body);
    if (!body || !body->is_object() || body->get_object().size() != 1)
        return refused(400, usage);
    auto const& o = body->get_object();
    if (auto const* const app = o.if_contains("app")) {
        auto const values = read_app_payment(*app);
        return values ? payment_reply(pay_in_app(w, *values, *choice)) : refused(400, usage);
    }
    if (auto const answer = text_member(o, "native_answer"))
        return payment_reply(pay_native_answer(w, *answer, *choice));
    auto url = text_member(o, "code_url");
    if (!url)
        url = text_member(o, "mweb_url");
    return url ? payment_reply(pay_url(w, *url, *choice)) : refused(400, usage);
}

control_reply scan_native(world& w, control_call const& c) {
    auto const body = parsed(c.body);
    auto const url =
        body && body->is_object() ? text_member(body->get_object(), "url") : std::optional<std::string>();
    if (!url)
        return refused(400, R"(write {"url":"weixin://wxpay/bizpayurl?…"})");
    auto const posted = native_scan_xml(w, *url);
    if (!posted)
        return refused(400, "the URL is not signed by a merchant that is known");
    json::object o;
    o["body"] = *posted;
    return ok(o);
}

} // namespace wxgate::sandbox
