// req_info from anybody; and any text there and back.
#include "base/text.hpp"
#include "fuzz.hpp"
#include "wire/cipher.hpp"

#include <wxgate/fields.hpp>

using namespace wxgate;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::string_view key = "ziR0QKsTUfMOuochC9RfCdmfHECorQAP";
    auto const input = fuzz::text_of(data, size);

    auto const plain = wire::decrypt_req_info(input, key);
    WXGATE_ASSERT(plain.has_value() || plain.error() == errc::bad_ciphertext);
    if (plain.has_value()) {
        fields inner;
        (void)decode_xml(*plain, inner, {}, "root");
        WXGATE_ASSERT(wire::encrypt_req_info(*plain, key).value() == input); // canonical base64 and padding
    }

    auto const raw = wire::aes256_ecb_decrypt(key, input);
    WXGATE_ASSERT(raw.has_value() || raw.error() == errc::bad_ciphertext);

    auto const back = wire::decrypt_req_info(wire::encrypt_req_info(input, key).value(), key);
    WXGATE_ASSERT(back.has_value() && *back == input);
    return 0;
}
