// The program `wxgate`: its verbs and their options.
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/password.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "gateway/gateway.hpp"
#include "ledger/bill_day.hpp"
#include "wire/digest.hpp"

#include <wxgate/sign.hpp>

#include <boost/program_options.hpp>

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace {

namespace po = boost::program_options;
using namespace wxgate;

struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

constexpr char const* help_text = R"(wxgate, a payment front door for WeChat Mini Programs

  wxgate serve --config FILE [--ready-file FILE]   run the gateway
  wxgate check --config FILE [--offline]           look at everything that serve would and ask WeChat, and say what
                                                   is wrong and what to do; --offline asks nobody
  wxgate migrate --config FILE                     bring the store's schema to this version's
  wxgate reconcile --config FILE --date YYYYMMDD   compare WeChat's bill of a day with the store
  wxgate explain --key-file FILE [--sign-type MD5|HMAC-SHA256] FILE|-
                                                   show what a message's signature is made of (签名错误)
  wxgate new-key                                   make an API key, and the sha256 for the configuration
  wxgate hash-password                             read a password on standard input, print its scrypt string
  wxgate --help, wxgate --version

Exit: 0 done (check: nothing is broken; reconcile: they agree), 1 failed while running (check: something is broken;
reconcile: they differ), 2 wrong usage or configuration.
)";

std::string read_all(std::string const& file) {
    if (file == "-")
        return {std::istreambuf_iterator<char>(std::cin), {}};
    std::ifstream in(file, std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    if (!in)
        throw usage_error("cannot read " + file);
    return content.str();
}

unix_ms built_at() {
    return from_rfc3339(WXGATE_BUILT "T00:00:00Z").value_or(0);
}

// With such a clock no certificate is good and every time that is written is wrong.
void expect_a_clock() {
    if (now_ms() < built_at())
        throw std::runtime_error(
            "the clock says " + to_rfc3339(now_ms()) +
            ", before this program was built (" WXGATE_BUILT "): set it, then start again"
        );
}

int serve(po::variables_map const& options) {
    expect_a_clock();
    auto const s = gateway::load_settings(options["config"].as<std::string>());
    log::configure(s->log_level, s->log_format);
    metrics::get_gauge(
        "wxgate_build_info",
        "1; the labels tell which build this is.",
        metrics::label("version", WXGATE_VERSION) + ',' + metrics::label("built", WXGATE_BUILT) + ',' +
            metrics::label("compiler", __VERSION__)
    )
        .set(1);
    gateway::serve(s, options.count("ready-file") != 0 ? options["ready-file"].as<std::string>() : "");
    return 0;
}

int check(po::variables_map const& options) {
    auto const s = gateway::load_settings(options["config"].as<std::string>());
    gateway::check_options how;
    how.offline = options.count("offline") != 0;
    how.built_at = built_at();
    return gateway::check(*s, how) == 0 ? 0 : 1;
}

int migrate(po::variables_map const& options) {
    auto const s = gateway::load_settings(options["config"].as<std::string>());
    log::configure(log::level::warn, s->log_format);
    gateway::migrate(*s);
    return 0;
}

int reconcile(po::variables_map const& options) {
    auto const day = ledger::parse_bill_day(options["date"].as<std::string>());
    if (!day)
        throw usage_error("--date: write a day of Beijing's calendar as yyyyMMdd, e.g. 20261123");
    auto const s = gateway::load_settings(options["config"].as<std::string>());
    log::configure(log::level::error, s->log_format);
    return gateway::reconcile(*s, *day) ? 0 : 1;
}

int explain(po::variables_map const& options) {
    auto key = read_all(options["key-file"].as<std::string>());
    while (key.ends_with('\n') || key.ends_with('\r'))
        key.pop_back();
    if (key.empty())
        throw usage_error("--key-file: the file is empty");
    std::optional<sign_type> type;
    if (options.count("sign-type") != 0) {
        type = parse_sign_type(options["sign-type"].as<std::string>());
        if (!type)
            throw usage_error("--sign-type: write MD5 or HMAC-SHA256");
    }
    auto document = read_all(options["file"].as<std::string>());
    while (document.ends_with('\n') || document.ends_with('\r'))
        document.pop_back();
    fields message;
    if (auto const ec = decode_xml(document, message)) {
        std::cerr << "wxgate: the message cannot be read: " << ec.message() << '\n';
        return 1;
    }
    auto const e = wxgate::explain(message, key, type);
    std::cout << "algorithm: " << to_string(e.type) << "\nsigned:    " << e.canonical
              << "\nexpected:  " << e.expected
              << "\ncarried:   " << (e.carried.empty() ? "(none)" : e.carried) << '\n'
              << (e.match ? "The signature is right.\n" : "The signature is wrong.\n");
    return 0;
}

int new_key() {
    auto const key = "wxk_" + random_alnum(40);
    auto const digest = wire::sha256({key});
    std::cout << "key: " << key << "\nsha256: " << to_hex(std::string(digest.begin(), digest.end())) << '\n';
    return 0;
}

// A terminal does not show what is typed meanwhile.
class without_echo {
public:
    without_echo() : is_terminal_(tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (!is_terminal_)
            return;
        std::cerr << "password: ";
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }

    ~without_echo() {
        if (!is_terminal_)
            return;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        std::cerr << '\n';
    }

    without_echo(without_echo const&) = delete;
    without_echo& operator=(without_echo const&) = delete;

    bool is_terminal() const noexcept { return is_terminal_; }

private:
    termios before_{};
    bool is_terminal_;
};

std::string read_password() {
    without_echo const quiet;
    std::string line;
    std::getline(std::cin, line);
    if (!quiet.is_terminal() && std::cin && std::cin.peek() != std::char_traits<char>::eof())
        throw usage_error("a password is one line");
    if (line.ends_with('\r'))
        line.pop_back();
    return line;
}

int hash_password() {
    auto const password = read_password();
    if (password.size() < 8 || password.size() > 128)
        throw usage_error("a password has 8 to 128 bytes");
    if (has_control(password) || !is_utf8(password))
        throw usage_error("a password is UTF-8 without control characters");
    std::cout << wxgate::hash_password(password) << '\n';
    return 0;
}

po::variables_map parse(int argc, char** argv) {
    po::options_description all;
    auto add = all.add_options();
    add("help", "");
    add("version", "");
    add("verb", po::value<std::string>());
    add("config", po::value<std::string>());
    add("date", po::value<std::string>());
    add("offline", "");
    add("ready-file", po::value<std::string>());
    add("key-file", po::value<std::string>());
    add("sign-type", po::value<std::string>());
    add("file", po::value<std::string>());
    po::positional_options_description positions;
    positions.add("verb", 1).add("file", 1);
    po::variables_map options;
    po::store(po::command_line_parser(argc, argv).options(all).positional(positions).run(), options);
    return options;
}

// Which options a verb demands and which it also takes; any other is refused.
void demand(
    po::variables_map const& given,
    std::vector<std::string> const& demanded,
    std::vector<std::string> const& also
) {
    for (auto const& name : demanded)
        if (given.count(name) == 0)
            throw usage_error((name == "file" ? "FILE" : "--" + name) + " is missing; see wxgate --help");
    for (auto const& [name, value] : given) {
        bool const known = name == "verb" ||
                           std::find(demanded.begin(), demanded.end(), name) != demanded.end() ||
                           std::find(also.begin(), also.end(), name) != also.end();
        if (!known)
            throw usage_error(
                (name == "file" ? "the argument " + value.as<std::string>() : "--" + name) +
                " does not go with this verb"
            );
    }
}

int run(int argc, char** argv) {
    auto const options = parse(argc, argv);
    if (options.count("help") != 0) {
        std::cout << help_text;
        return 0;
    }
    if (options.count("version") != 0) {
        std::cout << "wxgate " WXGATE_VERSION "\n";
        return 0;
    }
    if (options.count("verb") == 0)
        throw usage_error("which verb? serve, check, migrate, reconcile, explain, new-key or hash-password; "
                          "see wxgate --help");
    auto const verb = options["verb"].as<std::string>();
    if (verb == "serve") {
        demand(options, {"config"}, {"ready-file"});
        return serve(options);
    }
    if (verb == "check") {
        demand(options, {"config"}, {"offline"});
        return check(options);
    }
    if (verb == "migrate") {
        demand(options, {"config"}, {});
        return migrate(options);
    }
    if (verb == "reconcile") {
        demand(options, {"config", "date"}, {});
        return reconcile(options);
    }
    if (verb == "explain") {
        demand(options, {"key-file", "file"}, {"sign-type"});
        return explain(options);
    }
    if (verb == "new-key") {
        demand(options, {}, {});
        return new_key();
    }
    if (verb == "hash-password") {
        demand(options, {}, {});
        return hash_password();
    }
    throw usage_error(
        "\"" + verb + "\" is not a verb: serve, check, migrate, reconcile, explain, new-key or hash-password"
    );
}

int fail(int status, char const* what) {
    std::fprintf(stderr, "wxgate: %s\n", what);
    return status;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (po::error const& e) {
        return fail(2, e.what());
    } catch (usage_error const& e) {
        return fail(2, e.what());
    } catch (gateway::settings_error const& e) {
        return fail(2, e.what());
    } catch (std::exception const& e) {
        return fail(1, e.what());
    }
}
