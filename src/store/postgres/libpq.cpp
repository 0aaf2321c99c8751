#include "store/postgres/libpq.hpp"

#include "base/log.hpp"

#include <algorithm>
#include <array>

namespace wxgate::store::postgres {

namespace {

struct free_options {
    void operator()(PQconninfoOption* o) const noexcept { PQconninfoFree(o); }
};

struct free_memory {
    void operator()(char* p) const noexcept { PQfreemem(p); }
};

/// What the server only wants to be known: a line of the log, and not of standard error.
void keep_notice(void*, char const* message) {
    log::debug("the database says", {{"what", one_line(message)}});
}

constexpr char const* local_socket = "/var/run/postgresql";
constexpr char const* roots_of_debian = "/etc/ssl/certs/ca-certificates.crt";

/// One host of a comma-separated list.
bool is_local_host(std::string_view host) noexcept {
    return host.empty() || host.front() == '/' || host.front() == '@' || host == "localhost" ||
           host == "::1" || host.starts_with("127.");
}

bool all_local(std::string_view hosts) noexcept {
    for (;;) {
        auto const comma = hosts.find(',');
        if (!is_local_host(hosts.substr(0, comma)))
            return false;
        if (comma == std::string_view::npos)
            return true;
        hosts.remove_prefix(comma + 1);
    }
}

std::string setting(std::string_view name, std::string_view value) {
    return " -c " + std::string(name) + '=' + std::string(value);
}

std::string setting(std::string_view name, milliseconds value) {
    return setting(name, std::to_string(value.count()));
}

/// What the server runs a session of this role with.
std::string settings_of(role what, store_limits const& limits) {
    std::string s;
    if (what != role::schema)
        s += setting("jit", "off"); // no statement here is worth a compilation
    switch (what) {
    case role::schema:
        return s;
    case role::write:
        s += setting("default_transaction_isolation", "read\\ committed");
        s += setting("synchronous_commit", "on");
        // All that is written is found by a key; a table without statistics must not talk the planner out of
        // it.
        s += setting("enable_seqscan", "off");
        s += setting("enable_hashjoin", "off");
        s += setting("enable_mergejoin", "off");
        s += setting("random_page_cost", "0.1");
        // Sooner than a statement's: a row that somebody keeps is not to cost those of its group their time.
        s += setting("lock_timeout", limits.timeout / 4);
        break;
    case role::read:
        s += setting("default_transaction_isolation", "repeatable\\ read");
        s += setting("default_transaction_read_only", "on");
        break;
    }
    s += setting("statement_timeout", statement_timeout(what, limits));
    s += setting("idle_in_transaction_session_timeout", limits.timeout);
    return s;
}

} // namespace

// libpq's own words about a URL may repeat it, so they are not told.
address::address(std::string_view url) {
    if (url.find('\0') != std::string_view::npos)
        throw std::runtime_error("the store's URL holds a NUL");
    char* message = nullptr;
    std::unique_ptr<PQconninfoOption, free_options> const options(
        PQconninfoParse(std::string(url).c_str(), &message)
    );
    std::unique_ptr<char, free_memory> const freed(message);
    if (!options)
        throw std::runtime_error(
            "the store's URL is not of the form postgresql://user:password@host:port/database"
        );
    for (auto const* o = options.get(); o->keyword != nullptr; ++o)
        if (o->val != nullptr && *o->val != '\0')
            set(o->keyword, o->val);

    bool const by_address = find("hostaddr") != nullptr;
    if (!by_address)
        set_default("host", local_socket);
    std::string const where = *find(by_address ? "hostaddr" : "host");
    if (!all_local(where)) {
        set_default("sslmode", "verify-full");
        private_ = *find("sslmode") == "verify-full";
        if (private_)
            set_default("sslrootcert", roots_of_debian);
    }
    set_default("port", "5432");
    set_default("application_name", "wxgate");
    set_default("gssencmode", "disable");
    set("client_encoding", "UTF8");
    // A server that vanishes without a word is noticed.
    set_default("keepalives_idle", "10");
    set_default("keepalives_interval", "3");
    set_default("keepalives_count", "3");
    set_default("tcp_user_timeout", "5000");

    auto const* const database = find("dbname");
    name_ = "postgresql://" + where + ':' + *find("port") + '/' + (database == nullptr ? "" : *database);
}

std::string const* address::find(std::string_view keyword) const {
    auto const found = std::find_if(parameters_.begin(), parameters_.end(), [&](auto const& p) {
        return p.first == keyword;
    });
    return found == parameters_.end() ? nullptr : &found->second;
}

void address::set(std::string keyword, std::string value) {
    auto const found = std::find_if(parameters_.begin(), parameters_.end(), [&](auto const& p) {
        return p.first == keyword;
    });
    if (found == parameters_.end())
        parameters_.emplace_back(std::move(keyword), std::move(value));
    else
        found->second = std::move(value);
}

void address::set_default(std::string_view keyword, std::string value) {
    if (find(keyword) == nullptr)
        parameters_.emplace_back(keyword, std::move(value));
}

connection address::connect(role what, store_limits const& limits, std::chrono::seconds patience) const {
    auto const* const given = find("options");
    std::string const options = (given == nullptr ? std::string() : *given) + settings_of(what, limits);
    std::string const timeout = std::to_string(patience.count());
    std::vector<char const*> keywords;
    std::vector<char const*> values;
    auto const add = [&](std::string const& keyword, std::string const& value) {
        keywords.push_back(keyword.c_str());
        values.push_back(value.c_str());
    };
    for (auto const& [keyword, value] : parameters_)
        if (keyword != "options" && keyword != "connect_timeout")
            add(keyword, value);
    std::string const options_keyword = "options";
    std::string const timeout_keyword = "connect_timeout";
    add(options_keyword, options);
    add(timeout_keyword, timeout);
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    connection c(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (!c)
        throw unreachable("out of memory");
    if (PQstatus(c.get()) != CONNECTION_OK)
        throw unreachable(one_line(PQerrorMessage(c.get())));
    PQsetNoticeProcessor(c.get(), keep_notice, nullptr);
    if (PQserverVersion(c.get()) < 130'000)
        throw std::runtime_error("it is older than PostgreSQL 13");
    return c;
}

milliseconds statement_timeout(role what, store_limits const& limits) noexcept {
    // Reports and the pages of a reconciliation read much; nobody's payment waits behind them.
    return what == role::read ? std::max(milliseconds(20'000), limits.timeout) : limits.timeout * 5 / 8;
}

milliseconds answer_timeout(role what, store_limits const& limits) noexcept {
    return statement_timeout(what, limits) + limits.timeout / 8;
}

failure failure_of(std::string_view sqlstate) noexcept {
    struct row {
        std::string_view prefix;
        failure what;
    };

    // The first that fits.
    constexpr std::array<row, 15> rows = {
        {{"23505", failure::overtaken}, // unique_violation
         {"23", failure::refused},      // integrity constraints, and wxgate_refuse()
         {"22", failure::refused},      // data exceptions: not UTF-8, not a number
         {"40003", failure::database},  // statement_completion_unknown
         {"40002", failure::refused},   // transaction_integrity_constraint_violation
         {"40", failure::conflict},     // serialization_failure, deadlock_detected
         {"26000", failure::conflict},  // invalid_sql_statement_name
         {"0A000", failure::conflict},  // "cached plan must not change result type", after a migration
         {"57014", failure::slow},      // statement_timeout
         {"55P03", failure::conflict},  // lock_timeout
         {"25006", failure::database},  // read_only_sql_transaction
         {"42501", failure::database},  // insufficient_privilege
         {"42", failure::wrong},
         {"08P01", failure::wrong}, // a wrong number of parameters
         {"25", failure::wrong}}};
    for (auto const& r : rows)
        if (sqlstate.starts_with(r.prefix))
            return r.what;
    return failure::database;
}

std::string one_line(char const* message) {
    std::string line(message == nullptr ? "" : message);
    while (!line.empty() && (line.back() == '\n' || line.back() == ' '))
        line.pop_back();
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::replace(line.begin(), line.end(), '\t', ' ');
    return line;
}

} // namespace wxgate::store::postgres
