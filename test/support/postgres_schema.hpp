// A corner of a PostgreSQL database for one test: a schema of its own, gone with the object. The server is
// the one that WXGATE_TEST_POSTGRES names (conf/scratch-postgres run …); without it tests run on SQLite.
#pragma once

#include <libpq-fe.h>

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace wxgate::test {

inline char const* postgres_url() {
    return std::getenv("WXGATE_TEST_POSTGRES");
}

inline bool on_postgres() {
    return postgres_url() != nullptr;
}

/// A plain connection, that of a stranger to the program.
class postgres_client {
public:
    explicit postgres_client(std::string const& url) : db_(PQconnectdb(url.c_str()), PQfinish) {
        if (PQstatus(db_.get()) != CONNECTION_OK)
            throw std::runtime_error(PQerrorMessage(db_.get()));
        run("SET client_min_messages = warning");
    }

    /// Any number of statements; the first cell of the last one's rows, "" when there is none.
    std::string run(std::string const& sql) {
        std::unique_ptr<PGresult, void (*)(PGresult*)> const r(PQexec(db_.get(), sql.c_str()), PQclear);
        auto const status = PQresultStatus(r.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            throw std::runtime_error(sql + ": " + PQerrorMessage(db_.get()));
        return PQntuples(r.get()) > 0 && PQnfields(r.get()) > 0 ? PQgetvalue(r.get(), 0, 0) : "";
    }

    std::int64_t number(std::string const& sql) {
        auto const text = run(sql);
        return text.empty() ? 0 : std::stoll(text);
    }

private:
    std::unique_ptr<PGconn, void (*)(PGconn*)> db_;
};

class postgres_schema {
public:
    postgres_schema()
        : name_("t" + std::to_string(getpid()) + '_' + std::to_string(++last_)), client_(url()) {
        client_.run("CREATE SCHEMA " + name_ + "; SET search_path = " + name_);
    }

    postgres_schema(postgres_schema const&) = delete;
    postgres_schema& operator=(postgres_schema const&) = delete;

    ~postgres_schema() {
        try {
            client_.run("DROP SCHEMA " + name_ + " CASCADE");
        } catch (std::exception const&) { // the server goes anyway
            return;
        }
    }

    std::string const& name() const noexcept { return name_; }

    /// As the program is given it.
    std::string url() const { return std::string(postgres_url()) + "?options=-csearch_path%3D" + name_; }

    /// A connection of somebody else's to the same schema.
    postgres_client& client() noexcept { return client_; }

private:
    static inline int last_ = 0;

    std::string name_;
    postgres_client client_;
};

} // namespace wxgate::test
