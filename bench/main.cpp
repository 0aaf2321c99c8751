// wxgate-bench: what wxgate costs, measured against what it is made of.
#include "report/compare.hpp"
#include "verb.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace wxgate::bench;

using arguments = std::vector<std::string>;

constexpr verb const* verbs[] = {
    &sign_verb,
    &xml_verb,
    &pay_verb,
    &notify_verb,
    &refund_verb,
    &connections_verb,
    &slow_verb,
    &floor_verb,
    &preload_verb,
};

constexpr char const* compare_summary = "two runs side by side: compare FIRST.json SECOND.json";

verb const* find_verb(std::string_view name) {
    auto const at =
        std::find_if(std::begin(verbs), std::end(verbs), [&](verb const* v) { return v->name == name; });
    return at == std::end(verbs) ? nullptr : *at;
}

void show_help() {
    std::cout << "wxgate-bench: what wxgate costs, measured on this machine\n"
                 "\n"
                 "  wxgate-bench VERB [options]\n"
                 "  wxgate-bench VERB --help\n"
                 "  wxgate-bench --help, wxgate-bench --version\n"
                 "\n"
                 "Verbs:\n";
    auto const line = [](char const* name, char const* summary) {
        std::cout << "  " << std::left << std::setw(13) << name << summary << '\n';
    };
    for (verb const* const v : verbs)
        line(v->name, v->summary);
    line("compare", compare_summary);
    std::cout << "\nExit: 0 done, 1 the run failed or the money differs (or, with --strict, any verdict was "
                 "missed), 2 wrong usage.\n";
}

void show_help(std::string const& name, char const* summary, po::options_description const& known) {
    std::cout << "wxgate-bench " << name << ": " << summary << "\n\n" << known;
}

po::options_description output_options() {
    po::options_description known("Output");
    auto add = known.add_options();
    add("json",
        po::value<std::string>()->value_name("FILE"),
        "write what was found there, for compare and scripts");
    add("report",
        po::value<std::string>()->value_name("FILE"),
        "write it there as a page: tables and pictures");
    add("strict", "exit 1 when a verdict was missed");
    add("help", "show this");
    return known;
}

po::variables_map parse(
    arguments const& given,
    po::options_description const& known,
    po::positional_options_description const& positions = {}
) {
    using style = po::command_line_style::style_t;
    po::variables_map with;
    po::store(
        po::command_line_parser(given)
            .options(known)
            .positional(positions)
            .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
            .run(),
        with
    );
    po::notify(with);
    return with;
}

// Found out before the run and not after it.
void demand_writable(po::variables_map const& with) {
    for (char const* const option : {"json", "report"}) {
        if (with.count(option) == 0)
            continue;
        auto const& file = with[option].as<std::string>();
        if (!std::ofstream(file, std::ios::app))
            throw usage_error("cannot write " + file);
    }
}

void warn_of_build(report& r) {
#if !defined(__OPTIMIZE__)
    r.warnings.insert(
        r.warnings.begin(), "this build is not optimised, its figures say little: cmake --preset release"
    );
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    r.warnings.insert(r.warnings.begin(), "this build has a sanitizer, its figures say little");
#else
    (void)r;
#endif
}

// Prints and writes it, and gives the exit code.
int deliver(report const& r, po::variables_map const& with) {
    print("Machine", r.machine, std::cout);
    print("Configuration", r.configuration, std::cout);
    print(r, std::cout);
    if (with.count("json") != 0)
        write_json(r, with["json"].as<std::string>());
    if (with.count("report") != 0)
        write_html(r, with["report"].as<std::string>());
    bool const strict = with.count("strict") != 0;
    bool const failed = std::any_of(r.verdicts.begin(), r.verdicts.end(), [&](verdict const& v) {
        return !v.held() && (strict || (v.always && !r.interrupted)); // else money may be under way
    });
    return failed ? 1 : 0;
}

int run_verb(verb const& v, arguments const& given) {
    po::options_description known("Options");
    v.options(known);
    known.add(output_options());
    auto const with = parse(given, known);
    if (with.count("help") != 0) {
        show_help(v.name, v.summary, known);
        return 0;
    }
    demand_writable(with);
    auto machine = describe_machine(); // and when the run began
    report r = v.run(with);
    r.verb = v.name;
    r.machine = std::move(machine);
    warn_of_build(r);
    return deliver(r, with);
}

report read_run(std::string const& file) {
    try {
        return read_json(file);
    } catch (std::runtime_error const& e) {
        throw usage_error(e.what());
    }
}

int run_compare(arguments const& given) {
    po::options_description const shown = output_options();
    po::options_description known;
    known.add(shown).add_options()("file", po::value<arguments>());
    auto const with = parse(given, known, po::positional_options_description().add("file", -1));
    if (with.count("help") != 0) {
        show_help("compare", compare_summary, shown);
        return 0;
    }
    if (with.count("file") == 0 || with["file"].as<arguments>().size() != 2)
        throw usage_error("write two files: compare FIRST.json SECOND.json");
    auto const& files = with["file"].as<arguments>();
    report const before = read_run(files.front());
    report const after = read_run(files.back());
    demand_writable(with);
    return deliver(compare(before, after), with);
}

int run(arguments given) {
    if (given.empty())
        throw usage_error("which verb? See wxgate-bench --help");
    std::string const name = given.front();
    given.erase(given.begin());
    if (name == "--help") {
        show_help();
        return 0;
    }
    if (name == "--version") {
        std::cout << "wxgate-bench " WXGATE_VERSION "\n";
        return 0;
    }
    if (name == "compare")
        return run_compare(given);
    if (verb const* const v = find_verb(name))
        return run_verb(*v, given);
    throw usage_error("\"" + name + "\" is not a verb; see wxgate-bench --help");
}

int fail(int status, std::string const& what) {
    std::cerr << "wxgate-bench: " << what << '\n';
    return status;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run(arguments(argv + 1, argv + argc));
    } catch (po::error const& e) {
        return fail(2, e.what());
    } catch (usage_error const& e) {
        return fail(2, e.what());
    } catch (std::exception const& e) {
        return fail(1, e.what());
    }
}
