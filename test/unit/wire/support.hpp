// What the tests of `wire` share: a notification to start from, a seeded generator, naive helpers.
#pragma once

#include <wxgate/notification.hpp>

#include <cstdint>
#include <iosfwd>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace test {

inline constexpr std::string_view key = "192006250b4c09247ec02edce69f6a2d";

using pairs = std::vector<std::pair<std::string, std::string>>;

/// The fields of a payment notification without its sign, alphabetical, as WeChat sends them.
pairs payment();

wxgate::fields to_fields(pairs const& list);

pairs to_pairs(wxgate::fields const& message);

/// Adds the sign and writes the document.
std::string signed_document(pairs const& list, wxgate::sign_type type, std::string_view with_key = key);

std::string document_of(wxgate::fields const& message);

/// `list` with the value of `name` replaced, or the field added at the end.
pairs with(pairs list, std::string const& name, std::string const& value);

pairs without(pairs list, std::string const& name);

/// The seed of this run: WXGATE_SEED, or of the clock. It is printed once, so that a failure can be run
/// again.
std::uint64_t seed();

using generator = std::mt19937_64;

std::size_t pick(generator& g, std::size_t below);

/// A name that may stand in a message.
std::string random_name(generator& g);

/// Text of characters XML allows, rich in what is hard: "]]>", CR, quotes, markup, Chinese, emoji.
std::string random_text(generator& g, std::size_t pieces);

/// A message with `size` distinct names.
pairs random_message(generator& g, std::size_t size);

wxgate::error_code code(wxgate::errc e);

/// Bytes as they can be read in a report.
std::string printable(std::string_view bytes);

} // namespace test
