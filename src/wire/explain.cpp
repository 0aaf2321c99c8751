#include <wxgate/sign.hpp>

namespace wxgate {

sign_explanation explain(fields const& message, std::string_view key, std::optional<sign_type> type) {
    sign_explanation e;
    e.carried = message.get("sign");
    e.type = type.value_or(sign_type_of(e.carried).value_or(sign_type::md5));
    append_canonical(message, e.canonical);
    e.canonical += "&key=********"; // always as long, so that not even the key's length shows
    if (!key.empty())
        e.expected = sign(message, e.type, key);
    e.match = verify(message, e.type, key);
    return e;
}

} // namespace wxgate
