// A notification from anybody; and the same fields signed by us, which must verify after they have gone over
// the wire.
#include "fuzz.hpp"

#include <wxgate/notification.hpp>

#include <string>

using namespace wxgate;

namespace {

constexpr std::string_view key = "192006250b4c09247ec02edce69f6a2d";

void check_believed(payment_notification const& n) {
    WXGATE_ASSERT(verify(n.raw, n.sign_type, key));
    WXGATE_ASSERT(n.raw.get("return_code") == "SUCCESS");
    WXGATE_ASSERT(!n.paid || (!n.out_trade_no.empty() && !n.transaction_id.empty()));
    WXGATE_ASSERT(n.total_fee >= fen(0) && n.total_fee <= max_amount);
}

void check_round_trip(fields message, sign_type type) {
    message.set("sign", sign(message, type, key));
    std::string document;
    encode_xml(message, document);
    xml_limits wide;
    wide.max_bytes = 1024 * 1024;
    wide.max_fields = 200;
    fields read;
    WXGATE_ASSERT(!decode_xml(document, read, wide).failed());
    WXGATE_ASSERT(verify(read, type, key));
    WXGATE_ASSERT(explain(read, key, type).match);
    if (document.size() > xml_limits{}.max_bytes || read.size() > xml_limits{}.max_fields)
        return;
    auto const n = read_payment_notification(document, key);
    if (n.has_value())
        check_believed(*n);
    else if (read.get("return_code") == "SUCCESS")
        WXGATE_ASSERT(n.error() != errc::bad_signature);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const body = fuzz::text_of(data, size);
    auto const n = read_payment_notification(body, key);
    if (n.has_value())
        check_believed(*n);
    fields message;
    if (decode_xml(body, message).failed())
        return 0;
    check_round_trip(message, sign_type::md5);
    check_round_trip(message, sign_type::hmac_sha256);
    return 0;
}
