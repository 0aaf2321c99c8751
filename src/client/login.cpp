#include "client/login.hpp"

#include <boost/json.hpp>

namespace wxgate {

namespace {

std::string text_member(boost::json::object const& o, std::string_view name) {
    auto const* v = o.if_contains({name.data(), name.size()});
    auto const* s = v != nullptr ? v->if_string() : nullptr;
    return s != nullptr ? std::string(s->data(), s->size()) : std::string();
}

unknown not_understood(std::string detail) {
    return {make_error_code(errc::bad_status), std::move(detail), true, {}};
}

} // namespace

outcome<login_result> read_login(net::exchange_result const& answer) {
    if (!answer)
        return unknown{answer.error().code, answer.error().detail, answer.error().sent, {}};
    if (answer->status != 200)
        return not_understood("HTTP " + std::to_string(answer->status));
    boost::system::error_code ec;
    auto const parsed = boost::json::parse(answer->body, ec);
    if (ec || !parsed.is_object())
        return not_understood("not JSON");
    auto const& o = parsed.get_object();
    auto const* errcode = o.if_contains("errcode");
    if (errcode != nullptr && errcode->is_int64() && errcode->get_int64() != 0) {
        auto const code = errcode->get_int64();
        if (code == -1)
            return unknown{make_error_code(errc::upstream_busy), text_member(o, "errmsg"), true, {}};
        refused r;
        r.err_code = std::to_string(code);
        r.err_code_des = text_member(o, "errmsg");
        return r;
    }
    login_result result{text_member(o, "openid"), text_member(o, "unionid")};
    if (result.openid.empty() || result.openid.size() > 128)
        return not_understood("no openid");
    return result;
}

} // namespace wxgate
