#include "store/sqlite_store.hpp"

#include "base/log.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace wxgate::store {

namespace {

/// How long a commit waits for somebody else's lock. A caller's patience holds the wait in the queue and this
/// one.
milliseconds busy_timeout(store_limits const& limits) {
    return std::min(milliseconds(1500), limits.timeout * 3 / 8);
}

/// A guest's: somebody else writes all the time.
milliseconds guest_timeout(store_limits const& limits) {
    return limits.timeout / 2;
}

milliseconds busy_timeout(store_options const& options, bool guest) {
    return guest ? guest_timeout(options.limits) : busy_timeout(options.limits);
}

/// The database as this program needs it. Looks before it changes anything: the file may be another
/// program's.
void prepare(sqlite_connection& db, std::span<migration const> migrations) {
    require_ours(db);
    auto const mode = db.query("PRAGMA journal_mode=WAL");
    if (mode.empty() || mode.text(0, 0) != "wal")
        throw std::runtime_error("its file system cannot hold a write-ahead log");
    db.execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864");
    migrate(db, migrations);
}

/// The same for a guest, who changes nothing of it.
void join(sqlite_connection& db, std::span<migration const> migrations) {
    require_ours(db);
    auto const mode = db.query("PRAGMA journal_mode");
    if (mode.empty() || mode.text(0, 0) != "wal")
        throw std::runtime_error("another process has it open, and it has no write-ahead log");
    db.execute("PRAGMA synchronous=FULL");
    require_newest(db, migrations);
}

/// Null: another process has it, and we are its guest.
std::unique_ptr<file_lock> take_lock(std::string const& path, store_options const& options) {
    try {
        return std::make_unique<file_lock>(path);
    } catch (file_is_locked const&) {
        if (!options.guest)
            throw;
        return nullptr;
    }
}

std::unique_ptr<sqlite_connection>
connect(std::string const& path, sqlite_connection::access how, store_options const& options, bool guest) {
    auto const timeout = busy_timeout(options, guest);
    auto db = std::make_unique<sqlite_connection>(path, how, timeout);
    if (guest)
        db->become_guest(timeout);
    return db;
}

/// Opens the writer's connection. `lock` is there to say that it comes first: the file is made and shaped by
/// its holder only.
std::unique_ptr<sqlite_connection>
open_writer(std::string const& path, file_lock const* lock, store_options const& options) {
    bool const guest = lock == nullptr;
    if (!guest)
        create_private_file(path);
    auto db = connect(path, sqlite_connection::access::read_write, options, guest);
    if (guest)
        join(*db, options.migrations);
    else
        prepare(*db, options.migrations);
    return db;
}

/// Signals are for the main thread.
void become(char const* name) noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    pthread_setname_np(pthread_self(), name);
}

int read_batch(sqlite_connection& db, batch const& b, results& out) {
    if (b.size() < 2)
        return db.run(b, out);
    if (int const code = db.run("BEGIN"); code != SQLITE_OK)
        return code;
    int const code = db.run(b, out);
    db.roll_back(); // nothing was written; ends the snapshot whatever happened
    return code;
}

void run_read(sqlite_connection& db, job& j) {
    results out;
    int const code = read_batch(db, j.work, out);
    if (code == SQLITE_OK) {
        j.outcome = std::move(out);
        return;
    }
    log::error("the store cannot read", {{"why", db.describe(code)}});
    j.fail(errc::store_unavailable);
}

} // namespace

sqlite_store::engine::engine(
    std::string const& path, store_options const& options, std::atomic<bool>& healthy
)
    : lock(take_lock(path, options)), writing(open_writer(path, lock.get(), options)),
      reading(connect(path, sqlite_connection::access::read_only, options, lock == nullptr)),
      writer(*writing, healthy) {
    if (!lock)
        return;
    copying = connect(path, sqlite_connection::access::read_write, options, false);
    log.emplace(*writing, *copying);
}

sqlite_store::sqlite_store(std::string const& file, store_options const& options)
    : max_group_(std::max<std::size_t>(options.limits.max_group, 1)), max_queue_(options.limits.max_queue),
      pace_(max_group_),
      writes_(
          options.limits.max_queue, options.limits.timeout - busy_timeout(options, options.guest), "write"
      ),
      reads_(options.limits.max_queue, options.limits.timeout - busy_timeout(options, options.guest), "read"),
      engine_(std::make_unique<engine>(canonical_path(file), options, healthy_)) {
    try {
        start();
    } catch (...) {
        close(); // a thread that did start
        throw;
    }
}

void sqlite_store::start() {
    writer_thread_ = std::thread([this] { write_loop(); });
    reader_thread_ = std::thread([this] { read_loop(); });
    if (engine_->log)
        checkpoint_thread_ = std::thread([this] {
            become("store-log");
            engine_->log->run();
        });
}

sqlite_store::~sqlite_store() {
    close();
}

awaitable<result<results>> sqlite_store::write(batch b) {
    return writes_.submit(std::move(b));
}

awaitable<result<results>> sqlite_store::read(batch b) {
    return reads_.submit(std::move(b));
}

bool sqlite_store::healthy() const noexcept {
    return healthy_;
}

store_load sqlite_store::load(std::chrono::steady_clock::time_point now) const noexcept {
    store_load l;
    l.writes = writes_.size();
    l.reads = reads_.size();
    l.room = max_queue_;
    l.write_wait = pace_.wait(l.writes, now);
    return l;
}

void sqlite_store::write_loop() {
    become("store-writer");
    jobs group;
    while (writes_.take(group, max_group_)) {
        pace_.begin(group_pace::clock::now());
        engine_->writer.write(group);
        post_completions(std::move(group));
        if (engine_->log)
            engine_->log->after_group();
        pace_.end(group_pace::clock::now());
    }
}

void sqlite_store::read_loop() {
    become("store-reader");
    jobs group;
    while (reads_.take(group, 1)) {
        for (auto& j : group)
            run_read(*engine_->reading, *j);
        post_completions(std::move(group));
    }
}

void sqlite_store::close() {
    std::call_once(shut_, [this] { shut(); });
}

void sqlite_store::shut() {
    writes_.close();
    reads_.close();
    if (engine_->log)
        engine_->log->stop();
    for (auto* thread : {&writer_thread_, &reader_thread_, &checkpoint_thread_})
        if (thread->joinable())
            thread->join();
    // The last connection that closes copies the log and removes it, when it can lock everybody else out, and
    // only then: a checkpoint of our own might run beside a guest's commit (sqlite_store.hpp). If it cannot,
    // the next opener reads the log.
    engine_.reset();
}

std::string check_sqlite(std::string const& file, depth how) {
    sqlite_connection db(canonical_path(file), sqlite_connection::access::read_only, milliseconds(1500));
    require_ours(db);
    std::string findings;
    auto const damage =
        db.query(how == depth::quick ? "PRAGMA quick_check(100)" : "PRAGMA integrity_check(100)");
    for (std::size_t i = 0; i < damage.size(); ++i)
        if (damage.text(i, 0) != "ok")
            findings += damage.text(i, 0) + '\n';
    auto const dangling = db.query("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1");
    for (std::size_t i = 0; i < dangling.size(); ++i)
        findings += "rows of " + dangling.text(i, 0) +
                    " that refer to none: " + std::to_string(dangling.integer(i, 1)) + '\n';
    return findings;
}

std::int64_t sqlite_schema_version(std::string const& file) {
    sqlite_connection db(canonical_path(file), sqlite_connection::access::read_only, milliseconds(1500));
    require_ours(db);
    if (db.query("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'").integer(0, 0) == 0)
        return 0;
    return db.query("SELECT coalesce(max(version), 0) FROM schema_version").integer(0, 0);
}

} // namespace wxgate::store
