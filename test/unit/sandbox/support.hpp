// A sandbox without sockets: one merchant, a clock that the test moves, and nothing random.
#pragma once

#include "sandbox/world.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace wxgate::sandbox::test {

inline constexpr std::string_view key = "192006250b4c09247ec02edce69f6a2d";
inline constexpr std::string_view other_key = "00000000000000000000000000000000";
inline constexpr unix_ms noon = 1'795'406'400'000; // 2026-11-23 04:00:00 UTC, 12:00:00 in Beijing

settings one_merchant(unsigned time_scale = 1);

/// "000…1", "000…2", …: never the same, always the same in the same test.
random_text counting();

using values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

struct fixture {
    explicit fixture(unsigned time_scale = 1)
        : now(noon), w(one_merchant(time_scale), sandbox_clock([this] { return now; }), counting()) {}

    /// Answers a call, and gives the answer's bytes. The caller's certificate names `certificate`.
    std::string call(std::string_view path, fields const& request, std::string_view certificate = "10000100");

    /// The answer's fields; their signature is checked unless return_code is FAIL.
    fields ask(std::string_view path, fields const& request, sign_type type = sign_type::md5);

    /// Places an order and gives its prepay_id.
    std::string place(fields const& request, sign_type type = sign_type::md5);

    /// Places an order of 1299 and pays it now.
    order const& paid(std::string_view out_trade_no = "order0001", values changes = {});

    /// Asks for a refund of order0001, unless `changes` say another.
    fields refund(std::string_view out_refund_no, std::string_view refund_fee, values changes = {});

    /// PROCESSING, SUCCESS, …; "" when the merchant has no such refund.
    std::string status_of(std::string_view out_refund_no);

    std::pair<unsigned, boost::json::value> control(
        std::string_view method,
        std::string_view path,
        std::string_view query = {},
        std::string_view body = {}
    );

    unix_ms now;
    world w;
};

/// `base` with these changed or added; an empty value takes the field out.
fields with(fields const& base, values changes);

/// appid, mch_id, nonce_str and these.
fields request(values more);

/// A sound unifiedorder request, unsigned.
fields order_request(std::string_view out_trade_no = "order0001", values changes = {});

/// A sound refund request for order0001 of 1299, unsigned.
fields order_refund_request(std::string_view out_refund_no, std::string_view refund_fee, values changes = {});

/// With sign_type (when it is HMAC-SHA256) and sign.
fields signed_with(fields message, sign_type type = sign_type::md5, std::string_view api_key = key);

std::string xml(fields const& message);

/// The request_payment object of this prepay, signed.
std::string request_payment_json(
    std::string_view prepay_id, sign_type type = sign_type::md5, std::string_view api_key = key
);

/// A folder of its own, gone with this object.
class scratch {
public:
    scratch();
    ~scratch();
    scratch(scratch const&) = delete;
    scratch& operator=(scratch const&) = delete;

    std::filesystem::path const& path() const noexcept { return path_; }

    std::filesystem::path write(std::string const& name, std::string_view text) const;
    std::string read(std::string const& name) const;

private:
    std::filesystem::path path_;
};

} // namespace wxgate::sandbox::test
