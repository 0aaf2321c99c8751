// What wx.requestPayment does on a user's phone: the signed values are checked, the user pays or does not.
#pragma once

#include "sandbox/world.hpp"

#include <wxgate/sign.hpp>

#include <string>

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

} // namespace wxgate::sandbox
