#include "store/postgres/dialect.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace wxgate::store::postgres {

namespace {

constexpr std::string_view clock = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
constexpr std::string_view mark_of_now = "/*now*/";
constexpr std::string_view mark_of_theirs = "/*sqlite*/";
constexpr std::string_view mark_of_ours = "/*pg ";
constexpr std::string_view mark_of_each = "/*each ";
constexpr std::string_view mark_of_told = "/*told ";
constexpr std::string_view end_of_mark = "*/";
constexpr std::string_view create_trigger = "CREATE TRIGGER ";
constexpr std::string_view begin_of_refusal = " BEGIN SELECT RAISE(";
constexpr std::string_view end_of_trigger = " END";

struct phrase {
    std::string_view theirs;
    std::string_view ours;
};

constexpr std::array<phrase, 4> ddl_phrases = {
    {{") STRICT, WITHOUT ROWID", ")"},
     {") STRICT", ")"},
     {" INTEGER", " bigint"},
     {" TEXT", " text COLLATE \"C\""}}};

/// The end of what begins at `at`: a text in quotes, a comment, or a single character.
std::size_t end_of_piece(std::string_view sql, std::size_t at) {
    char const c = sql[at];
    if (c == '\'' || c == '"') {
        auto const end = sql.find(c, at + 1); // a doubled quote is two pieces, which comes to the same
        return end == std::string_view::npos ? sql.size() : end + 1;
    }
    if (sql.substr(at).starts_with("--")) {
        auto const end = sql.find('\n', at);
        return end == std::string_view::npos ? sql.size() : end;
    }
    if (sql.substr(at).starts_with("/*")) {
        auto const end = sql.find("*/", at + 2);
        return end == std::string_view::npos ? sql.size() : end + 2;
    }
    return at + 1;
}

std::size_t end_of_digits(std::string_view sql, std::size_t at) {
    while (at < sql.size() && is_digit(sql[at]))
        ++at;
    return at;
}

/// The number of the parameter whose `$` stands at `at`; 0: it is none.
std::size_t parameter_at(std::string_view sql, std::size_t at) {
    if (at >= sql.size() || sql[at] != '$')
        return 0;
    auto const digits = sql.substr(at + 1, end_of_digits(sql, at + 1) - at - 1);
    auto const number = parse_uint(digits, 32'766);
    return number ? static_cast<std::size_t>(*number) : 0;
}

/// Fills in what the comments say, and counts the parameters.
translated fill_in(std::string_view sql) {
    translated t;
    t.sql.reserve(sql.size() + 64);
    for (std::size_t at = 0; at < sql.size();) {
        auto const rest = sql.substr(at);
        auto const end = end_of_piece(sql, at);
        if (rest.starts_with(mark_of_now) && parameter_at(sql, end) != 0) {
            t.params = std::max(t.params, parameter_at(sql, end));
            t.sql += clock;
            at = end_of_digits(sql, end + 1);
            continue;
        }
        if (rest.starts_with(mark_of_theirs) && rest.find(mark_of_ours) != std::string_view::npos) {
            at += rest.find(mark_of_ours);
            continue;
        }
        if (rest.starts_with(mark_of_ours)) {
            t.sql += sql.substr(at + mark_of_ours.size(), end - at - mark_of_ours.size() - 2);
        } else {
            t.params = std::max(t.params, parameter_at(sql, at));
            t.sql += sql.substr(at, end - at);
        }
        at = end;
    }
    return t;
}

void replace_all(std::string& text, phrase const& p) {
    for (auto at = text.find(p.theirs); at != std::string::npos; at = text.find(p.theirs, at + p.ours.size()))
        text.replace(at, p.theirs.size(), p.ours);
}

/// What a mark says, whose text is `piece`.
std::string_view inside(std::string_view piece, std::string_view mark) {
    return piece.substr(mark.size(), piece.size() - mark.size() - end_of_mark.size());
}

struct told {
    std::string_view what;
    std::size_t by = 0;
};

/// Of `E = $n`.
told read_told(std::string_view text) {
    auto const at = text.rfind(" = $");
    if (at == std::string_view::npos)
        return {};
    return {text.substr(0, at), parameter_at(text, at + 3)};
}

/// The arrays, as a table with a column pN for the parameter N.
std::string table_of(std::string_view types) {
    std::string arrays;
    std::string names;
    int count = 0;
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (types[i] == type::unknown)
            continue;
        char const* const comma = count == 0 ? "" : ", ";
        arrays += comma + ('$' + std::to_string(++count));
        names += comma + ('p' + std::to_string(i + 1));
    }
    return " unnest(" + arrays + ") AS p(" + names + ")";
}

/// CREATE TRIGGER name BEFORE what ON table [WHEN …] BEGIN SELECT RAISE(…, 'why'); END. Anything else is left
/// as it is, and PostgreSQL says what is wrong with it.
std::string trigger_to_postgresql(std::string_view trigger) {
    auto const body = trigger.find(begin_of_refusal);
    auto const why = body == std::string_view::npos ? body : trigger.find('\'', body);
    auto const end = why == std::string_view::npos ? why : trigger.find('\'', why + 1);
    if (end == std::string_view::npos)
        return std::string(trigger);
    auto const head = trigger.substr(0, body);
    auto const when = head.find(" WHEN ");
    std::string const call =
        " EXECUTE FUNCTION wxgate_refuse(" + std::string(trigger.substr(why, end + 1 - why)) + ")";
    std::string made(head.substr(0, when));
    made += " FOR EACH ROW";
    if (when != std::string_view::npos)
        made += " WHEN (" + std::string(head.substr(when + 6)) + ")";
    made += call;
    auto const removal = head.find(" BEFORE DELETE ON ");
    if (removal == std::string_view::npos || when != std::string_view::npos)
        return made;
    made += "; " + std::string(head.substr(0, removal)) + "_at_once BEFORE TRUNCATE ON ";
    made += head.substr(removal + std::string_view(" BEFORE DELETE ON ").size());
    return made + call;
}

std::string ddl_to_postgresql(std::string text) {
    for (auto const& p : ddl_phrases)
        replace_all(text, p);
    for (auto at = text.find(create_trigger); at != std::string::npos;) {
        auto const body = text.find(begin_of_refusal, at);
        auto const end = body == std::string::npos ? body : text.find(end_of_trigger, body + 6);
        if (end == std::string::npos)
            break;
        auto const size = end + end_of_trigger.size() - at;
        auto const made = trigger_to_postgresql(std::string_view(text).substr(at, size));
        text.replace(at, size, made);
        at = text.find(create_trigger, at + made.size());
    }
    return text;
}

} // namespace

translated to_postgresql(std::string_view sql) {
    auto t = fill_in(sql);
    if (t.sql.starts_with("CREATE ") || t.sql.starts_with("ALTER "))
        t.sql = ddl_to_postgresql(std::move(t.sql));
    return t;
}

bool takes_many(std::string_view sql) noexcept {
    return sql.find(mark_of_each) != std::string_view::npos;
}

std::size_t told_by(std::string_view sql) noexcept {
    auto const at = sql.rfind(mark_of_told);
    return at == std::string_view::npos ? 0 : read_told(inside(sql.substr(at), mark_of_told)).by;
}

std::string to_postgresql_for_many(std::string_view sql, std::string_view types) {
    auto const once = fill_in(sql).sql;
    std::string_view const from = once;
    std::string made;
    made.reserve(from.size() + 512);
    for (std::size_t at = 0; at < from.size();) {
        auto end = end_of_piece(from, at);
        auto const piece = from.substr(at, end - at);
        if (piece.starts_with(mark_of_each)) {
            made += inside(piece, mark_of_each) == "," ? "," : " FROM";
            made += table_of(types);
        } else if (piece.starts_with(mark_of_told)) {
            made += made.find(" RETURNING ") == std::string::npos ? " RETURNING " : ", ";
            made += read_told(inside(piece, mark_of_told)).what;
        } else if (auto const n = parameter_at(from, at); n != 0) {
            end = end_of_digits(from, end);
            made += n > types.size() || types[n - 1] == type::unknown ? "NULL" : "p.p" + std::to_string(n);
        } else {
            made += piece;
        }
        at = end;
    }
    return made;
}

std::string schema_to_postgresql(std::string_view sql) {
    return ddl_to_postgresql(fill_in(sql).sql);
}

} // namespace wxgate::store::postgres
