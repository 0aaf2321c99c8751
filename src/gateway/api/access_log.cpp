#include "gateway/api/access_log.hpp"

#include "gateway/payments/payment_request.hpp"
#include "gateway/refunds/refund_request.hpp"

namespace wxgate::gateway {

subject subject_of(std::string_view label, std::string_view argument) {
    subject s;
    if (label.find("{out_trade_no}") != std::string_view::npos && is_out_trade_no(argument))
        s.out_trade_no = argument;
    if (label.find("{out_refund_no}") != std::string_view::npos && is_out_refund_no(argument))
        s.out_refund_no = argument;
    return s;
}

bool is_known_by(unsigned status) noexcept {
    return status < 400 || status == 409 || status == 422 || status == 502 || status == 504;
}

void write_access(access const& a, log::level level) {
    auto const us = std::chrono::duration_cast<std::chrono::microseconds>(a.took).count();
    log::write(
        level,
        "request",
        {{"request_id", a.request_id},
         {"trace_id", a.of.id_text()},
         {"method", a.method},
         {"route", a.route},
         {"status", a.status},
         {"duration_us", us},
         a.who,
         a.by,
         log::item::known("out_trade_no", a.about.out_trade_no),
         log::item::known("out_refund_no", a.about.out_refund_no),
         log::item::known("did", a.about.did),
         {"peer", a.peer}}
    );
}

void write_refused(std::string_view request_id, unsigned status, std::string_view reason) {
    log::info(
        "request", {{"request_id", request_id}, {"route", "none"}, {"status", status}, {"refused", reason}}
    );
}

} // namespace wxgate::gateway
