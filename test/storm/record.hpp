// What the shops of a storm saw, from many threads.
#pragma once

#include "checker.hpp"
#include "support/http.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace wxgate::test {

class record {
public:
    /// A payment (or refund) as a 2xx told it; `token` is the plan's name for the order, "" when unknown.
    void payment(std::string const& merchant, std::string const& token, json::value const& told);
    void refund(std::string const& merchant, json::value const& told);

    void trespassed(std::string const& merchant, std::string const& number, std::string const& what);

    /// An answer that nobody expects.
    void strange(std::string const& what);

    /// For the account of the run: each deed, by the status of its last answer (0: none).
    void count(std::string const& what, unsigned status);

    std::set<told> acknowledged() const;
    std::vector<trespass> trespasses() const;
    std::vector<std::string> trouble() const;

    /// A line a deed.
    std::string account() const;

private:
    static constexpr std::size_t max_strange = 50;

    mutable std::mutex guard_;
    std::set<told> acknowledged_;
    std::vector<trespass> trespasses_;
    std::vector<std::string> strange_;
    std::map<std::string, std::map<unsigned, std::uint64_t>> counts_;
};

} // namespace wxgate::test
