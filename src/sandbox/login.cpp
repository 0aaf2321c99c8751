#include "sandbox/login.hpp"

#include "base/ids.hpp"
#include "base/text.hpp"
#include "wire/digest.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <optional>

namespace wxgate::sandbox {

namespace {

std::string error(int code, std::string const& what) {
    auto const rid = to_hex(random_bytes(12));
    boost::json::object o;
    o["errcode"] = code;
    o["errmsg"] = what + ", rid: " + rid.substr(0, 8) + "-" + rid.substr(8, 8) + "-" + rid.substr(16);
    return boost::json::serialize(o);
}

// 28 characters, the same for the same code and appid for ever.
std::string made_openid(std::string_view appid, std::string_view code) {
    auto const digest = wire::sha256({appid, "\n", code});
    std::string openid = "o";
    for (std::size_t i = 0; i < 27; ++i)
        openid += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[digest[i] % 64];
    return openid;
}

// The openid that a code asks for by name, or nothing.
std::optional<std::string> named_openid(std::string_view code) {
    constexpr std::string_view prefix = "openid:";
    if (!code.starts_with(prefix))
        return std::nullopt;
    code.remove_prefix(prefix.size());
    code = code.substr(0, code.find(':'));
    bool const sound =
        !code.empty() && code.size() <= 128 &&
        std::all_of(code.begin(), code.end(), [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
    if (!sound)
        return std::nullopt;
    return std::string(code);
}

} // namespace

std::string login_codes::exchange(merchant_table const& merchants, std::string_view query) {
    auto const value = [&](std::string_view name) {
        return query_value(query, name).value_or(std::string());
    };
    std::string const appid = value("appid");
    std::string const secret = value("secret");
    std::string code = value("js_code");
    if (appid.empty())
        return error(41002, "appid missing");
    if (secret.empty())
        return error(41004, "appsecret missing");
    if (code.empty())
        return error(41008, "missing code");
    if (value("grant_type") != "authorization_code")
        return error(40002, "invalid grant_type");
    if (!merchants.knows_appid(appid))
        return error(40013, "invalid appid");
    // Merchants may share an appid; the secret is the appid's, whoever of them states it.
    bool stated = false;
    bool right = false;
    for (auto const& m : merchants.all()) {
        stated = stated || (m.appid == appid && !m.app_secret.empty());
        right = right || (m.appid == appid && m.app_secret == secret);
    }
    if (stated && !right)
        return error(40125, "invalid appsecret");
    if (code == "busy")
        return error(-1, "system error");
    if (code == "blocked")
        return error(40226, "code blocked");
    std::string openid = named_openid(code).value_or(made_openid(appid, code));
    if (code.size() > 512 || !is_utf8(code) || !use(std::move(code)))
        return error(40029, "invalid code");
    boost::json::object o;
    o["session_key"] = to_base64(random_bytes(16));
    o["openid"] = openid;
    return boost::json::serialize(o);
}

bool login_codes::use(std::string code) {
    if (!used_.insert(code).second)
        return false;
    oldest_.push_back(std::move(code));
    if (oldest_.size() > max_codes) {
        used_.erase(oldest_.front());
        oldest_.pop_front();
    }
    return true;
}

void login_codes::clear() {
    used_.clear();
    oldest_.clear();
}

} // namespace wxgate::sandbox
