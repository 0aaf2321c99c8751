#include "load/money.hpp"

#include "load/interrupt.hpp"
#include "load/receiver.hpp"
#include "load/stage.hpp"

#include <boost/json.hpp>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace wxgate::bench {

namespace json = boost::json;

namespace {

struct sqlite_delete {
    void operator()(sqlite3* db) const noexcept { sqlite3_close(db); }

    void operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }
};

[[noreturn]] void fail(std::string const& file, sqlite3* db) {
    throw std::runtime_error(file + ": " + (db != nullptr ? sqlite3_errmsg(db) : "cannot be opened"));
}

using database = std::unique_ptr<sqlite3, sqlite_delete>;

// For reading, and without the checkpoint that closing a database may begin: the file is the gateway's.
database open(std::string const& file) {
    sqlite3* raw = nullptr;
    int const code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READONLY, nullptr);
    database db(raw);
    if (code != SQLITE_OK)
        fail(file, raw);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_busy_timeout(raw, 5000);
    return db;
}

using count_and_sum = std::pair<std::int64_t, std::int64_t>;

// $1 the mch_id, $2 and $3 what the numbers are between.
constexpr char const* sum_of_paid =
    "SELECT count(*), coalesce(sum(total_fee), 0) FROM orders WHERE mch_id = $1 AND out_trade_no >= $2 AND "
    "out_trade_no < $3 AND trade_state IN ('SUCCESS', 'REFUND')";
constexpr char const* sum_of_refunded =
    "SELECT count(*), coalesce(sum(refund_fee), 0) FROM refunds WHERE mch_id = $1 AND out_trade_no >= $2 AND "
    "out_trade_no < $3 AND refund_status = 'SUCCESS'";

// How many, and their sum, of the rows whose order's number begins with `prefix`.
count_and_sum sum(sqlite3* db, std::string const& file, char const* sql, std::string_view prefix) {
    sqlite3_stmt* raw = nullptr;
    int const code = sqlite3_prepare_v2(db, sql, -1, &raw, nullptr);
    std::unique_ptr<sqlite3_stmt, sqlite_delete> const s(raw);
    if (code != SQLITE_OK)
        fail(file, db);
    std::string const first(prefix);
    auto const behind = first + '\x7f'; // numbers are ASCII
    sqlite3_bind_text(raw, 1, stage_mch_id, -1, SQLITE_STATIC);
    sqlite3_bind_text(raw, 2, first.data(), static_cast<int>(first.size()), SQLITE_STATIC);
    sqlite3_bind_text(raw, 3, behind.data(), static_cast<int>(behind.size()), SQLITE_STATIC);
    if (sqlite3_step(raw) != SQLITE_ROW)
        fail(file, db);
    return {sqlite3_column_int64(raw, 0), sqlite3_column_int64(raw, 1)};
}

std::pair<count_and_sum, count_and_sum> sums_of_file(std::string const& file, std::string_view prefix) {
    auto const db = open(file);
    return {sum(db.get(), file, sum_of_paid, prefix), sum(db.get(), file, sum_of_refunded, prefix)};
}

count_and_sum sum(PGconn* db, char const* sql, std::string_view prefix) {
    std::string const first(prefix);
    auto const behind = first + '\x7f';
    std::array<char const*, 3> const params = {stage_mch_id, first.c_str(), behind.c_str()};
    std::unique_ptr<PGresult, void (*)(PGresult*)> const r(
        PQexecParams(db, sql, 3, nullptr, params.data(), nullptr, nullptr, 0), PQclear
    );
    if (PQresultStatus(r.get()) != PGRES_TUPLES_OK)
        throw std::runtime_error(std::string("the database: ") + PQerrorMessage(db));
    return {std::stoll(PQgetvalue(r.get(), 0, 0)), std::stoll(PQgetvalue(r.get(), 0, 1))};
}

std::pair<count_and_sum, count_and_sum> sums_of_database(std::string const& url, std::string_view prefix) {
    std::unique_ptr<PGconn, void (*)(PGconn*)> const db(PQconnectdb(url.c_str()), PQfinish);
    return {sum(db.get(), sum_of_paid, prefix), sum(db.get(), sum_of_refunded, prefix)};
}

std::string_view text_of(json::object const& o, char const* name) {
    auto const& text = o.at(name).as_string();
    return {text.data(), text.size()};
}

void add_refunds(money& m, json::array const& refunds) {
    for (auto const& each : refunds) {
        auto const& r = each.as_object();
        if (text_of(r, "refund_status") != "SUCCESS")
            continue;
        ++m.refunds;
        m.refunded += r.at("refund_fee").as_int64();
    }
}

std::string yuan(std::int64_t fen) {
    auto const cents = std::to_string(std::abs(fen) % 100);
    return (fen < 0 ? "-" : "") + std::to_string(std::abs(fen) / 100) + (cents.size() < 2 ? ".0" : ".") +
           cents;
}

std::vector<std::string> row(char const* name, std::optional<money> const& m) {
    if (!m)
        return {name, "-", "-", "-", "-"};
    return {name, std::to_string(m->payments), yuan(m->paid), std::to_string(m->refunds), yuan(m->refunded)};
}

// The sides that are there.
std::vector<money> sides(money_check const& c) {
    std::vector<money> all;
    for (auto const& side : {c.store, c.sandbox, c.heard})
        if (side)
            all.push_back(*side);
    return all;
}

money_check look(stage const& s, receiver const* to, std::string_view prefix) {
    money_check c;
    if (!s.store_file().empty())
        c.store = money_in_store(s.store_file(), prefix);
    if (s.control())
        c.sandbox = money_in_sandbox(*s.control(), prefix);
    if (to != nullptr)
        c.heard = to->heard();
    return c;
}

} // namespace

money money_in_store(std::string const& store, std::string_view prefix) {
    auto const [paid, refunded] =
        is_database(store) ? sums_of_database(store, prefix) : sums_of_file(store, prefix);
    money m;
    m.payments = static_cast<std::uint64_t>(paid.first);
    m.paid = paid.second;
    m.refunds = static_cast<std::uint64_t>(refunded.first);
    m.refunded = refunded.second;
    return m;
}

money money_in_sandbox(host_port const& control, std::string_view prefix) {
    auto const got = fetch(control, "GET", "/control/ledger");
    if (got.status != 200)
        throw std::runtime_error("the sandbox's ledger: status " + std::to_string(got.status));
    return money_in_ledger(got.body, prefix);
}

money money_in_ledger(std::string_view text, std::string_view prefix) {
    boost::system::error_code ec;
    json::monotonic_resource memory(text.size()); // one ledger is millions of values
    auto const ledger = json::parse({text.data(), text.size()}, ec, &memory);
    if (ec || !ledger.is_object())
        throw std::runtime_error("the sandbox's ledger is no JSON object");
    money m;
    for (auto const& each : ledger.as_object().at("orders").as_array()) {
        auto const& o = each.as_object();
        auto const state = text_of(o, "trade_state");
        bool const paid = state == "SUCCESS" || state == "REFUND";
        if (!paid || !text_of(o, "out_trade_no").starts_with(prefix))
            continue;
        ++m.payments;
        m.paid += o.at("total_fee").as_int64();
        add_refunds(m, o.at("refunds").as_array());
    }
    return m;
}

bool money_check::agree() const noexcept {
    bool const with_store = !store || ((!sandbox || *store == *sandbox) && (!heard || *store == *heard));
    bool const without = !sandbox || !heard || *sandbox == *heard;
    return with_store && without;
}

void money_check::add_to(report& r) const {
    table t;
    t.title = "money";
    t.columns = {"side", "payments", "paid (yuan)", "refunds", "refunded (yuan)"};
    t.rows = {row("store", store), row("sandbox", sandbox), row("receiver", heard)};
    r.tables.push_back(std::move(t));

    auto const all = sides(*this);
    if (all.size() < 2) {
        r.warnings.emplace_back("money: not checked, as only one side is within reach");
        return;
    }
    auto const by = [&](auto const& of) {
        auto const [least, most] =
            std::minmax_element(all.begin(), all.end(), [&](auto& a, auto& b) { return of(a) < of(b); });
        return static_cast<double>(of(*most) - of(*least));
    };
    r.figures.push_back({"money.payments", static_cast<double>(all.front().payments), ""});
    verdict v;
    v.name = "money.difference";
    v.value = by([](money const& m) { return m.paid; }) + by([](money const& m) { return m.refunded; });
    v.unit = "fen";
    v.demanded = 0;
    v.at_least = false;
    v.always = true;
    r.verdicts.push_back(std::move(v));
    if (!agree())
        r.warnings.emplace_back("money: the sums of store, sandbox and receiver are not the same");
}

money_check check_money(
    stage const& s,
    receiver const* to,
    std::string_view prefix,
    std::chrono::seconds patience,
    std::function<void(std::chrono::milliseconds)> const& run_some
) {
    auto const until = load_clock::now() + patience;
    auto pause = std::chrono::milliseconds(100); // a look costs more, the more there is
    for (;;) {
        auto const before = load_clock::now();
        auto const found = look(s, to, prefix);
        if (found.agree() || load_clock::now() > until || interrupt_came())
            return found;
        auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(load_clock::now() - before);
        pause = std::max(pause, 2 * took);
        run_some(pause);
    }
}

} // namespace wxgate::bench
