// Every bound of the program, in one place, with its default and its reason.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace wxgate {

using milliseconds = std::chrono::milliseconds;

/// Bounds of one HTTP listener. Counts are per worker unless told otherwise.
struct server_limits {
    std::size_t max_connections = 20'000;
    std::size_t max_connections_per_address = 1000; // of the process; WeChat comes from few addresses
    std::size_t max_body = 64 * 1024;
    std::size_t max_header = 8 * 1024;
    std::size_t max_header_fields = 64;
    std::size_t max_target = 2048;
    /// Beast 1.81 throws out of run() for a trailer value over 64 KiB: a buffer that small never holds one.
    std::size_t read_buffer = 48 * 1024;
    std::size_t max_requests_per_connection = 1000; // nginx's keepalive_requests
    /// Over any of these a request is refused with 503 at once. Notifications have room of their own, and are
    /// the last to be refused (gateway/api/overload.hpp).
    std::size_t max_in_flight = 1024;    // calls of the API under way
    std::size_t max_notifications = 512; // notifications under way
    /// Bytes of replies that their readers have not taken; over it those go who are longest at theirs.
    std::size_t max_unsent = 64UL * 1024 * 1024;
    milliseconds max_store_wait{500};         // that a call would wait for the store
    milliseconds max_notification_wait{2000}; // … a notification; the store gives up at 2.5 s, WeChat at 5 s
    std::size_t socket_buffer = 64UL * 1024;  // of the kernel's, each way, so that a slow peer costs no more
    milliseconds handshake_timeout{10'000};   // the whole TLS handshake
    milliseconds header_timeout{10'000};      // the whole header, from its first byte
    milliseconds body_timeout{10'000};        // the whole body
    milliseconds write_timeout{10'000};       // the whole reply
    milliseconds idle_timeout{60'000};
    milliseconds request_timeout{30'000}; // the handler, upstream calls included
    milliseconds linger{1000};            // reading on after a refusal, so that the peer sees the answer
    milliseconds drain_timeout{10'000};
};

/// Bounds of the calls to one upstream.
struct client_limits {
    milliseconds connect_timeout{3000}; // TCP and TLS
    milliseconds timeout{8000};         // one attempt, connect included
    milliseconds idle_timeout{7000};    // WeChat closes an idle connection at 8 s
    milliseconds max_connection_age{55'000};
    std::size_t max_uses = 1000;
    std::size_t max_connections = 128; // per (host, TLS identity) and thread
    std::size_t max_waiters = 1024;    // calls that wait for a connection
    std::size_t max_response = 64 * 1024;
    std::size_t max_response_header = 16 * 1024;
    std::size_t bill_group = 500; // rows of a bill that are handed on at a time
};

/// What WeChat allows of refunds (protocol A8), and how long people's decisions hold.
struct refund_limits {
    std::size_t max_per_order = 50;
    milliseconds window{365LL * 24 * 3600 * 1000}; // after the payment
    milliseconds order_interval{60'000};           // between two refunds of one order
    milliseconds approval_life{24LL * 3600 * 1000};
    /// Between tries, and between questions, of one refund; doubled from the first to the last.
    milliseconds first_retry{1000};
    milliseconds last_retry{3'600'000};
    milliseconds poor_retry{600'000};        // the merchant's balance was not enough
    milliseconds certificate_retry{600'000}; // WeChat refused the certificate; at once when it is swapped
    std::size_t max_a_second = 120;          // of WeChat's 150, for the whole process
    std::size_t max_errors_a_second = 5;     // of WeChat's 6
    std::size_t max_under_way = 32;          // looks at a time; one worker of the process makes them
    std::size_t tries_to_be_stuck = 12;      // looks without an answer, until a person hears of it: an hour
    milliseconds change_look{24LL * 3600 * 1000}; // at what a person must settle at WeChat
    milliseconds lease{60'000};                   // how long a worker may keep a refund to itself
};

/// When an order that is not paid is asked about, and closed.
struct resolver_limits {
    /// After its creation; then hourly, to its end.
    std::array<milliseconds, 8> looks{
        milliseconds(10'000),
        milliseconds(20'000),
        milliseconds(30'000),
        milliseconds(60'000),
        milliseconds(180'000),
        milliseconds(300'000),
        milliseconds(600'000),
        milliseconds(1'800'000)};
    milliseconds hourly{3'600'000};
    milliseconds earliest_close{300'000}; // after its creation: WeChat's own rule for closeorder
    std::size_t max_under_way = 32;       // looks at a time; one worker of the process makes them
    std::size_t max_a_second = 100;       // queries, for the whole process
    milliseconds lease{60'000};           // how long a worker may keep an order to itself
};

/// How the shop is told (Standard Webhooks' schedule: 75.6 hours).
struct webhook_limits {
    /// Between one try and the next; after the last the message is `failed`.
    std::array<milliseconds, 9> waits{
        milliseconds(5'000),
        milliseconds(300'000),
        milliseconds(1'800'000),
        milliseconds(7'200'000),
        milliseconds(18'000'000),
        milliseconds(36'000'000),
        milliseconds(50'400'000),
        milliseconds(72'000'000),
        milliseconds(86'400'000)};
    milliseconds longest_retry_after{3'600'000};
    milliseconds timeout{15'000}; // one try
    std::size_t max_reply = 64 * 1024;
    std::size_t max_kept_reply = 256; // bytes of it that are kept with a failure
    std::size_t max_per_endpoint =
        4;                          // tries at a time, of each worker, so that one that hangs harms no other
    std::size_t max_waiting = 1024; // for one, carried from who wrote them; of each worker
    std::size_t max_under_way = 64; // of all that were found in the store
    milliseconds lease{60'000};
};

/// A day of WeChat's bills against the store.
struct reconcile_limits {
    std::size_t page = 1000; // rows that are read, compared or removed by one statement
    /// A payment or refund so close to midnight is looked for in the bills of both days.
    milliseconds boundary{300'000};
    milliseconds ready{10LL * 3600 * 1000};     // after the midnight that ends a day: WeChat has its bill
    milliseconds kept{90LL * 24 * 3600 * 1000}; // how long WeChat has it: three months
    milliseconds patience{3'600'000};           // of one bill
    milliseconds lease{60'000};                 // how long a run may keep a day to itself, from page to page
    milliseconds first_retry{600'000};          // of the daily run; doubled from the first to the last
    milliseconds last_retry{3'600'000};
};

/// The operators' login (RELIABILITY 5.3): scrypt takes about half a second and 32 MiB.
struct login_limits {
    std::size_t max_hashes = 2;   // at a time
    std::size_t max_waiting = 32; // for their turn; over it 503
    std::size_t max_password = 1024;
    std::size_t max_failures = 10; // of one account within `failure_window`
    milliseconds failure_window{900'000};
    milliseconds first_lockout{1000}; // then doubled by each further failure
    milliseconds longest_lockout{900'000};
    std::size_t max_unknown_names = 1000; // names nobody has, counted like others
    milliseconds session_idle{900'000};
    milliseconds session_life{8LL * 3600 * 1000};
    milliseconds session_touch{60'000}; // how often "last seen" is written at most
    std::size_t max_sessions = 1000;
};

struct store_limits {
    std::size_t max_queue = 8192; // batches waiting for the writer or the reader
    std::size_t max_group = 256;  // batches under one commit
    milliseconds timeout{4000};   // a caller's patience; WeChat waits 5 s for its acknowledgement
};

} // namespace wxgate
