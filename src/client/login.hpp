// jscode2session: the answer of api.weixin.qq.com, which is JSON.
#pragma once

#include "net/http_client.hpp"

#include <wxgate/client.hpp>

namespace wxgate {

/// What the exchange means. The session key in the answer is not kept.
outcome<login_result> read_login(net::exchange_result const& answer);

} // namespace wxgate
