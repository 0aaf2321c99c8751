// What the integration tests share: one running system an executable, and the checks of CONTRACT.md 3.
#pragma once

#include "support/concurrent.hpp"
#include "support/system.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::test {

/// The executable's system against the sandbox, started on the first call. Its header_timeout is 1 s.
system_under_test& the_system();

/// The executable's system against the stand-in; its script is set back to good behaviour by the caller.
system_under_test& scripted_system();

/// Sets the stand-in back to good behaviour when a test ends.
struct scripted {
    scripted();
    ~scripted();
    system_under_test& system;
    stand_in& wechat;
};

/// A problem+json of CONTRACT.md 3: this status, a code of that status' row (or this one), this `param` where
/// one is told.
void check_problem(reply const& r, unsigned status, std::string_view code = {}, std::string_view param = {});

/// The one FAIL answer to WeChat.
void check_refused(reply const& r, unsigned status = 400);

/// The acknowledgement.
void check_accepted(reply const& r);

/// The codes CONTRACT.md allows for a status.
std::vector<std::string_view> codes_of(unsigned status);

bool one_of(unsigned status, std::initializer_list<unsigned> allowed);

/// A metric's value, 0 when it is not there; `name` with its labels.
std::int64_t metric(system_under_test const& system, std::string const& name);

/// Exactly the fields of CONTRACT.md's payment (request_payment only while it can be paid).
void check_payment_shape(json::value const& payment);

} // namespace wxgate::test
