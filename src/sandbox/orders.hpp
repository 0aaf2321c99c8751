// WeChat's orders and their states (protocol A5–A7, A14): NOTPAY → SUCCESS → REFUND, NOTPAY → CLOSED by the
// merchant or after seven days; time_expire blocks paying but leaves NOTPAY. No I/O and no clock: every
// function is told the time.
#pragma once

#include "sandbox/answer.hpp"
#include "sandbox/clock.hpp"

#include <wxgate/messages.hpp>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace wxgate::sandbox {

/// A refusal that is signed: result_code FAIL.
struct business_error {
    std::string err_code;
    std::string err_code_des;
};

struct order {
    std::string appid;
    std::string mch_id;
    std::string out_trade_no;
    std::string openid;
    std::string trade_type;
    std::string body;
    std::string attach;
    std::optional<std::string> device_info; // when it was sent, empty or not
    std::string fee_type;
    std::string notify_url;
    std::string nonce_str; // the merchant's, which the notification echoes
    fen total_fee;
    wxgate::sign_type sign_type =
        wxgate::sign_type::md5; // of the first call; notifications and paySign follow it
    std::optional<unix_ms> time_expire;
    unix_ms created = 0;
    std::string terms; // what a second call must repeat

    trade_state state = trade_state::NOTPAY;
    std::string prepay_id;
    unix_ms prepay_issued = 0;
    std::string code_url; // NATIVE
    std::string mweb_url; // MWEB
    std::string transaction_id;
    std::string bank_type;
    unix_ms paid_at = 0;
};

/// Refunded ones were paid too.
inline bool is_paid(order const& o) noexcept {
    return o.state == trade_state::SUCCESS || o.state == trade_state::REFUND;
}

class order_book {
public:
    order_book(intervals const& all, random_text random) : intervals_(all), random_(std::move(random)) {}

    /// What unifiedorder does with a request that passed the checks: a new order, or the one that is there
    /// when the request repeats it.
    struct placed {
        order const* accepted = nullptr; // null: refused
        business_error refused;
    };

    placed place(fields const& request, sign_type type, unix_ms now);

    /// Null when the merchant has no such order. Orders stay where they are until clear().
    order const* find(std::string_view mch_id, std::string_view out_trade_no, unix_ms now);
    order const* find_transaction(std::string_view mch_id, std::string_view transaction_id, unix_ms now);
    /// The one a request means: by its transaction_id when it has one, else by its out_trade_no.
    order const* find_named(fields const& request, std::string_view mch_id, unix_ms now);
    /// By a prepay_id that was once issued, whatever became of it since.
    order const* find_prepay(std::string_view prepay_id, unix_ms now);

    /// What closeorder does; nothing when it is closed now.
    std::optional<business_error> close(std::string_view mch_id, std::string_view out_trade_no, unix_ms now);

    /// Why this prepay_id of `o` cannot be paid now; nothing when it can.
    std::optional<std::string> unpayable(order const& o, std::string_view prepay_id, unix_ms now) const;

    /// The user pays. The order is one that unpayable() let pass.
    void pay(order const& o, unix_ms now);

    /// A refund of this paid order was accepted: from now on its state is REFUND, whatever becomes of it.
    void begin_refund(order const& o, unix_ms now);

    /// All, in the order they were placed.
    std::deque<order> const& all(unix_ms now);

    void clear();

private:
    struct prepay {
        order* of;
        unix_ms issued;
    };

    order* lookup(std::string_view mch_id, std::string_view out_trade_no, unix_ms now);
    void age(order& o, unix_ms now) const;
    void issue_prepay(order& o, unix_ms now);

    intervals intervals_;
    random_text random_;
    std::deque<order> orders_; // addresses stay valid
    std::unordered_map<std::string, order*> by_number_;
    std::unordered_map<std::string, order*> by_transaction_;
    std::unordered_map<std::string, prepay> by_prepay_;
};

} // namespace wxgate::sandbox
