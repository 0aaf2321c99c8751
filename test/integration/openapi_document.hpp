// conf/openapi.yaml as JSON, and a small validator of the schemas it uses.
#pragma once

#include "support/http.hpp"

#include <string>
#include <vector>

namespace wxgate::test {

/// Reads the subset of YAML that the file is written in: block mappings and sequences, two spaces a level,
/// flow lists of scalars, plain and double-quoted scalars, comments. Throws std::runtime_error with the line
/// for anything else.
json::value read_yaml(std::string const& text);

/// An OpenAPI document.
class openapi_document {
public:
    explicit openapi_document(json::value root);

    json::value const& root() const noexcept { return root_; }

    /// `v` itself, or what its $ref names.
    json::value const& resolved(json::value const& v) const;

    /// The response object of an operation for a status: its own, or the default; null when there is none.
    json::value response(json::value const& operation, unsigned status) const;

    /// What is wrong with `v` by this schema; empty when nothing is.
    std::vector<std::string>
    errors(json::value const& schema, json::value const& v, std::string const& where = "$") const;

private:
    json::value root_;
};

} // namespace wxgate::test
