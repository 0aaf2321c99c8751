// What the files of checks share; nothing outside them includes it.
#pragma once

#include "base/text.hpp"
#include "sandbox/checks.hpp"

#include <wxgate/messages.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

namespace wxgate::sandbox {

inline constexpr std::string_view bad_format = "参数格式校验错误";

struct rule {
    std::string_view field;
    std::size_t most;
    bool required = false;
    std::size_t least = 0; // when present
};

inline complaint bad_length(std::string_view field) {
    return {std::string(field) + "参数长度有误", field};
}

inline complaint malformed(std::string_view field) {
    return {std::string(bad_format), field};
}

inline complaint missing(std::string_view field) {
    return {"缺少参数", field};
}

inline std::optional<complaint> check_all(fields const& request, std::span<rule const> rules) {
    for (auto const& r : rules)
        if (r.required && request.get(r.field).empty())
            return missing(r.field);
    for (auto const& r : rules) {
        auto const size = request.get(r.field).size();
        if (size > r.most || (size != 0 && size < r.least))
            return bad_length(r.field);
    }
    return std::nullopt;
}

// inet_pton wants a terminated string, and knows no zone: that is what WeChat takes too.
inline bool is_ip_address(std::string_view text) {
    std::string const terminated(text);
    std::array<unsigned char, 16> address{};
    return terminated.find('\0') == std::string::npos &&
           (::inet_pton(AF_INET, terminated.c_str(), address.data()) == 1 ||
            ::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1);
}

inline bool is_trade_number(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is_alnum(c) || c == '_' || c == '-' || c == '|' || c == '*';
    });
}

// A refund's may have an '@' besides.
inline bool is_refund_number(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '@' || is_trade_number({&c, 1}); });
}

inline bool is_amount(std::string_view text) {
    auto const amount = fen::parse(text);
    return amount && amount->count() >= 1;
}

inline bool has_any(fields const& request, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](auto name) { return !request.get(name).empty(); });
}

// What is to be paid, wherever the customer does it.
inline std::optional<complaint> check_sale(fields const& request) {
    if (!is_trade_number(request.get("out_trade_no")))
        return malformed("out_trade_no");
    if (!is_amount(request.get("total_fee")))
        return malformed("total_fee");
    if (auto const fee_type = request.get("fee_type"); !fee_type.empty() && fee_type != "CNY")
        return malformed("fee_type");
    if (!is_ip_address(request.get("spbill_create_ip")))
        return malformed("spbill_create_ip");
    return std::nullopt;
}

} // namespace wxgate::sandbox
