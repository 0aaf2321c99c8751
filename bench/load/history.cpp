#include "load/history.hpp"

#include "base/assert.hpp"

#include <wxgate/messages.hpp>

#include <array>
#include <string_view>

namespace wxgate::bench {

namespace {

constexpr unix_ms second_ms = 1000;
constexpr unix_ms minute_ms = 60 * second_ms;

// Of a hundred orders.
constexpr std::uint64_t closed_share = 6;
constexpr std::uint64_t refunded_share = 4;

constexpr std::array<std::string_view, 6> goods = {
    "商城订单", "咖啡店-拿铁两杯", "图书一册", "会员续费一个月", "水果篮 2.5kg", "T恤 白色 L"};

/// Random enough, and the same for the same seed (splitmix64, public domain, by Sebastiano Vigna).
class mixer {
public:
    explicit mixer(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }

    std::uint64_t below(std::uint64_t n) noexcept { return next() % n; }

    unix_ms between(unix_ms least, unix_ms most) noexcept {
        return least + static_cast<unix_ms>(below(static_cast<std::uint64_t>(most - least + 1)));
    }

private:
    std::uint64_t state_;
};

// As make_id() of base/ids.hpp: ten characters of time and sixteen others.
std::string id_at(unix_ms at, mixer& dice) {
    constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    std::string out(26, '0');
    auto ms = static_cast<std::uint64_t>(at);
    for (std::size_t i = 10; i-- > 0; ms >>= 5U)
        out[i] = alphabet[ms & 31U];
    for (std::size_t half = 10; half < 26; half += 8) {
        auto bits = dice.next();
        for (std::size_t i = 0; i < 8; ++i, bits >>= 5U)
            out[half + i] = alphabet[bits & 31U];
    }
    return out;
}

std::string drawn(std::string_view alphabet, std::size_t size, mixer& dice) {
    std::string out(size, ' ');
    for (char& c : out)
        c = alphabet[dice.below(alphabet.size())];
    return out;
}

std::string digits(std::uint64_t value, std::size_t width) {
    std::string out(width, '0');
    for (std::size_t i = width; i-- > 0; value /= 10)
        out[i] = static_cast<char>('0' + value % 10);
    return out;
}

std::string beijing(unix_ms t) {
    return to_wechat_time(sys_seconds(std::chrono::seconds(t / second_ms)));
}

// WeChat's numbers: four digits of what it is, six that grow slowly over the months, the day, and the rest.
// The rest is counted on from a random start, so that no two of a history are the same, and hardly two of
// two.
std::string wechat_number(
    std::string_view what, std::uint64_t i, history_options const& h, unix_ms at, std::size_t rest
) {
    constexpr std::uint64_t slow = 1'000'000;
    std::string out(what);
    out += digits(i * slow / h.count, 6);
    out.append(beijing(at), 0, 8);
    out += digits(mixer(h.seed).next() % 1'000'000'000 + i, rest);
    return out;
}

// The events of an order, each from the state that the one before has left.
class event_log {
public:
    event_log(past_order& o, mixer& dice) : order_(o), dice_(dice) { order_.events.clear(); }

    past_event& add(char const* type, char const* state, char const* source, unix_ms at) {
        past_event e;
        e.id = id_at(at, dice_);
        e.type = type;
        e.trade_state = state;
        e.previous_state = order_.events.empty() ? "" : order_.events.back().trade_state;
        e.source = source;
        e.request_id = id_at(at, dice_);
        e.detail = "{}";
        e.at = at;
        return order_.events.emplace_back(std::move(e));
    }

    past_event& add_refund(char const* type, char const* state, char const* source, unix_ms at) {
        auto& e = add(type, state, source, at);
        e.refund_status = "APPROVED";
        return e;
    }

private:
    past_order& order_;
    mixer& dice_;
};

void create(past_order& o, std::uint64_t i, history_options const& h, mixer& dice) {
    // In parts, so that nothing overflows.
    auto const span = static_cast<std::uint64_t>(h.last - h.first);
    auto const at = span / h.count * i + span % h.count * i / h.count;
    o.created_at = h.first + static_cast<unix_ms>(at);
    o.out_trade_no = id_at(o.created_at, dice);
    if (!h.tag.empty())
        o.out_trade_no = h.tag + digits(i, 10);
    mixer customer(h.seed + dice.below(h.count / 4 + 1)); // who comes again
    o.openid = "o" + drawn("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-", 27, customer);
    o.body = goods[dice.below(goods.size())];
    o.spbill_create_ip = "203.0.113." + std::to_string(dice.below(254) + 1);
    o.total_fee = static_cast<std::int64_t>(100 + dice.below(30'000));
    o.prepay_at = o.created_at + dice.between(60, 200);
    o.prepay_id = "wx" + beijing(o.prepay_at).substr(6) + drawn("0123456789abcdef", 22, dice) + "0000";
}

void pay(past_order& o, std::uint64_t i, history_options const& h, event_log& log, mixer& dice) {
    auto const at = o.prepay_at + dice.between(5 * second_ms, 40 * second_ms);
    o.paid_at = at / second_ms * second_ms; // WeChat's times have seconds
    o.transaction_id = wechat_number("4200", i, h, at, 10);
    log.add("SUCCESS", "SUCCESS", "notification", at + dice.between(200, 900)).told = "payment.succeeded";
}

void close(past_order& o, event_log& log, mixer& dice) {
    auto const at = o.created_at + dice.between(5 * minute_ms, 6 * minute_ms);
    log.add("CLOSED", "CLOSED", "api", at).told = "payment.closed";
}

void refund(past_order& o, std::uint64_t i, history_options const& h, event_log& log, mixer& dice) {
    past_refund r;
    r.requested_at = o.events.back().at + dice.between(30 * second_ms, 90 * second_ms);
    r.attempted_at = r.requested_at + 10;
    r.accepted_at = r.attempted_at + dice.between(60, 200);
    auto const heard_at = r.accepted_at + dice.between(2 * second_ms, 5 * second_ms);
    r.succeeded_at = heard_at / second_ms * second_ms;
    r.out_refund_no = id_at(r.requested_at, dice);
    r.refund_id = wechat_number("5000", i, h, r.accepted_at, 11);
    r.refund_fee = dice.below(2) == 0 ? o.total_fee : (o.total_fee + 1) / 2;
    r.lease_owner = id_at(r.attempted_at, dice);

    auto& asked = log.add_refund("REFUND_REQUESTED", "SUCCESS", "api", r.requested_at);
    asked.refund_status = "REQUESTED";
    asked.detail = R"({"by":")" + h.owner.api_key + R"("})";
    asked.told = "refund.requested";
    log.add_refund("REFUND_APPROVED", "SUCCESS", "auto", r.requested_at).detail = R"({"by":"auto"})";
    log.add_refund("REFUND_ATTEMPT", "SUCCESS", "refund", r.attempted_at).request_id.clear();
    auto& taken = log.add_refund("REFUND_PROCESSING", "REFUND", "refund", r.accepted_at);
    taken.refund_status = "PROCESSING";
    taken.detail = R"({"outcome":"accepted"})";
    taken.request_id.clear();
    auto& done = log.add_refund("REFUND_SUCCESS", "REFUND", "notification", heard_at);
    done.refund_status = "SUCCESS";
    done.detail = R"({"outcome":"SUCCESS"})";
    done.request_id.clear();
    done.told = "refund.succeeded";
    o.refund = std::move(r);
}

} // namespace

history::history(history_options options) : options_(std::move(options)) {
    WXGATE_ASSERT(options_.count > 0 && options_.count <= max_history && options_.last > options_.first);
}

void history::describe_new(std::uint64_t i, past_order& out) const {
    mixer dice(seed_of(i));
    create(out, i, options_, dice);
}

std::uint64_t history::seed_of(std::uint64_t i) const noexcept {
    return mixer(options_.seed ^ (i * 0xd1342543de82ef95U)).next();
}

void history::describe(std::uint64_t i, past_order& out) const {
    mixer dice(seed_of(i));
    out.due_at.reset();
    out.transaction_id.clear();
    out.paid_at = 0;
    out.refund.reset();
    create(out, i, options_, dice);
    event_log log(out, dice);
    log.add("CREATED", "CREATED", "api", out.created_at);
    log.add("PREPAY", "NOTPAY", "api", out.prepay_at);
    if (options_.kind == past_kind::waiting) {
        out.due_at = out.created_at + options_.due_after;
        return;
    }
    auto const fate = dice.below(100);
    if (fate < closed_share) {
        close(out, log, dice);
        return;
    }
    pay(out, i, options_, log, dice);
    if (fate < closed_share + refunded_share)
        refund(out, i, options_, log, dice);
}

} // namespace wxgate::bench
