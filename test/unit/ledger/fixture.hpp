// A ledger on a store of its own: a real SQLite file, or a schema of a PostgreSQL database where one is
// given.
#pragma once

#include "ledger/orders.hpp"
#include "ledger/schema.hpp"
#include "store/store.hpp"
#include "support/postgres_schema.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <optional>

struct ledger_fixture {
    ledger_fixture() {
        std::filesystem::create_directories(folder);
        if (wxgate::test::on_postgres())
            schema.emplace();
        db = wxgate::store::open({url(), {}, wxgate::ledger::migrations()});
    }

    ~ledger_fixture() {
        db->close();
        std::filesystem::remove_all(folder);
    }

    std::string url() const { return schema ? schema->url() : "sqlite:" + (folder / "l.db").string(); }

    template <class T>
    T run(wxgate::awaitable<T> work) {
        std::optional<T> got;
        std::exception_ptr failed;
        boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr e, T value) {
            failed = e;
            got = std::move(value);
        });
        context.restart();
        context.run();
        if (failed)
            std::rethrow_exception(failed);
        return std::move(*got);
    }

    std::int64_t count(std::string_view sql) {
        wxgate::store::batch b;
        b.push_back({sql, {}});
        return run(db->read(std::move(b)))->front().integer(0, 0);
    }

    static inline int number = 0;
    std::filesystem::path folder =
        std::filesystem::temp_directory_path() /
        ("wxgate-ledger-" + std::to_string(getpid()) + '-' + std::to_string(++number));
    std::optional<wxgate::test::postgres_schema> schema;
    boost::asio::io_context context{1};
    std::shared_ptr<wxgate::store::store> db;
};

/// An order of which nothing but its number is known.
inline wxgate::ledger::order unseen(wxgate::ledger::order_key const& k) {
    wxgate::ledger::order o;
    o.merchant = k.merchant;
    o.mch_id = k.mch_id;
    o.out_trade_no = k.out_trade_no;
    return o;
}
