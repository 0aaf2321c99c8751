// WeChat's orders and their states (protocol A5–A7, A14): NOTPAY → SUCCESS → REFUND, NOTPAY → CLOSED by the
// merchant or after seven days; time_expire blocks paying but leaves NOTPAY. An order of a code that a
// customer shows (micropay) begins as SUCCESS, USERPAYING or PAYERROR, and ends as REVOKED when it is
// reversed. No I/O and no clock: every function is told the time.
#pragma once

#include "sandbox/answer.hpp"
#include "sandbox/clock.hpp"

#include <wxgate/messages.hpp>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

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
    std::string sub_mch_id; // of a service provider's shop
    std::string sub_appid;
    std::string sub_openid;
    std::string product_id;
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
    std::string code_url;           // NATIVE
    std::string mweb_url;           // MWEB
    std::optional<unix_ms> pays_at; // while USERPAYING: when the password is typed; nothing: never
    std::string transaction_id;
    std::string bank_type;
    unix_ms paid_at = 0;
};

/// Refunded ones were paid too.
inline bool is_paid(order const& o) noexcept {
    return o.state == trade_state::SUCCESS || o.state == trade_state::REFUND;
}

/// What a second call for the same number must repeat.
std::string order_terms(fields const& request);

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

    /// What micropay does with a request that passed the checks. `accepted` may be USERPAYING: the customer
    /// is asked for the password. What a code does is its last two digits' matter: see micropay_codes.
    placed charge(fields const& request, sign_type type, unix_ms now);

    /// What reverse does with an order: true when it must be called again.
    struct reversed {
        bool again = false;
        std::optional<business_error> refused;
    };

    reversed reverse(order const& o, unix_ms now);

    /// Null when the merchant has no such order. Orders stay where they are until clear().
    order const* find(std::string_view mch_id, std::string_view out_trade_no, unix_ms now);
    order const* find_transaction(std::string_view mch_id, std::string_view transaction_id, unix_ms now);
    /// The one a request means: by its transaction_id when it has one, else by its out_trade_no; and of the
    /// shop it names.
    order const* find_named(fields const& request, std::string_view mch_id, unix_ms now);
    /// By a prepay_id that was once issued, whatever became of it since.
    order const* find_prepay(std::string_view prepay_id, unix_ms now);
    /// By a code_url or mweb_url that is the order's now.
    order const* find_url(std::string_view url, unix_ms now);

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
    void age(order& o, unix_ms now);
    void issue_prepay(order& o, unix_ms now);
    void issue_code_url(order& o);
    order& add(fields const& request, sign_type type, unix_ms now);
    void become_paid(order& o, unix_ms at);

    intervals intervals_;
    random_text random_;
    std::deque<order> orders_; // addresses stay valid
    std::unordered_map<std::string, order*> by_number_;
    std::unordered_map<std::string, order*> by_transaction_;
    std::unordered_map<std::string, prepay> by_prepay_;
    std::unordered_map<std::string, order*> by_url_;
    std::unordered_set<std::string> used_codes_;
};

/// What a customer's code does, by its last two digits; it works once. Any other code is paid at once.
namespace micropay_codes {

inline constexpr std::string_view password = "90"; // USERPAYING, paid after intervals::password_time
inline constexpr std::string_view left = "91";     // USERPAYING, never paid
inline constexpr std::string_view poor = "92";     // NOTENOUGH
inline constexpr std::string_view expired = "93";  // AUTHCODEEXPIRE

/// 18 digits that begin with 10 to 15.
bool is_code(std::string_view code) noexcept;

/// Whose code it is.
std::string owner_of(std::string_view code);

} // namespace micropay_codes

} // namespace wxgate::sandbox
