// The async client of WeChat Pay v2, for any Boost.Asio service.
//
//     wxgate::client pay(context.get_executor(), {});
//     auto order = co_await pay.unified_order(account, request, steady_clock::now() + 10s);
//     if (order)                                          // accepted: order->prepay_id
//     else if (auto const no = order.error().as_refused()) // WeChat said no: no->err_code
//     else                                                // unknown: ask with order_query, then act
//
// Outcomes. Every call is an `awaitable<outcome<T>>` and ends in one of three ways (error.hpp): accepted,
// refused, unknown. No exception leaves for any of them; only a broken system (no memory, no random numbers)
// throws. Nothing is printed and nothing is global: what there is to tell goes to the hooks of
// `client_options`.
//
// Deadlines. `until` bounds the whole call, waits for a connection and failover included; each attempt is
// bounded by `limits.timeout` besides. A call that is cut by either is unknown, with errc::timed_out:
// `unknown::sent` tells whether it may have reached WeChat.
//
// Cancellation. A call takes Asio's terminal cancellation, by a slot bound to co_spawn's token or by the
// coroutine that awaits it. It then ends at once, unknown with errc::cancelled; `sent` is true as soon as a
// byte may have gone out, and false says that nothing was done. Cancelling does not undo: ask with a query.
// Emit the signal on the client's own thread.
//
// Threads. One client belongs to one single-threaded executor (an io_context that one thread runs, or a
// strand): make it, call it and destroy it there, after the calls have ended. From elsewhere spawn onto
// `get_executor()`: `co_spawn(pay.get_executor(), pay.order_query(…), token)` completes where the token wants
// it, be it use_awaitable, a callback, use_future, as_tuple(…) or deferred.
//
// Lifetimes. `who` is taken by reference and must outlive the call, as must sinks; requests are taken by
// value.
#pragma once

#include <wxgate/bill.hpp>
#include <wxgate/fund_flow.hpp>
#include <wxgate/limits.hpp>
#include <wxgate/messages.hpp>
#include <wxgate/micropay.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace wxgate {

using boost::asio::awaitable;
using steady_point = std::chrono::steady_clock::time_point;

enum class log_level { info, warning };

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
    /// Told, on the client's thread, of what a person may want to read: a call that ended unknown, a host
    /// that is given up or good again. One line without its end; no secret, no customer's text. May be empty.
    std::function<void(log_level level, std::string_view line)> log;
};

/// Connections to WeChat, of all pools together. `opened` is what steady traffic must not raise.
struct connection_counts {
    std::size_t open = 0;
    std::size_t idle = 0;
    std::uint64_t opened = 0;  // since the start: so many TLS handshakes were made
    std::uint64_t resumed = 0; // of those, with a resumed session
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

/// A day of one account of the merchant's, POST /pay/downloadfundflow, with the client certificate; always
/// signed with HMAC-SHA256. WeChat has it from nine of the next morning, for three months.
struct fund_flow_request {
    std::string bill_date; // yyyyMMdd of Beijing
    fund_account account = fund_account::basic;
};

/// A fund-flow bill that came whole.
struct fund_flow_done {
    std::uint64_t rows = 0;
    fund_flow_summary summary;
};

/// Where the rows of a fund-flow bill go.
class fund_flow_sink {
public:
    fund_flow_sink() = default;
    fund_flow_sink(fund_flow_sink const&) = delete;
    fund_flow_sink& operator=(fund_flow_sink const&) = delete;
    virtual ~fund_flow_sink() = default;

    /// As bill_sink::take.
    virtual awaitable<error_code> take(std::vector<fund_flow_row> rows) = 0;
};

/// 交易保障, POST /payitil/report: how an interface did. Neither it nor its answer matters to a payment.
struct report_request {
    std::string interface_url; // ≤ 127
    std::string user_ip;
    std::string trades; // JSON, ≤ 1024: what happened at the till
    std::string device_info;
    std::optional<wxgate::sign_type> sign_type;
};

/// How a call that has no type of its own is made.
struct call_options {
    bool certificate = false;  // over the merchant's client certificate (all of /secapi/)
    bool repeatable = false;   // it changes nothing at WeChat, and may be sent again after any failure
    bool signed_answer = true; // false: the answer carries no signature, and proves nothing
    std::optional<wxgate::sign_type> sign_type;
};

/// Calls WeChat Pay for any number of accounts. It opens connections when they are needed, verifies chain and
/// host name, resumes TLS sessions, keeps connections for the next call and closes them before WeChat does.
/// Plain calls of all accounts share their connections; calls with a certificate share those of that
/// certificate. An idle client has one timer, until its last idle connection is closed.
///
/// Failover: a call that certainly was not sent goes to the backup host at once; a query (which changes
/// nothing) goes there after any unknown outcome. A call that may have been done is never sent a second time
/// here: that is the caller's decision, after a query.
class client {
public:
    using executor_type = boost::asio::any_io_executor;

    /// Throws std::runtime_error when an option is unusable (a URL, the CA file).
    client(boost::asio::any_io_executor executor, client_options options);
    ~client();
    client(client&&) noexcept;
    client& operator=(client&&) = delete;

    executor_type get_executor() const noexcept;

    /// Keeps an account under (mch_id, appid), or (mch_id, appid, sub_mch_id) of a provider, in the place of
    /// one that is there. Calls under way end with the one they began with. (Calls take any account, kept
    /// here or not.)
    std::shared_ptr<account const> use_account(account who);

    /// The one that is kept, or null.
    std::shared_ptr<account const>
    find_account(std::string_view mch_id, std::string_view appid, std::string_view sub_mch_id = {}) const;

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
    /// finish on the connections they have; later ones go over new ones. Every certificate has a TLS context
    /// and connections of its own, which carry nothing but its calls. Throws std::runtime_error when the
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

    /// All refunds of an order, page by page: refund_query from offset 0 on. Changes nothing at WeChat.
    awaitable<outcome<order_refunds>>
    all_refunds(account const& who, refund_query_request request, steady_point until);

    /// Charges the code that a customer shows. Refusals to expect: USERPAYING (the customer types the
    /// password: ask with order_query), AUTHCODEEXPIRE, AUTH_CODE_INVALID, AUTH_CODE_ERROR, NOTENOUGH,
    /// NOTSUPORTCARD, BUYER_MISMATCH, ORDERPAID, ORDERCLOSED, ORDERREVERSED, OUT_TRADE_NO_USED, … After an
    /// unknown: order query, then reverse. pay_by_code does all that.
    awaitable<outcome<wxgate::micropay>>
    micropay(account const& who, micropay_request request, steady_point until);

    /// Takes a payment by code back, or makes sure that it cannot be paid, with the certificate of
    /// `who.mch_id`. Refusals to expect: REVERSE_EXPIRE, INVALID_TRANSACTIONID, ORDERNOTEXIST, …
    awaitable<outcome<reversal>> reverse(account const& who, reverse_request request, steady_point until);

    /// The whole of a payment by code: micropay; while the customer types or nobody can say, an order query
    /// every `pacing.poll`; when it is not paid after `pacing.patience` (or when `until` comes near), reverse
    /// until WeChat has finished with it. Refused: micropay was refused for good, nothing was taken. Unknown:
    /// `until` passed (it should be a minute ahead), or the call was cancelled, or there is no certificate to
    /// reverse with: then query and reverse by hand, the customer may have paid.
    awaitable<outcome<code_payment>> pay_by_code(
        account const& who, micropay_request request, steady_point until, pay_by_code_pacing pacing = {}
    );

    /// Whose code it is. Refusals to expect: AUTHCODEEXPIRE, AUTH_CODE_ERROR, AUTH_CODE_INVALID.
    awaitable<outcome<auth_code_owner>>
    auth_code_to_openid(account const& who, auth_code_request request, steady_point until);

    /// The short form of a weixin:// URL (≤ 512 bytes), for a QR code that is easier to scan.
    awaitable<outcome<std::string>> short_url(account const& who, std::string long_url, steady_point until);

    /// Reports how an interface did. Accepted with what WeChat answered, which is not signed.
    awaitable<outcome<fields>> report(account const& who, report_request request, steady_point until);

    /// Any other call: `path` is e.g. "/pay/profitsharingquery". appid, mch_id, sub_mch_id, sub_appid,
    /// nonce_str, sign_type and sign are added to `message`, unless it has them (sign is always ours).
    /// Accepted with the answer's fields when it verified and its result_code is SUCCESS.
    awaitable<outcome<fields>>
    call(account const& who, std::string path, fields message, call_options options, steady_point until);

    /// Downloads the bill of a day and hands its rows to `rows` (which outlives the call) as they come, in
    /// bounded memory, however large it is. `until` bounds the whole, `limits.timeout` each wait for WeChat.
    /// Neither a bill nor a refusal is signed: what protects them is TLS, and nothing follows from a refusal
    /// about anybody's money. Refusals to expect: `no_bill_exists`; what is wrong with the request, in
    /// WeChat's words. Unknown: anything else that is no whole bill (busy, no answer, one that was cut off or
    /// is damaged, a page of HTML), or what `rows` said.
    awaitable<outcome<bill_done>>
    download_bill(account const& who, bill_request request, bill_sink& rows, steady_point until);

    /// The same for a fund-flow bill, with the certificate of `who.mch_id`. Refusals to expect:
    /// `no_bill_exists`. Unknown with errc::certificate_refused: as of refund.
    awaitable<outcome<fund_flow_done>> download_fund_flow(
        account const& who, fund_flow_request request, fund_flow_sink& rows, steady_point until
    );

    /// Exchanges the Mini Program's login code for the customer's openid (auth.code2Session). A code works
    /// once. Refusals carry WeChat's errcode as `err_code`: 40029 bad or used code, 45011 too often, -1 busy
    /// is unknown.
    awaitable<outcome<login_result>> code_to_session(
        std::string const& appid, std::string const& secret, std::string const& code, steady_point until
    );

    /// True when a connection to WeChat (main or backup) is open or could be opened within the connect
    /// timeout.
    awaitable<bool> reachable(steady_point until);

    connection_counts connections() const noexcept;

    /// Drops the idle connections and their timers, and takes no more calls; those under way end on their
    /// own.
    void close();

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace wxgate
