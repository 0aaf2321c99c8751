// conf/openapi.yaml, and answers held to it.
#pragma once

#include "fixture.hpp"
#include "openapi_document.hpp"

#include <set>

namespace wxgate::test {

/// Read once.
openapi_document const& document();

struct operation {
    std::string path;   // as documented
    std::string method; // "get"
    json::value what;
    bool admin = false;
};

/// The methods that a path may have.
std::set<std::string> const& verbs();

/// All of `paths`.
std::vector<operation> operations();

/// One of them; throws when it is not documented.
operation find_operation(std::string const& method, std::string const& path);

/// The answer is one the document tells of: its status, its media type, its fields.
void check_documented(operation const& o, reply const& r);

/// … and the status is this one.
void check_documented(operation const& o, reply const& r, unsigned status);

} // namespace wxgate::test
