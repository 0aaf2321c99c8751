// What `wxgate-bench VERB` runs.
#pragma once

#include "report/report.hpp"

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include <stdexcept>
#include <string>

namespace wxgate::bench {

/// A wrong option or a combination that cannot be: one clear line, exit code 2.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct verb {
    char const* name;
    char const* summary;
    /// Adds the verb's own options (main.cpp adds --json, --report and --help to all).
    void (*options)(boost::program_options::options_description& to);
    /// Runs, and gives what it found. Throws usage_error, or anything else for a run that failed (exit code
    /// 1).
    report (*run)(boost::program_options::variables_map const& with);
};

// Each is defined in the file that has its name.
extern verb const sign_verb;        // micro/sign.cpp
extern verb const xml_verb;         // micro/xml.cpp
extern verb const pay_verb;         // load/pay.cpp
extern verb const notify_verb;      // load/notify.cpp
extern verb const refund_verb;      // load/refund.cpp
extern verb const connections_verb; // load/connections.cpp
extern verb const slow_verb;        // load/slow.cpp
extern verb const floor_verb;       // load/floor.cpp: the proxy itself, as a process of its own
extern verb const preload_verb;     // load/preload.cpp: a store with so many orders

} // namespace wxgate::bench
