// The client's face. Each call is a coroutine of impl's, which is awaited here to its end: so one that is
// cancelled has an outcome, and throws nothing.
#include "async/cancellation.hpp"
#include "base/text.hpp"
#include "client/impl.hpp"

namespace wxgate {

client::client(asio::any_io_executor executor, client_options options)
    : impl_(std::make_unique<impl>(std::move(executor), std::move(options))) {
}

client::~client() = default;
client::client(client&&) noexcept = default;

client::executor_type client::get_executor() const noexcept {
    return impl_->executor();
}

std::shared_ptr<account const> client::use_account(account who) {
    return impl_->use_account(std::move(who));
}

std::shared_ptr<account const>
client::find_account(std::string_view mch_id, std::string_view appid, std::string_view sub_mch_id) const {
    return impl_->find_account(mch_id, appid, sub_mch_id);
}

void client::use_certificate(std::string const& mch_id, client_certificate const& pair) {
    impl_->use_certificate(mch_id, pair);
}

awaitable<outcome<wxgate::unified_order>>
client::unified_order(account const& who, unified_order_request request, steady_point until) {
    return to_its_end(impl_->unified_order(who, std::move(request), until));
}

awaitable<outcome<order_status>>
client::order_query(account const& who, order_query_request request, steady_point until) {
    return to_its_end(impl_->order_query(who, std::move(request), until));
}

awaitable<outcome<wxgate::close_order>>
client::close_order(account const& who, close_order_request request, steady_point until) {
    return to_its_end(impl_->close_order(who, std::move(request), until));
}

awaitable<outcome<wxgate::refund>>
client::refund(account const& who, refund_request request, steady_point until) {
    return to_its_end(impl_->refund(who, std::move(request), until));
}

awaitable<outcome<wxgate::refund_query>>
client::refund_query(account const& who, refund_query_request request, steady_point until) {
    return to_its_end(impl_->refund_query(who, std::move(request), until));
}

awaitable<outcome<order_refunds>>
client::all_refunds(account const& who, refund_query_request request, steady_point until) {
    return to_its_end(impl_->all_refunds(who, std::move(request), until));
}

awaitable<outcome<wxgate::micropay>>
client::micropay(account const& who, micropay_request request, steady_point until) {
    return to_its_end(impl_->micropay(who, std::move(request), until));
}

awaitable<outcome<reversal>>
client::reverse(account const& who, reverse_request request, steady_point until) {
    return to_its_end(impl_->reverse(who, std::move(request), until));
}

awaitable<outcome<code_payment>> client::pay_by_code(
    account const& who, micropay_request request, steady_point until, pay_by_code_pacing pacing
) {
    return to_its_end(impl_->pay_by_code(who, std::move(request), until, pacing));
}

awaitable<outcome<auth_code_owner>>
client::auth_code_to_openid(account const& who, auth_code_request request, steady_point until) {
    return to_its_end(impl_->auth_code_to_openid(who, std::move(request), until));
}

awaitable<outcome<std::string>>
client::short_url(account const& who, std::string long_url, steady_point until) {
    return to_its_end(impl_->short_url(who, std::move(long_url), until));
}

awaitable<outcome<fields>> client::report(account const& who, report_request request, steady_point until) {
    return to_its_end(impl_->report(who, std::move(request), until));
}

awaitable<outcome<fields>>
client::call(account const& who, std::string path, fields message, call_options options, steady_point until) {
    return to_its_end(impl_->generic(who, std::move(path), std::move(message), options, until));
}

awaitable<outcome<bill_done>>
client::download_bill(account const& who, bill_request request, bill_sink& rows, steady_point until) {
    return to_its_end(impl_->download_bill(who, std::move(request), rows, until));
}

awaitable<outcome<fund_flow_done>> client::download_fund_flow(
    account const& who, fund_flow_request request, fund_flow_sink& rows, steady_point until
) {
    return to_its_end(impl_->download_fund_flow(who, std::move(request), rows, until));
}

awaitable<outcome<login_result>> client::code_to_session(
    std::string const& appid, std::string const& secret, std::string const& code, steady_point until
) {
    std::string query = "appid=" + percent_encode(appid) + "&secret=" + percent_encode(secret) +
                        "&js_code=" + percent_encode(code) + "&grant_type=authorization_code";
    return to_its_end(impl_->login(std::move(query), until));
}

awaitable<bool> client::reachable(steady_point until) {
    return to_its_end(impl_->reachable(until));
}

connection_counts client::connections() const noexcept {
    return impl_->connections();
}

void client::close() {
    impl_->close();
}

} // namespace wxgate
