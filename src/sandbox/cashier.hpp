// What happens on a user's phone: the values that wx.requestPayment, an app or a code were given are checked,
// the user pays or does not.
#pragma once

#include "sandbox/world.hpp"

#include <wxgate/sign.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace wxgate::sandbox {

enum class user_choice { success, fail, cancel };

struct payment_result {
    bool accepted = false; // the values were good; else err_msg says what was not
    std::string err_msg;   // "requestPayment:ok", "requestPayment:fail cancel", "requestPayment:fail …"
    order const* paid = nullptr;
};

/// Checks the values against the order and, when the user so chooses, pays it now and starts its
/// notification.
payment_result request_payment(world& w, wxgate::request_payment const& values, user_choice choice);

/// The same for the PayReq of an app.
payment_result pay_in_app(world& w, app_payment const& values, user_choice choice);

/// The user scanned this code_url, or a browser opened this mweb_url.
payment_result pay_url(world& w, std::string_view url, user_choice choice);

/// The user scanned a code of mode one (weixin://wxpay/bizpayurl?sign=…): what WeChat then posts to the
/// shop's callback URL; nothing when the URL is not a merchant's, signed.
std::optional<std::string> native_scan_xml(world& w, std::string_view url);

/// The shop answered that: its order is paid.
payment_result pay_native_answer(world& w, std::string_view body, user_choice choice);

} // namespace wxgate::sandbox
