#include "support.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>

namespace test {

using namespace wxgate;

pairs payment() {
    return {
        {"appid", "wx2421b1c4370ec43b"},
        {"attach", "支付测试"},
        {"bank_type", "CMB_CREDIT"},
        {"cash_fee", "888"},
        {"device_info", "WEB"},
        {"fee_type", "CNY"},
        {"is_subscribe", "N"},
        {"mch_id", "10000100"},
        {"nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"},
        {"openid", "oUpF8uMEb4qRXf22hE3X68TekukE"},
        {"out_trade_no", "20261123121557000001"},
        {"result_code", "SUCCESS"},
        {"return_code", "SUCCESS"},
        {"time_end", "20261123121557"},
        {"total_fee", "888"},
        {"trade_type", "JSAPI"},
        {"transaction_id", "4200001234202611231234567890"},
    };
}

fields to_fields(pairs const& list) {
    fields message;
    for (auto const& [name, value] : list)
        message.set(name, value);
    return message;
}

pairs to_pairs(fields const& message) {
    pairs list;
    for (std::size_t i = 0; i < message.size(); ++i)
        list.emplace_back(message[i].name, message[i].value);
    return list;
}

std::string document_of(fields const& message) {
    std::string out;
    encode_xml(message, out);
    return out;
}

std::string signed_document(pairs const& list, sign_type type, std::string_view with_key) {
    fields message = to_fields(list);
    message.set("sign", sign(message, type, with_key));
    return document_of(message);
}

pairs with(pairs list, std::string const& name, std::string const& value) {
    auto const at = std::find_if(list.begin(), list.end(), [&](auto const& p) { return p.first == name; });
    if (at == list.end())
        list.emplace_back(name, value);
    else
        at->second = value;
    return list;
}

pairs without(pairs list, std::string const& name) {
    list.erase(
        std::remove_if(list.begin(), list.end(), [&](auto const& p) { return p.first == name; }), list.end()
    );
    return list;
}

std::uint64_t seed() {
    static std::uint64_t const value = [] {
        char const* const given = std::getenv("WXGATE_SEED");
        auto const now = std::chrono::steady_clock::now().time_since_epoch().count();
        auto const s = given != nullptr ? std::strtoull(given, nullptr, 10) : static_cast<std::uint64_t>(now);
        std::cerr << "WXGATE_SEED=" << s << '\n';
        return s;
    }();
    return value;
}

std::size_t pick(generator& g, std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(g);
}

std::string random_name(generator& g) {
    constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    constexpr std::string_view next = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    std::string name(1, first[pick(g, first.size())]);
    std::size_t const size = 1 + pick(g, pick(g, 8) == 0 ? 64 : 20);
    while (name.size() < size)
        name += next[pick(g, next.size())];
    return name;
}

std::string random_text(generator& g, std::size_t pieces) {
    static std::string_view const hard[] = {
        "]]>",
        "]]",
        "]",
        ">",
        "<",
        "&",
        "\"",
        "'",
        "\r",
        "\n",
        "\t",
        " ",
        "\r\n",
        "]]]]>>",
        "<![CDATA[",
        "&amp;",
        "&#13;",
        "</xml>",
        "=",
        "支付",
        "订单额外描述",
        "é",
        "\x7f",
        "\xC2\x80",
        "\xEF\xBF\xBD",
        "\xF0\x9F\x98\x80",
        "\xF4\x8F\xBF\xBF",
        "\xEE\x80\x80",
        "\xED\x9F\xBF",
        "0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz",
        "x",
        "12",
        "_",
        "%41",
        "+",
    };
    std::string text;
    for (std::size_t i = 0; i < pieces; ++i)
        text += hard[pick(g, std::size(hard))];
    return text;
}

pairs random_message(generator& g, std::size_t size) {
    pairs list;
    while (list.size() < size) {
        std::string name = random_name(g);
        if (std::none_of(list.begin(), list.end(), [&](auto const& p) { return p.first == name; }))
            list.emplace_back(std::move(name), random_text(g, pick(g, 12)));
    }
    return list;
}

error_code code(errc e) {
    return e;
}

std::string printable(std::string_view bytes) {
    std::string out;
    append_json_escaped(out, bytes.substr(0, 300));
    return out;
}

} // namespace test
