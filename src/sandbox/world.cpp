#include "sandbox/world.hpp"

#include "sandbox/refund_notification.hpp"

namespace wxgate::sandbox {

namespace {

notification_ptr
refund_notification(refund_entry const& r, std::string nonce_str, std::string const& api_key) {
    auto n = std::make_shared<notification>();
    n->out_trade_no = r.of->out_trade_no;
    n->out_refund_no = r.out_refund_no;
    n->kind = "refund";
    n->fault_name = "refund_notify";
    n->url = r.notify_url;
    n->write = [&r, &api_key, nonce = std::move(nonce_str)](signing how) {
        return refund_notification_xml(r, nonce, api_key, how);
    };
    return n;
}

} // namespace

std::optional<unix_ms> world::ripen() {
    for (auto const* const r : refunds.take_ended(clock.now())) {
        merchant const* const m = merchants.by_mch_id(r->of->mch_id);
        if (m != nullptr && !r->notify_url.empty())
            notifications.add(refund_notification(*r, random_(16), m->api_key), r->ended);
    }
    return refunds.next_end();
}

void world::forget() {
    notifications.clear(); // first: they are written from refunds, and those from orders
    bills.clear();
    refunds.clear();
    orders.clear();
    logins.clear();
    log.clear();
    faults.clear();
    clock.reset();
}

} // namespace wxgate::sandbox
