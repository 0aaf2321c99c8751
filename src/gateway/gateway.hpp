// The verbs of `wxgate`. serve: workers, signals, reload, drain.
#pragma once

#include "base/time.hpp"
#include "gateway/settings.hpp"
#include "ledger/bill_day.hpp"

#include <memory>
#include <string>

namespace wxgate::gateway {

/// Runs the gateway until SIGTERM or SIGINT has drained it. Throws std::exception when it cannot start.
void serve(std::shared_ptr<settings const> s, std::string const& ready_file);

struct check_options {
    bool offline = false; // nobody outside is asked
    unix_ms built_at = 0; // this program: no clock is right that is behind it
};

/// `wxgate check`: prints a line per finding, with what to do about it; the number of those that are broken.
int check(settings const& s, check_options const& how);

/// `wxgate migrate`: brings the store's schema to this program's, beside running gateways of the version
/// before when it is a PostgreSQL database. Prints a line. Throws std::runtime_error with one line.
void migrate(settings const& s);

/// `wxgate reconcile`: compares WeChat's bills of a day with the store, also beside a running gateway. Prints
/// a line per difference and one per bill; true when all agree. Throws std::runtime_error with one line when
/// not all could be compared.
bool reconcile(settings const& s, ledger::bill_day const& day);

} // namespace wxgate::gateway
