#include "load/past_store.hpp"

#include "ledger/schema.hpp"
#include "load/bulk_insert.hpp"
#include "store/sqlite_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace wxgate::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t transaction_orders = 50'000;
constexpr unix_ms order_life = 7LL * 24 * 3600 * 1000; // of one that names no time_expire
constexpr unix_ms refund_interval = refund_limits{}.order_interval.count();

/// The statements that write orders with all that belongs to them.
class past_writer {
public:
    past_writer(store::sqlite_connection& db, order_owner const& who);

    void add(past_order const& o);
    void flush();

    std::uint64_t rows() const noexcept;

private:
    void add_order(past_order const& o);
    void add_event(past_order const& o, std::size_t i);
    void add_refund(past_order const& o, past_refund const& r);
    void tell(past_order const& o, std::size_t i);
    void tell_of_order(past_order const& o, past_event const& e);
    void tell_of_refund(past_order const& o, past_event const& e);

    order_owner const& who_;
    std::string const notify_url_;
    bulk_insert orders_;
    bulk_insert events_;
    bulk_insert refunds_;
    bulk_insert outbox_;
};

past_writer::past_writer(store::sqlite_connection& db, order_owner const& who)
    : who_(who), notify_url_(who.public_url + "/notify/" + who.merchant + "/payment"),
      orders_(db, "orders", {"mch_id",
                             "out_trade_no",
                             "merchant",
                             "appid",
                             "sign_type",
                             "openid",
                             "total_fee",
                             "fee_type",
                             "body",
                             "trade_type",
                             "metadata",
                             "notify_url",
                             "spbill_create_ip",
                             "trade_state",
                             "previous_state",
                             "prepay_id",
                             "prepay_at",
                             "transaction_id",
                             "paid_at",
                             "refunded_fee",
                             "version",
                             "last_event",
                             "created_at",
                             "updated_at",
                             "expires_at",
                             "refund_count",
                             "next_refund_at",
                             "last_refund",
                             "refund_reserved",
                             "due_at"}),
      events_(
          db,
          "events",
          {"mch_id",
           "out_trade_no",
           "version",
           "id",
           "type",
           "trade_state",
           "previous_state",
           "source",
           "request_id",
           "detail",
           "created_at",
           "out_refund_no",
           "refund_status"}
      ),
      refunds_(db, "refunds", {"mch_id",          "out_refund_no",  "merchant",      "out_trade_no",
                               "refund_fee",      "total_fee",      "refund_status", "refund_id",
                               "previous_status", "requested_kind", "requested_by",  "decided_by",
                               "decided_at",      "succeeded_at",   "attempts",      "lease_owner",
                               "version",         "last_event",     "created_at",    "updated_at",
                               "accepted_at"}),
      outbox_(db, "outbox", {"id",           "merchant",      "mch_id",     "type",
                             "out_trade_no", "out_refund_no", "openid",     "order_version",
                             "prepay_id",    "trade_state",   "paid_at",    "transaction_id",
                             "refund_id",    "refunded_fee",  "decided_by", "decided_at",
                             "succeeded_at", "refund_status", "state",      "attempts",
                             "created_at",   "delivered_at",  "last_status"}) {
}

void past_writer::add(past_order const& o) {
    add_order(o);
    if (o.refund)
        add_refund(o, *o.refund);
    for (std::size_t i = 0; i < o.events.size(); ++i) {
        add_event(o, i);
        if (o.events[i].told != nullptr)
            tell(o, i);
    }
}

void past_writer::flush() {
    orders_.flush(); // before what refers to them
    for (auto* table : {&events_, &refunds_, &outbox_})
        table->flush();
}

std::uint64_t past_writer::rows() const noexcept {
    return orders_.rows() + events_.rows() + refunds_.rows() + outbox_.rows();
}

void past_writer::add_order(past_order const& o) {
    past_event const& last = o.events.back();
    orders_.text(who_.mch_id).text(o.out_trade_no).text(who_.merchant).text(who_.appid).text(who_.sign_type);
    orders_.text(o.openid).number(o.total_fee).text("CNY").text(o.body).text("JSAPI");
    orders_.text("{}").text(notify_url_).text(o.spbill_create_ip);
    orders_.text(last.trade_state).text(last.previous_state);
    orders_.text(o.prepay_id).number(o.prepay_at).text_or_null(o.transaction_id);
    if (o.transaction_id.empty())
        orders_.null();
    else
        orders_.number(o.paid_at);
    auto const refunded = o.refund ? o.refund->refund_fee : 0;
    orders_.number(refunded);
    orders_.number(static_cast<std::int64_t>(o.events.size())).text(last.id);
    orders_.number(o.created_at).number(last.at).number(o.created_at + order_life);
    if (o.refund)
        orders_.number(1).number(o.refund->attempted_at + refund_interval).text(o.refund->out_refund_no);
    else
        orders_.number(0).number(0).null();
    orders_.number(refunded);
    if (o.due_at)
        orders_.number(*o.due_at);
    else
        orders_.null();
    orders_.end_row();
}

void past_writer::add_event(past_order const& o, std::size_t i) {
    past_event const& e = o.events[i];
    events_.text(who_.mch_id).text(o.out_trade_no).number(static_cast<std::int64_t>(i + 1)).text(e.id);
    events_.text(e.type).text(e.trade_state).text(e.previous_state).text(e.source).text(e.request_id);
    events_.text(e.detail).number(e.at);
    if (e.refund_status != nullptr)
        events_.text(o.refund->out_refund_no).text(e.refund_status);
    else
        events_.null().null();
    events_.end_row();
}

void past_writer::add_refund(past_order const& o, past_refund const& r) {
    past_event const& last = o.events.back();
    std::int64_t changes = 0;
    for (auto const& e : o.events)
        changes += e.refund_status != nullptr ? 1 : 0;
    refunds_.text(who_.mch_id).text(r.out_refund_no).text(who_.merchant).text(o.out_trade_no);
    refunds_.number(r.refund_fee).number(o.total_fee).text("SUCCESS").text(r.refund_id).text("PROCESSING");
    refunds_.text("api").text(who_.api_key).text("auto").number(r.requested_at).number(r.succeeded_at);
    refunds_.number(1).text(r.lease_owner).number(changes).text(last.id);
    refunds_.number(r.requested_at).number(last.at).number(r.accepted_at);
    if (refunds_.almost_full())
        orders_.flush(); // a refund refers to its order
    refunds_.end_row();
}

// The shop has heard of everything at once.
void past_writer::tell(past_order const& o, std::size_t i) {
    past_event const& e = o.events[i];
    outbox_.text("evt_" + e.id).text(who_.merchant).text(who_.mch_id).text(e.told).text(o.out_trade_no);
    bool const of_refund = e.refund_status != nullptr;
    outbox_.text_or_null(of_refund ? o.refund->out_refund_no : std::string());
    outbox_.text_or_null(of_refund ? std::string() : o.openid).number(static_cast<std::int64_t>(i + 1));
    if (of_refund)
        tell_of_refund(o, e);
    else
        tell_of_order(o, e);
    outbox_.text("delivered").number(1).number(e.at).number(e.at + 20).number(200);
    outbox_.end_row();
}

void past_writer::tell_of_order(past_order const& o, past_event const& e) {
    outbox_.text(o.prepay_id).text(e.trade_state);
    if (o.transaction_id.empty())
        outbox_.null().null();
    else
        outbox_.number(o.paid_at).text(o.transaction_id);
    outbox_.null().number(0).null().null().null().null();
}

void past_writer::tell_of_refund(past_order const& o, past_event const& e) {
    past_refund const& r = *o.refund;
    bool const asked = r.requested_at == e.at; // and nobody has decided yet
    outbox_.null().null().null().null();
    if (asked)
        outbox_.null().null().null().null().null();
    else
        outbox_.text(r.refund_id).null().text("auto").number(r.requested_at).number(r.succeeded_at);
    outbox_.text(e.refund_status);
}

/// Makes the file what the gateway would have made of it.
void make_schema(std::string const& file) {
    store::store_options options;
    options.url = "sqlite:" + file;
    options.migrations = ledger::migrations();
    store::open(std::move(options))->close();
}

void set_journal(store::sqlite_connection& db, std::string const& mode) {
    std::string const sql = "PRAGMA journal_mode=" + mode;
    auto const now = db.query(sql);
    if (now.empty() || now.text(0, 0) != mode)
        throw std::runtime_error("the journal cannot be changed: does another program have it open?");
}

// Nothing of a transaction is written twice, and nothing is waited for.
void prepare(store::sqlite_connection& db) {
    set_journal(db, "memory");
    db.execute("PRAGMA synchronous=OFF; PRAGMA cache_size=-262144");
}

void finish(store::sqlite_connection& db) {
    db.execute("PRAGMA synchronous=FULL");
    set_journal(db, "wal");
}

void sync(std::string const& path) {
    int const descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    bool const done = descriptor >= 0 && ::fsync(descriptor) == 0;
    int const why = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (!done)
        throw std::runtime_error("cannot sync: " + std::generic_category().message(why));
}

class filler {
public:
    filler(
        store::sqlite_connection& db, history const& what, std::function<void(filling const&)> const& progress
    )
        : db_(db), what_(what), progress_(progress), writer_(db, what.options().owner) {}

    filling run() {
        auto const count = what_.options().count;
        for (std::uint64_t from = 0; from < count; from += transaction_orders)
            add(from, std::min(count, from + transaction_orders));
        note();
        return so_far_;
    }

private:
    void add(std::uint64_t from, std::uint64_t to) {
        db_.execute("BEGIN IMMEDIATE");
        for (auto i = from; i < to; ++i) {
            what_.describe(i, order_);
            writer_.add(order_);
            if (i % 256 == 0 && clock::now() - told_ > std::chrono::seconds(1))
                tell(i);
        }
        writer_.flush();
        db_.execute("COMMIT");
        so_far_.orders = to;
    }

    void note() {
        so_far_.rows = writer_.rows();
        so_far_.took = clock::now() - began_;
    }

    void tell(std::uint64_t orders) {
        so_far_.orders = orders;
        note();
        told_ = clock::now();
        progress_(so_far_);
    }

    store::sqlite_connection& db_;
    history const& what_;
    std::function<void(filling const&)> const& progress_;
    past_writer writer_;
    past_order order_;
    filling so_far_;
    clock::time_point began_ = clock::now();
    clock::time_point told_ = began_;
};

} // namespace

filling fill_store(
    std::string const& file, history const& what, std::function<void(filling const&)> const& progress
) {
    make_schema(file);
    auto const began = clock::now();
    auto const path = store::canonical_path(file);
    store::file_lock const lock(path);
    filling all;
    {
        store::sqlite_connection db(path, store::sqlite_connection::access::read_write, milliseconds(5000));
        prepare(db);
        all = filler(db, what, progress).run();
        finish(db);
    }
    sync(path); // after SQLite has closed it: closing a descriptor lets go of its locks
    sync(std::filesystem::path(path).parent_path().string());
    all.took = clock::now() - began;
    return all;
}

} // namespace wxgate::bench
