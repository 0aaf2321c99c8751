// Money: a whole number of fen (分, a hundredth of a yuan). No floating point comes near it.
#pragma once

#include <wxgate/error.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace wxgate {

class fen {
public:
    constexpr fen() = default;

    constexpr explicit fen(std::int64_t amount) noexcept : amount_(amount) {}

    constexpr std::int64_t count() const noexcept { return amount_; }

    constexpr auto operator<=>(fen const&) const = default;

    /// Reads what WeChat writes: decimal digits only, no sign, no leading zero but "0" itself, at most
    /// `max_amount`. Anything else is errc::bad_amount.
    static result<fen> parse(std::string_view text) noexcept;

    /// The digits, as they stand in a message.
    std::string to_string() const;

private:
    std::int64_t amount_ = 0;
};

/// The largest amount that is taken anywhere, 100 million yuan: the contract's bound of total_fee.
inline constexpr fen max_amount{10'000'000'000};

} // namespace wxgate
