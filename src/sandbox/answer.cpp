#include "sandbox/answer.hpp"

#include "base/assert.hpp"
#include "base/ids.hpp"
#include "wire/xml_writer.hpp"

namespace wxgate::sandbox {

std::string random_digits(random_text const& random, std::size_t n) {
    std::string out = random(n);
    for (char& c : out)
        c = static_cast<char>('0' + static_cast<unsigned char>(c) % 10);
    return out;
}

void answer::text(std::string_view name, std::string_view value) {
    WXGATE_ASSERT(!elements_.find(name));
    elements_.set(name, value);
    bare_ += ' ';
}

void answer::number(std::string_view name, std::string_view digits) {
    WXGATE_ASSERT(!elements_.find(name));
    elements_.set(name, digits);
    bare_ += '#';
}

std::string answer::to_xml(sign_type type, std::string_view key, signing how) {
    if (elements_.find("sign")) {
        std::string made = sign(elements_, type, key);
        if (how == signing::wrong)
            made[0] = made[0] == '0' ? '1' : '0';
        if (how == signing::probe)
            made = "WECHATPAY/SIGNTEST/" + random_alnum(32);
        elements_.set("sign", made);
    }
    std::string out = "<xml>";
    for (std::size_t i = 0; i < elements_.size(); ++i) {
        auto const [name, value] = elements_[i];
        if (bare_[i] == '#')
            wire::append_bare_element(out, name, value);
        else
            wire::append_cdata_element(out, name, value);
        out += '\n';
    }
    return out += "</xml>";
}

std::string refusal_xml(std::string_view return_msg) {
    answer a;
    a.text("return_code", "FAIL");
    a.text("return_msg", return_msg);
    return a.to_xml(sign_type::md5, {});
}

std::string bill_refusal_xml(std::string_view return_msg, std::string_view code) {
    std::string out = "<xml>";
    wire::append_bare_element(out, "return_code", "FAIL");
    wire::append_bare_element(out, "return_msg", return_msg);
    if (!code.empty())
        wire::append_bare_element(out, "error_code", code);
    return out += "</xml>";
}

} // namespace wxgate::sandbox
