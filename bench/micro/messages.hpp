// What the micro verbs sign, decode and encode: WeChat's messages as they come and go (protocol A3, A5, A8,
// A10).
#pragma once

#include <wxgate/fields.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wxgate::bench {

inline constexpr std::string_view sample_key = "192006250b4c09247ec02edce69f6a2d";

using name_values = std::vector<std::pair<std::string, std::string>>;

fields to_fields(name_values const& list);

name_values to_name_values(fields const& message);

/// A message of 5, 20 or 60 fields beside its signature, which it does not have, in the order of their names.
name_values unsigned_message(std::size_t size);

struct sample_document {
    std::string key; // in the names of figures
    std::string name;
    name_values list;
    std::string text; // as WeChat, or the program, writes it
};

/// unifiedorder's request and answer, a payment notification (20 fields, 924 bytes), and a refund query's
/// answer with ten refunds; all signed.
std::vector<sample_document> sample_documents();

} // namespace wxgate::bench
