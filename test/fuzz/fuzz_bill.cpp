// A bill from anybody: read whole, in two pieces and byte by byte it is the same; nothing that is handed out
// is out of bounds; a bill that was found whole is not whole without its last byte. And gzip: whatever comes
// is inflated within its bound, and what was deflated comes back.
#include "base/text.hpp"
#include "fuzz.hpp"
#include "wire/bill.hpp"
#include "wire/gunzip.hpp"

#include <algorithm>
#include <string>

using namespace wxgate;
using namespace wxgate::wire;

namespace {

void add(std::string& out, std::string_view text) {
    out.append(std::to_string(text.size())).append(":").append(text);
}

void add(std::string& out, fen amount) {
    out.append(amount.to_string()).append(";");
}

void check_row(bill_row const& r) {
    for (std::string const* const number :
         {&r.appid,
          &r.mch_id,
          &r.transaction_id,
          &r.out_trade_no,
          &r.openid,
          &r.trade_type,
          &r.trade_state,
          &r.refund_id,
          &r.out_refund_no,
          &r.refund_status,
          &r.rate})
        WXGATE_ASSERT(number->size() <= 128 && !has_control(*number));
    WXGATE_ASSERT(!r.out_trade_no.empty() && !r.transaction_id.empty());
    WXGATE_ASSERT(r.kind != bill_kind::refund || (!r.refund_id.empty() && !r.out_refund_no.empty()));
    WXGATE_ASSERT(r.kind != bill_kind::payment || r.trade_state == "SUCCESS");
}

// All that was read, as text.
struct reading {
    error_code code;
    std::string rows;

    void take(bill_row const& r) {
        check_row(r);
        add(rows, to_wechat_time(r.trade_time));
        add(rows, r.transaction_id);
        add(rows, r.out_trade_no);
        add(rows, r.trade_state);
        add(rows, r.total_fee);
        add(rows, r.settlement_fee);
        add(rows, r.refund_id);
        add(rows, r.out_refund_no);
        add(rows, r.refund_fee);
        add(rows, r.settlement_refund_fee);
        add(rows, r.body);
        add(rows, r.attach);
        add(rows, fen(r.fee));
    }
};

reading read_whole(std::string_view text) {
    reading out;
    bill_reader reader;
    (void)reader.feed(text, [&](bill_row const& r) { out.take(r); });
    out.code = reader.finish();
    WXGATE_ASSERT(out.code.failed() || reader.summary().count == reader.rows());
    return out;
}

reading read_cut(std::string_view text, std::size_t piece) {
    reading out;
    bill_reader reader;
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size())))
        (void)reader.feed(text.substr(0, piece), [&](bill_row const& r) { out.take(r); });
    out.code = reader.finish();
    return out;
}

void check_same(reading const& a, reading const& b) {
    WXGATE_ASSERT(a.code == b.code && a.rows == b.rows);
}

// What a bill ends with, empty lines behind it aside.
std::string_view without_empty_lines(std::string_view text) {
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.remove_suffix(1);
    return text;
}

void check_bill(std::string_view text) {
    reading const whole = read_whole(text);
    check_same(whole, read_cut(text, 1));
    check_same(whole, read_cut(text, text.size() / 2 + 1));
    if (!whole.code.failed())
        WXGATE_ASSERT(read_whole(without_empty_lines(text)).code.failed());
}

void check_amounts(std::string_view text) {
    auto const yuan = parse_yuan(text);
    auto const fee = parse_bill_fee(text);
    WXGATE_ASSERT(!yuan || (fee && *fee == yuan->count() * 1000));
}

void check_gzip(std::string_view bytes) {
    constexpr std::uint64_t most = 1024UL * 1024;
    gunzip any(most);
    std::uint64_t size = 0;
    (void)any.feed(bytes, [&](std::string_view text) { size += text.size(); });
    WXGATE_ASSERT(size <= most);
    std::string const stream = gzip(bytes);
    std::string back;
    gunzip own;
    (void)own.feed(stream, [&](std::string_view text) { back.append(text); });
    WXGATE_ASSERT(!own.finish().failed() && back == bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    check_bill(text);
    check_amounts(text);
    check_gzip(text);
    (void)read_bill_error(text);
    (void)begins_bill_error(text);
    return 0;
}
