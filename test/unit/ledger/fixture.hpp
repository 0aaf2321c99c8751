// A ledger on a real SQLite file of its own.
#pragma once

#include "ledger/schema.hpp"
#include "store/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <optional>

struct ledger_fixture {
    ledger_fixture() {
        std::filesystem::create_directories(folder);
        db = wxgate::store::open({"sqlite:" + (folder / "l.db").string(), {}, wxgate::ledger::migrations()});
    }

    ~ledger_fixture() {
        db->close();
        std::filesystem::remove_all(folder);
    }

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
    boost::asio::io_context context{1};
    std::shared_ptr<wxgate::store::store> db;
};
