// A child of the power loss tests: it writes to a SQLite database, opened as the store opens its own but for
// the setting that is under test, and says on standard output what is committed.
//
//     ledger_writer FILE full|normal   rows 1, 2, 3, … of table t, a transaction each, until it is killed;
//     each
//                                      number is printed when its COMMIT has returned
//     ledger_writer FILE raw           plain writes, some synced; dies of SIGKILL
#include <sqlite3.h>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

[[noreturn]] void give_up(std::string const& why) {
    std::fprintf(stderr, "ledger_writer: %s\n", why.c_str());
    std::exit(1);
}

// Past stdio's buffers, so that it is out before the next thing is done.
void say(std::string const& line) {
    if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        give_up("cannot write to standard output");
}

class ledger {
public:
    // As src/store/sqlite_connection.cpp and sqlite_store.cpp do.
    ledger(std::string const& file, std::string const& mode) {
        int const flags =
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
        if (sqlite3_open_v2(file.c_str(), &db_, flags, nullptr) != SQLITE_OK)
            give_up("cannot open " + file);
        sqlite3_busy_timeout(db_, 1500);
        run("PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32768");
        run("PRAGMA journal_mode=WAL");
        run("PRAGMA synchronous=" + mode + "; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864"
        );
        run("CREATE TABLE IF NOT EXISTS t (k INTEGER PRIMARY KEY, s TEXT NOT NULL) STRICT");
    }

    ~ledger() { sqlite3_close(db_); }

    ledger(ledger const&) = delete;
    ledger& operator=(ledger const&) = delete;

    std::int64_t last() {
        sqlite3_stmt* s = nullptr;
        if (sqlite3_prepare_v2(db_, "SELECT coalesce(max(k), 0) FROM t", -1, &s, nullptr) != SQLITE_OK ||
            sqlite3_step(s) != SQLITE_ROW)
            give_up(sqlite3_errmsg(db_));
        std::int64_t const n = sqlite3_column_int64(s, 0);
        sqlite3_finalize(s);
        return n;
    }

    void append(std::int64_t key) {
        auto const number = std::to_string(key);
        run("BEGIN IMMEDIATE");
        run("INSERT INTO t (k, s) VALUES (" + number + ", 'row " + number + std::string(200, '.') + "')");
        run("COMMIT");
    }

    // What the store's checkpointer does.
    void copy_log() {
        auto const code =
            sqlite3_wal_checkpoint_v2(db_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        if (code != SQLITE_OK && code != SQLITE_BUSY)
            give_up(sqlite3_errmsg(db_));
    }

private:
    void run(std::string const& sql) {
        if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
            give_up(sql + ": " + sqlite3_errmsg(db_));
    }

    sqlite3* db_ = nullptr;
};

[[noreturn]] void write_until_killed(std::string const& file, std::string const& mode) {
    constexpr std::int64_t rows_a_checkpoint = 250;
    ledger db(file, mode);
    for (std::int64_t key = db.last() + 1;; ++key) {
        db.append(key);
        say(std::to_string(key) + "\n");
        if (key % rows_a_checkpoint == 0)
            db.copy_log();
    }
}

void put(int descriptor, std::string const& bytes, off_t at) {
    if (::pwrite(descriptor, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size()))
        give_up("pwrite");
}

// 1000 'a' that are synced; then writes over them, beyond them, and a truncation, that are not.
[[noreturn]] void write_raw(std::string const& file) {
    int const d = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d < 0)
        give_up("open");
    put(d, std::string(1000, 'x'), 0);
    put(d, std::string(1000, 'a'), 0);
    if (::fdatasync(d) != 0)
        give_up("fdatasync");
    put(d, std::string(100, 'b'), 50);
    put(d, std::string(100, 'c'), 100);
    put(d, std::string(70'000, 'd'), 900);
    if (::ftruncate(d, 500) != 0)
        give_up("ftruncate");
    put(d, std::string(10, 'e'), 600);
    std::raise(SIGKILL);
    std::abort();
}

} // namespace

int main(int argc, char** argv) {
    std::string const file = argc == 3 ? argv[1] : "";
    std::string const mode = argc == 3 ? argv[2] : "";
    if (mode == "full" || mode == "normal")
        write_until_killed(file, mode);
    if (mode == "raw")
        write_raw(file);
    std::fprintf(stderr, "usage: ledger_writer FILE full|normal|raw\n");
    return 2;
}
