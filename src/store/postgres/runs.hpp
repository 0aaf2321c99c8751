// What of a group of batches is sent: their statements, where like ones of several batches are sent as one.
// No I/O.
//
// Half of what a small statement costs the server is being a statement. So one whose text allows it (its
// marks: postgres/dialect.hpp) is run once for the parameters of all batches of the group that have it.
#pragma once

#include "store/job.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::store::postgres {

/// Whether `s`, of `j`, is to be sent with what is sent of `j` next.
bool is_next(job const& j, statement const& s) noexcept;

/// Whether anything of it is.
bool is_unfinished(job const& j) noexcept;

/// A statement of a batch. The batch outlives it.
struct place {
    job* of;
    std::size_t index;

    statement const& get() const { return of->work[index]; }
};

/// What is sent once: a statement, or the like ones of several places.
struct run {
    std::string_view sql;
    std::vector<place> places; // one at least

    bool is_of_many() const noexcept { return places.size() > 1; }
};

/// What is next of these batches. No two of them may change the same row: the statements of those that can be
/// run for many come first, all first ones before all second ones. (A guard that looks at another row does
/// not see what the same run does there: a unique key must stand behind it.)
std::vector<run> runs_of(jobs const& group);

/// Gives each place its part of what the run has yielded.
void hand_out(run const& r, rows answer);

/// Of a run's parameters: sets in `types`, which has a letter each (postgres/dialect.hpp), what is unknown
/// there and can be seen in `r`.
void learn_types(run const& r, std::string& types);

} // namespace wxgate::store::postgres
