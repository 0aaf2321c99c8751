// What the client's calls stand on: the hosts and identities, and one way to make a signed call.
#pragma once

#include "client/answers.hpp"
#include "client/bill_download.hpp"
#include "client/upstream.hpp"

#include <wxgate/client.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace wxgate {

/// As the client: one single-threaded executor. Outlives its calls.
class client::impl {
public:
    impl(asio::any_io_executor executor, client_options options);

    /// Signs `message`, sends it, and judges the answer. `what` names things that outlive the call.
    awaitable<outcome<fields>>
    call(operation what, account const& who, fields message, sign_type type, steady_point until);

    /// Downloads a table whose rows go to `taken`, a bill_download or its like, and lets it judge the whole.
    template <class Download>
    awaitable<outcome<typename Download::done_type>> download(
        operation what,
        account const& who,
        fields message,
        sign_type type,
        std::unique_ptr<Download> taken,
        steady_point until
    ) {
        using done = typename Download::done_type;
        auto const began = std::chrono::steady_clock::now();
        auto const hosts = hosts_of(what, who);
        if (!hosts)
            co_return no_certificate();
        auto body = signed_document(std::move(message), who, type);
        std::string path(what.path);
        auto const answer = co_await hosts->download(std::move(path), std::move(body), *taken, until);
        outcome<done> result = co_await taken->finish(answer);
        tell(what.name, name_of(result), result ? std::string() : result.error().message(), began);
        co_return result;
    }

    awaitable<outcome<login_result>> login(std::string query, steady_point until);

    // The client's calls (client.hpp tells what they do), each of which may be cancelled as it is.
    // order_calls.cpp
    awaitable<outcome<wxgate::unified_order>>
    unified_order(account const& who, unified_order_request request, steady_point until);
    awaitable<outcome<order_status>>
    order_query(account const& who, order_query_request request, steady_point until);
    awaitable<outcome<wxgate::close_order>>
    close_order(account const& who, close_order_request request, steady_point until);
    // refund_calls.cpp
    awaitable<outcome<wxgate::refund>> refund(account const& who, refund_request request, steady_point until);
    awaitable<outcome<wxgate::refund_query>>
    refund_query(account const& who, refund_query_request request, steady_point until);
    awaitable<outcome<order_refunds>>
    all_refunds(account const& who, refund_query_request request, steady_point until);
    // micropay_calls.cpp
    awaitable<outcome<wxgate::micropay>>
    micropay(account const& who, micropay_request request, steady_point until);
    awaitable<outcome<reversal>> reverse(account const& who, reverse_request request, steady_point until);
    awaitable<outcome<auth_code_owner>>
    auth_code_to_openid(account const& who, auth_code_request request, steady_point until);
    // pay_by_code.cpp
    awaitable<outcome<code_payment>>
    pay_by_code(account const& who, micropay_request request, steady_point until, pay_by_code_pacing pacing);
    // other_calls.cpp
    awaitable<outcome<std::string>> short_url(account const& who, std::string long_url, steady_point until);
    awaitable<outcome<fields>> report(account const& who, report_request request, steady_point until);
    awaitable<outcome<fields>>
    generic(account const& who, std::string path, fields message, call_options how, steady_point until);
    awaitable<outcome<bill_done>>
    download_bill(account const& who, bill_request request, bill_sink& rows, steady_point until);
    awaitable<outcome<fund_flow_done>> download_fund_flow(
        account const& who, fund_flow_request request, fund_flow_sink& rows, steady_point until
    );

    void use_certificate(std::string const& mch_id, client_certificate const& pair);
    std::shared_ptr<account const> use_account(account who);
    std::shared_ptr<account const>
    find_account(std::string_view mch_id, std::string_view appid, std::string_view sub_mch_id) const;

    asio::any_io_executor const& executor() const noexcept { return executor_; }

    client_options const& options() const noexcept { return options_; }

    awaitable<bool> reachable(steady_point until) { return plain_->reachable(until); }

    connection_counts connections() const noexcept;
    void close();

private:
    struct identity {
        client_certificate pair;
        std::shared_ptr<upstream> hosts;
    };

    // A payment by code under way (pay_by_code.cpp).
    struct code_payment_work {
        order_query_request question;
        fen total_fee;
        pay_by_code_pacing pacing;
        steady_point began;
        steady_point until;
        failure last; // why it is not decided
    };

    awaitable<std::optional<outcome<code_payment>>> ask_payment(account const& who, code_payment_work& work);
    awaitable<std::optional<outcome<code_payment>>>
    await_payment(account const& who, code_payment_work& work);
    awaitable<outcome<code_payment>> undo_payment(account const& who, code_payment_work& work);

    static unknown no_certificate();
    std::shared_ptr<upstream> hosts_of(operation const& what, account const& who) const;
    void tell(
        std::string_view call,
        std::string_view result,
        std::string const& why,
        std::chrono::steady_clock::time_point began
    ) const;

    asio::any_io_executor executor_;
    client_options options_;
    net::tls_context_ptr tls_;
    std::shared_ptr<upstream> plain_;
    // By mch_id. Those of one certificate have its TLS context and its pools, which carry nothing else.
    std::map<std::string, identity, std::less<>> identities_;
    std::map<std::string, std::shared_ptr<account const>, std::less<>> accounts_;
    std::unique_ptr<net::http_client> login_;
    std::string login_path_;
};

} // namespace wxgate
