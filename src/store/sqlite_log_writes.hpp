// SQLite writes its log in pieces: 24 bytes, a page, 24 bytes, a page. Here they are gathered, so that a
// commit is written at once.
#pragma once

namespace wxgate::store {

/// The name of a VFS, for sqlite3_open_v2(): the default one, but for writes to a write-ahead log. They are
/// held back in memory until the frame that ends a transaction has come, which is before SQLite syncs the log
/// and before it tells other connections of what is there. Until then they are this connection's own
/// business; whatever else it does with the log finds them written. An error comes out of the call that
/// writes, where SQLite would have met it itself, or a little later in the same commit.
///
/// Null when SQLite has no default VFS, or no memory.
char const* gather_log_writes() noexcept;

} // namespace wxgate::store
