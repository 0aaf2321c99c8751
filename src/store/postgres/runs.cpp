#include "store/postgres/runs.hpp"

#include "base/assert.hpp"
#include "store/postgres/dialect.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

namespace wxgate::store::postgres {

namespace {

/// Texts are literals: the same one is at the same place.
bool is_same_text(std::string_view a, std::string_view b) noexcept {
    return a.data() == b.data() && a.size() == b.size();
}

bool is_for_many(job const& j) {
    return std::all_of(j.work.begin(), j.work.end(), [&](statement const& s) {
        return !is_next(j, s) || takes_many(s.sql);
    });
}

void add(std::vector<run>& step, place p) {
    auto const sql = p.get().sql;
    auto const same =
        std::find_if(step.begin(), step.end(), [&](run const& r) { return is_same_text(r.sql, sql); });
    if (same != step.end())
        same->places.push_back(p);
    else
        step.push_back({sql, {p}});
}

/// Like statements in a row are one step of their batch.
void add_steps(std::vector<std::vector<run>>& steps, job& j) {
    std::string_view before;
    std::size_t step = 0;
    for (std::size_t i = 0; i < j.work.size(); ++i) {
        auto const& s = j.work[i];
        if (!is_next(j, s))
            continue;
        if (!before.empty() && !is_same_text(s.sql, before))
            ++step;
        before = s.sql;
        if (steps.size() <= step)
            steps.resize(step + 1);
        add(steps[step], {&j, i});
    }
}

void add_each(std::vector<run>& runs, job& j) {
    for (std::size_t i = 0; i < j.work.size(); ++i)
        if (is_next(j, j.work[i]))
            runs.push_back({j.work[i].sql, {{&j, i}}});
}

rows& answer_of(place const& p) {
    return p.of->outcome.value()[p.index];
}

/// A row but for its last cell, which told whose it is.
rows without_last(rows const& all, std::size_t row) {
    std::vector<value> cells;
    cells.reserve(all.columns() - 1);
    for (std::size_t column = 0; column + 1 < all.columns(); ++column)
        cells.push_back(all.at(row, column));
    return {all.columns() - 1, std::move(cells), 1};
}

} // namespace

bool is_next(job const& j, statement const& s) noexcept {
    if (j.answered == 0)
        return s.when == wanted::always;
    return j.answered == 1 && s.when != wanted::always && is_wanted(s.when, j.outcome->front());
}

bool is_unfinished(job const& j) noexcept {
    return std::any_of(j.work.begin(), j.work.end(), [&](statement const& s) { return is_next(j, s); });
}

std::vector<run> runs_of(jobs const& group) {
    std::vector<std::vector<run>> steps;
    std::vector<run> others;
    for (auto const& j : group) {
        if (is_for_many(*j))
            add_steps(steps, *j);
        else
            add_each(others, *j);
    }
    std::vector<run> all;
    for (auto& step : steps)
        std::move(step.begin(), step.end(), std::back_inserter(all));
    std::move(others.begin(), others.end(), std::back_inserter(all));
    return all;
}

void hand_out(run const& r, rows answer) {
    if (!r.is_of_many()) {
        answer_of(r.places.front()) = std::move(answer);
        return;
    }
    auto const by = told_by(r.sql);
    if (by == 0)
        return; // nobody asks
    std::unordered_map<std::string_view, place const*> whose;
    for (auto const& p : r.places)
        whose.emplace(std::get<std::string>(p.get().params[by - 1]), &p);
    for (std::size_t row = 0; row < answer.size(); ++row) {
        auto const found = whose.find(answer.text(row, answer.columns() - 1));
        WXGATE_ASSERT(found != whose.end()); // it came from there
        answer_of(*found->second) = without_last(answer, row);
    }
}

void learn_types(run const& r, std::string& types) {
    for (std::size_t i = 0; i < types.size(); ++i)
        for (auto p = r.places.begin(); types[i] == type::unknown && p != r.places.end(); ++p) {
            auto const& v = p->get().params[i];
            if (std::holds_alternative<std::int64_t>(v))
                types[i] = type::number;
            else if (std::holds_alternative<std::string>(v))
                types[i] = type::text;
        }
}

} // namespace wxgate::store::postgres
