// GET /sns/jscode2session: what wx.login's code is exchanged for (protocol A2). No I/O.
//
// A code is good once. "openid:oXXXX" gives the openid oXXXX ("openid:oXXXX:2" too, so that one user can log
// in again), "busy" and "blocked" give WeChat's errors of that name, any other code gives an openid made from
// it.
#pragma once

#include "sandbox/settings.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace wxgate::sandbox {

class login_codes {
public:
    /// The JSON body of the answer; WeChat answers HTTP 200 and text/plain whatever it says.
    std::string exchange(merchant_table const& merchants, std::string_view query);

    void clear();

private:
    bool use(std::string code);

    static constexpr std::size_t max_codes =
        100'000; // the oldest used codes are forgotten, and would work again

    std::unordered_set<std::string> used_;
    std::deque<std::string> oldest_;
};

} // namespace wxgate::sandbox
