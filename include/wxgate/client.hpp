// The async client of WeChat Pay v2, for any Boost.Asio service.
//
//     wxgate::client pay(co_await asio::this_coro::executor, {});
//     auto order = co_await pay.unified_order(account, request);
//     if (order)                                 // accepted: order->prepay_id
//     else if (auto const r = order.error().as_refused()) // WeChat said no: r->err_code
//     else                                       // unknown: ask with order_query, then act
#pragma once

#include <wxgate/bill.hpp>
#include <wxgate/limits.hpp>
#include <wxgate/messages.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace wxgate {

using boost::asio::awaitable;
using steady_point = std::chrono::steady_clock::time_point;

struct client_options {
    std::string url = "https://api.mch.weixin.qq.com";
    std::string backup_url = "https://api2.mch.weixin.qq.com"; // empty: none
    std::string login_url = "https://api.weixin.qq.com";       // jscode2session
    std::string ca_file;                                       // empty: the system's roots
    client_limits limits;
    /// Told of every exchange with WeChat when it ended, on the client's thread; may be empty. `call` is e.g.
    /// "unifiedorder", `result` one of "accepted", "refused", "unknown".
    std::function<void(std::string_view call, std::string_view result, std::chrono::nanoseconds took)>
        observe;
    /// Told of the time that WeChat's own clock shows (the header Date) in each answer that has one, in
    /// milliseconds since 1970 and to the second; on the client's thread; may be empty.
    std::function<void(std::chrono::milliseconds)> observe_date;
};

/// What jscode2session answers, without the session key: it stays at WeChat's and is never kept.
struct login_result {
    std::string openid;
    std::string unionid;
};

/// A merchant's API certificate and its key (apiclient_cert.pem, apiclient_key.pem), as PEM text.
struct client_certificate {
    std::string certificate;
    std::string private_key;

    bool empty() const noexcept { return certificate.empty(); }
};

/// 下载交易账单, POST /pay/downloadbill: the bill of one mch_id, whatever the appid. WeChat has it from nine
/// (to be on the safe side: ten) of the next morning, for three months.
struct bill_request {
    std::string bill_date; // yyyyMMdd of Beijing
    bill_type type = bill_type::all;
    std::optional<wxgate::sign_type> sign_type;
};

/// A bill that came whole.
struct bill_done {
    std::uint64_t rows = 0;
    bill_summary summary;
};

/// The err_code of "No Bill Exist", and of nothing else: there is no bill yet, or nothing happened that day;
/// WeChat does not say which.
inline constexpr std::string_view no_bill_exists = "20002";

/// Where the rows of a bill go.
class bill_sink {
public:
    bill_sink() = default;
    bill_sink(bill_sink const&) = delete;
    bill_sink& operator=(bill_sink const&) = delete;
    virtual ~bill_sink() = default;

    /// The next rows, 1 to `client_limits::bill_group` of them; nothing more is read before this completes.
    /// An error ends the download and is its result. They are to be believed when the download has ended
    /// well, not before.
    virtual awaitable<error_code> take(std::vector<bill_row> rows) = 0;
};

/// Calls WeChat Pay. One client belongs to one single-threaded io_context: make it, call it and destroy it
/// there, after the calls have ended. It opens connections when they are needed, verifies chain and host
/// name, resumes TLS sessions, keeps connections for the next call and closes them before WeChat does.
///
/// Deadlines: every call ends by `until` and each of its attempts by `limits.timeout`; a call cut by either
/// is unknown. Failover: a call that certainly was not sent goes to the backup host at once; a query (which
/// changes nothing) goes there after any unknown outcome. A call that may have been done is never sent a
/// second time here: that is the caller's decision, after a query.
class client {
public:
    /// Throws std::runtime_error when an option is unusable (a URL, the CA file).
    client(boost::asio::any_io_executor executor, client_options options);
    ~client();
    client(client&&) noexcept;
    client& operator=(client&&) = delete;

    /// Places the order. Refusals to expect: ORDERPAID, ORDERCLOSED, OUT_TRADE_NO_USED, INVALID_REQUEST,
    /// NOTENOUGH, …
    awaitable<outcome<wxgate::unified_order>>
    unified_order(account const& who, unified_order_request request, steady_point until);

    /// Asks for an order. Refusals to expect: ORDERNOTEXIST.
    awaitable<outcome<order_status>>
    order_query(account const& who, order_query_request request, steady_point until);

    /// Closes an order that is not paid. Refusals to expect: ORDERPAID, ORDERCLOSED, ORDERNOTEXIST.
    awaitable<outcome<wxgate::close_order>>
    close_order(account const& who, close_order_request request, steady_point until);

    /// Sets the certificate of this mch_id, or replaces it (an empty one takes it away). Refunds under way
    /// finish on the connections they have; later ones go over new ones. Every mch_id has a TLS context and
    /// connections of its own, which carry its refunds and nothing else. Throws std::runtime_error when the
    /// pair is unusable; the old one then stays.
    void use_certificate(std::string const& mch_id, client_certificate const& pair);

    /// Asks for a refund, with the certificate of `who.mch_id`. Refusals to expect: NOTENOUGH,
    /// FREQUENCY_LIMITED, ORDER_NOT_READY (later, the same number); ERROR, TRADE_OVERDUE,
    /// REFUND_FEE_MISMATCH, USER_ACCOUNT_ABNORMAL (for good). Unknown with errc::certificate_refused: no
    /// certificate is set, or WeChat does not take it; sending again does not help. After any unknown: refund
    /// query, then the same number.
    awaitable<outcome<wxgate::refund>> refund(account const& who, refund_request request, steady_point until);

    /// Asks for refunds. Needs no certificate. Refusals to expect: REFUNDNOTEXIST (WeChat does not know it,
    /// or does not yet).
    awaitable<outcome<wxgate::refund_query>>
    refund_query(account const& who, refund_query_request request, steady_point until);

    /// Downloads the bill of a day and hands its rows to `rows` (which outlives the call) as they come, in
    /// bounded memory, however large it is. `until` bounds the whole, `limits.timeout` each wait for WeChat.
    /// Neither a bill nor a refusal is signed: what protects them is TLS, and nothing follows from a refusal
    /// about anybody's money. Refusals to expect: `no_bill_exists`; what is wrong with the request, in
    /// WeChat's words. Unknown: anything else that is no whole bill (busy, no answer, one that was cut off or
    /// is damaged, a page of HTML), or what `rows` said.
    awaitable<outcome<bill_done>>
    download_bill(account const& who, bill_request request, bill_sink& rows, steady_point until);

    /// Exchanges the Mini Program's login code for the customer's openid (auth.code2Session). A code works
    /// once. Refusals carry WeChat's errcode as `err_code`: 40029 bad or used code, 45011 too often, -1 busy
    /// is unknown.
    awaitable<outcome<login_result>> code_to_session(
        std::string const& appid, std::string const& secret, std::string const& code, steady_point until
    );

    /// True when a connection to WeChat (main or backup) is open or could be opened within the connect
    /// timeout.
    awaitable<bool> reachable(steady_point until);

    /// Drops the idle connections and their timers, and takes no more calls; those under way end on their
    /// own.
    void close();

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace wxgate
