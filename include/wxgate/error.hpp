// Errors and outcomes.
//
// An expected outcome is a value. A call to WeChat ends in exactly one of three ways, and the types keep
// them apart: accepted (the value of an outcome), refused (WeChat said no, and said so verifiably), unknown
// (nobody can say whether it was done: a timeout, a reset, an answer that does not parse or verify,
// SYSTEMERROR). Unknown is never failed: it is resolved by asking WeChat, with the same number.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace wxgate {

using boost::system::error_code;

enum class errc {
    // wire: a message that is not what the protocol allows. Nothing may be concluded from it.
    malformed_xml = 1, // not the flat, strict document that WeChat writes
    too_many_fields,
    field_too_long,
    duplicate_field,
    bad_signature,  // `sign` absent, of the wrong shape, or not the one the key makes
    bad_ciphertext, // req_info does not decrypt
    bad_amount,     // not a whole number of fen in range
    malformed_bill, // neither the table of WeChat's trade bill nor WeChat's word that there is none
    truncated_bill, // a bill that ends too early; it says nothing of what it lacks
    corrupt_gzip,
    // net: an exchange that did not come to its end.
    resolve_failed,
    connect_failed,
    tls_failed, // handshake refused, certificate not trusted, or host name not the certificate's
    timed_out,
    connection_lost,
    pool_exhausted, // every connection is busy and the queue for one is full
    response_too_large,
    bad_status,          // an HTTP status other than 200
    certificate_refused, // our client certificate is missing, expired, or not one the server takes
    address_not_allowed, // the host has an address that is not public, and only such are allowed
    // client: an answer that cannot be believed.
    unsigned_failure,  // return_code FAIL: carries no signature, proves nothing
    mismatched_answer, // verified, but about another merchant or another order
    upstream_busy,     // SYSTEMERROR and its like: may have been done all the same
    // store
    store_unavailable, // the database cannot be reached, is full or read-only; try again later
    store_overloaded,  // the queue of the store is full
    store_constraint,  // a CHECK, UNIQUE or trigger of the database refused the batch; nothing was changed
    taken_over,        // another run of the same work has it now
    // everywhere
    invalid_argument,
    shutting_down,
    cancelled, // the caller ended the call before it had ended by itself
};

/// The category of `errc`, named "wxgate". Thread-safe; lives for ever.
boost::system::error_category const& wxgate_category() noexcept;

error_code make_error_code(errc e) noexcept;

/// WeChat refused the call, verifiably: `return_code` SUCCESS, signed by the merchant's key, `result_code`
/// FAIL.
struct refused {
    std::string err_code;     // e.g. ORDERPAID
    std::string err_code_des; // WeChat's words, UTF-8
    std::string return_code;
    std::string return_msg;
    std::string result_code;
};

/// Nobody can say whether the call was done. Ask WeChat (a query), then act on its word.
struct unknown {
    error_code code;
    std::string detail; // for a person; holds no secret
    /// False: no byte of the request left this program, so it was certainly not done and may be sent again.
    bool sent = false;
    /// What WeChat's unverified or unusable answer said, if it said anything (return_code FAIL, SYSTEMERROR).
    refused said;
};

/// Why a call did not end accepted.
class failure {
public:
    failure() = default;

    // Implicit on purpose: `co_return refused{...}` reads as what it is.
    failure(refused r) : value_(std::move(r)) {} // NOLINT(google-explicit-constructor)

    failure(unknown u) : value_(std::move(u)) {} // NOLINT(google-explicit-constructor)

    // By value, not by pointer: result::error() gives a temporary.

    /// The refusal; nothing when the outcome is unknown.
    std::optional<refused> as_refused() const;

    /// The unknown; nothing when the outcome is a refusal.
    std::optional<unknown> as_unknown() const;

    bool is_refused() const noexcept { return std::holds_alternative<refused>(value_); }

    /// True when WeChat refused with exactly this err_code.
    bool is_refused_as(std::string_view err_code) const noexcept;

    /// One line for a log: no secret, no customer's text.
    std::string message() const;

private:
    std::variant<unknown, refused> value_;
};

[[noreturn]] void throw_exception_from_error(failure const& f, boost::source_location const& where);

/// What every call of the client completes with. `T` is default-constructible.
template <class T>
using outcome = boost::system::result<T, failure>;

/// What a call that asks nobody outside returns.
template <class T>
using result = boost::system::result<T, error_code>;

} // namespace wxgate

template <>
struct boost::system::is_error_code_enum<wxgate::errc> : std::true_type {};
