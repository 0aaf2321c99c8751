#include <wxgate/error.hpp>

#include <boost/throw_exception.hpp>

namespace wxgate {

namespace {

char const* describe(errc e) noexcept {
    switch (e) {
    case errc::malformed_xml:
        return "not the flat XML document of WeChat Pay";
    case errc::too_many_fields:
        return "too many fields";
    case errc::field_too_long:
        return "a field's name or value is too long";
    case errc::duplicate_field:
        return "a field stands twice";
    case errc::bad_signature:
        return "the signature does not verify";
    case errc::bad_ciphertext:
        return "req_info does not decrypt";
    case errc::bad_amount:
        return "not an amount in fen";
    case errc::malformed_bill:
        return "not a trade bill of WeChat Pay";
    case errc::truncated_bill:
        return "the bill ends too early";
    case errc::corrupt_gzip:
        return "the gzip stream is corrupt";
    case errc::resolve_failed:
        return "the host name does not resolve";
    case errc::connect_failed:
        return "cannot connect";
    case errc::tls_failed:
        return "the TLS handshake failed";
    case errc::timed_out:
        return "timed out";
    case errc::connection_lost:
        return "the connection was lost";
    case errc::pool_exhausted:
        return "no connection is free";
    case errc::response_too_large:
        return "the response is too large";
    case errc::bad_status:
        return "the HTTP status is not 200";
    case errc::certificate_refused:
        return "the client certificate is missing, expired or not the one WeChat wants";
    case errc::address_not_allowed:
        return "the host has an address that is not public";
    case errc::unsigned_failure:
        return "WeChat answered return_code FAIL, unsigned";
    case errc::mismatched_answer:
        return "the answer is about something else than was asked";
    case errc::upstream_busy:
        return "WeChat is busy; the call may have been done";
    case errc::store_unavailable:
        return "the store is not available";
    case errc::store_overloaded:
        return "the store's queue is full";
    case errc::store_constraint:
        return "a constraint of the store refused the change";
    case errc::taken_over:
        return "another run of the same work has taken it over";
    case errc::invalid_argument:
        return "invalid argument";
    case errc::shutting_down:
        return "shutting down";
    case errc::cancelled:
        return "cancelled by the caller";
    }
    return "unknown error";
}

// Boost's category has no virtual destructor on purpose: none is ever destroyed through a base pointer.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "wxgate"; }

    std::string message(int value) const override { return describe(static_cast<errc>(value)); }
};

#pragma GCC diagnostic pop

} // namespace

boost::system::error_category const& wxgate_category() noexcept {
    static category const instance;
    return instance;
}

error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), wxgate_category()};
}

std::optional<refused> failure::as_refused() const {
    auto const* r = std::get_if<refused>(&value_);
    return r != nullptr ? std::optional(*r) : std::nullopt;
}

std::optional<unknown> failure::as_unknown() const {
    auto const* u = std::get_if<unknown>(&value_);
    return u != nullptr ? std::optional(*u) : std::nullopt;
}

bool failure::is_refused_as(std::string_view err_code) const noexcept {
    auto const* r = std::get_if<refused>(&value_);
    return r != nullptr && r->err_code == err_code;
}

std::string failure::message() const {
    if (auto const* r = std::get_if<refused>(&value_))
        return "refused: " + r->err_code;
    auto const& u = std::get<unknown>(value_);
    std::string text = (u.sent ? "unknown: " : "not sent: ") + u.code.message();
    if (!u.detail.empty())
        text += " (" + u.detail + ")";
    return text;
}

void throw_exception_from_error(failure const& f, boost::source_location const& where) {
    auto const u = f.as_unknown();
    auto const code = u ? u->code : make_error_code(errc::invalid_argument);
    boost::throw_exception(boost::system::system_error(code, f.message()), where);
}

} // namespace wxgate
