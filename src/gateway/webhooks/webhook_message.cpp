#include "gateway/webhooks/webhook_message.hpp"

#include "base/text.hpp"
#include "gateway/operators/anomaly_json.hpp"
#include "gateway/payments/payment_json.hpp"
#include "gateway/refunds/refund_json.hpp"
#include "wire/digest.hpp"

#include <algorithm>
#include <ctime>

namespace wxgate::gateway {

namespace {

json_object data_of(ledger::webhook_message const& m) {
    if (m.order)
        return payment_facts(*m.order);
    if (m.refund)
        return refund_facts(*m.refund);
    if (m.anomaly)
        return anomaly_facts(*m.anomaly);
    return json_object();
}

// What a stranger answered, as far as it is kept: text, and not much of it.
std::string kept(std::string_view text, std::size_t most) {
    std::string some(text.substr(0, most));
    if (some.size() < text.size()) // not in the middle of a character
        while (!some.empty() && !is_utf8(some) && some.size() + 3 >= most)
            some.pop_back();
    bool const sound = is_utf8(some);
    auto const unfit = [sound](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f || (!sound && byte >= 0x80);
    };
    std::replace_if(some.begin(), some.end(), unfit, '?');
    return some;
}

std::string error_of(net::exchange_result const& answer, webhook_limits const& l) {
    if (!answer)
        return kept(
            answer.error().code.message() +
                (answer.error().detail.empty() ? "" : ": " + answer.error().detail),
            l.max_kept_reply
        );
    auto text = "HTTP " + std::to_string(answer->status);
    if (!answer->body.empty())
        text += ": " + kept(answer->body, l.max_kept_reply);
    return text;
}

milliseconds asked_to_wait(net::exchange_reply const& reply, webhook_limits const& l, unix_ms now) {
    if (reply.status != 429 && reply.status != 503)
        return milliseconds(0);
    auto const asked = parse_retry_after(reply.retry_after, now);
    return std::min(asked.value_or(milliseconds(0)), l.longest_retry_after);
}

} // namespace

std::string webhook_body(ledger::webhook_message const& m) {
    json_object o;
    o["type"] = m.about.type;
    o["timestamp"] = moment{m.about.created_at};
    o["data"] = data_of(m);
    return std::move(o).text();
}

std::string webhook_signature(
    std::vector<std::string> const& secrets,
    std::string_view id,
    std::string_view timestamp,
    std::string_view body
) {
    std::string all;
    for (auto const& secret : secrets) {
        auto const digest = wire::hmac_sha256(secret, {id, ".", timestamp, ".", body});
        all += (all.empty() ? "v1," : " v1,") + to_base64(std::string(digest.begin(), digest.end()));
    }
    return all;
}

trace trace_of(ledger::webhook const& w) {
    if (!w.trace.empty())
        return w.trace;
    auto const digest = wire::sha256({w.id});
    return trace_from_text(to_hex(std::string(digest.begin(), digest.begin() + 16)) + "-00");
}

std::optional<milliseconds> parse_retry_after(std::string_view text, unix_ms now) {
    if (auto const seconds = parse_uint(text, 1'000'000'000'000))
        return milliseconds(static_cast<std::int64_t>(*seconds) * 1000);
    std::tm when{};
    std::string const date(text);
    char const* const end =
        strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &when); // the C locale: none is set
    if (end == nullptr || *end != '\0')
        return std::nullopt;
    return milliseconds(std::max<std::int64_t>(0, static_cast<std::int64_t>(timegm(&when)) * 1000 - now));
}

ledger::webhook_try after_try(
    ledger::webhook const& w,
    net::exchange_result const& answer,
    webhook_limits const& l,
    unix_ms now,
    double spread
) {
    ledger::webhook_try t;
    if (answer)
        t.status = answer->status;
    if (answer && answer->status >= 200 && answer->status < 300) {
        t.state = ledger::webhook_state::delivered;
        return t;
    }
    t.error = error_of(answer, l);
    bool const gone = answer && answer->status == 410;
    auto const tried = static_cast<std::size_t>(w.attempts); // before this one
    if (gone || tried >= l.waits.size()) {
        t.state = ledger::webhook_state::failed;
        return t;
    }
    auto const usual =
        static_cast<std::int64_t>(static_cast<double>(l.waits[tried].count()) * (0.95 + 0.1 * spread));
    auto const asked = answer ? asked_to_wait(*answer, l, now).count() : 0;
    t.due_at = now + std::max<std::int64_t>(usual, asked);
    return t;
}

} // namespace wxgate::gateway
