#include "store/sqlite_checkpoint.hpp"

#include "base/log.hpp"

#include <utility>

namespace wxgate::store {

namespace {

// 16 MiB, of which a crash leaves that much to read at the next start. SQLite's own default is a quarter; but
// a page that many commits change, as the ends of the indexes are, is copied once for all of them.
constexpr int pages_a_checkpoint = 4000;

} // namespace

checkpointer::checkpointer(sqlite_connection& writer, sqlite_connection& own)
    : writer_(writer), own_(own), due_at_(pages_a_checkpoint) {
    sqlite3_wal_hook(writer_.native(), &checkpointer::count_pages, this);
}

int checkpointer::count_pages(void* self, sqlite3*, char const*, int pages) noexcept {
    static_cast<checkpointer*>(self)->pages_ = pages;
    return SQLITE_OK;
}

void checkpointer::after_group() {
    int const pages = std::exchange(pages_, 0);
    switch (turn_.load()) {
    case turn::bulk:
        return;
    case turn::rest:
        if (pages != 0) // else the log may be copied to its end: see the class
            copy_rest(pages);
        return;
    case turn::none:
        break;
    }
    if (pages < due_at_)
        return;
    {
        std::lock_guard const lock(mutex_);
        turn_ = turn::bulk;
    }
    wake_.notify_one();
}

void checkpointer::copy_rest(int pages) {
    int in_log = 0;
    int copied = 0;
    int const code =
        sqlite3_wal_checkpoint_v2(writer_.native(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
    // A long read holds on to the log: to try at every commit would cost each of them, so wait for more
    // pages.
    bool const whole = code == SQLITE_OK && copied >= in_log;
    due_at_ = whole ? pages_a_checkpoint : pages + pages_a_checkpoint;
    turn_ = turn::none;
}

void checkpointer::copy_bulk() {
    int const code =
        sqlite3_wal_checkpoint_v2(own_.native(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        log::warn("a checkpoint of the store failed", {{"why", own_.describe(code)}});
}

void checkpointer::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || turn_ == turn::bulk; });
        if (stopping_)
            return;
        lock.unlock();
        copy_bulk();
        turn_ = turn::rest;
        lock.lock();
    }
}

void checkpointer::stop() {
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
}

} // namespace wxgate::store
