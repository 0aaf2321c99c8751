// wxgate-sandbox: a local stand-in for WeChat Pay's servers, strict where the real ones are strict.
#include "base/log.hpp"
#include "base/text.hpp"
#include "sandbox/certificates.hpp"
#include "sandbox/server.hpp"
#include "sandbox/settings.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <exception>
#include <iostream>
#include <string>

namespace {

namespace options = boost::program_options;

constexpr char const* usage = "wxgate-sandbox: a local stand-in for WeChat Pay's servers\n"
                              "\n"
                              "  wxgate-sandbox --config FILE [--ready-file FILE]\n"
                              "  wxgate-sandbox --new-certificates DIR [--mch-id NUMBER]\n"
                              "\n";

int usage_error(std::string const& what) {
    std::cerr << "wxgate-sandbox: " << what << "; see wxgate-sandbox --help\n";
    return 2;
}

int run(int argc, char** argv) {
    options::options_description known("Options");
    // clang-format off
    known.add_options()
        ("config", options::value<std::string>()->value_name("FILE"), "run with this configuration")
        ("ready-file", options::value<std::string>()->value_name("FILE"),
            "write the bound addresses there as JSON once it answers")
        ("new-certificates", options::value<std::string>()->value_name("DIR"),
            "write a new CA, the server's and a merchant's certificate there")
        ("mch-id", options::value<std::string>()->value_name("NUMBER"),
            "the merchant of the certificate (10000100)")
        ("help", "show this")
        ("version", "show the version");
    // clang-format on
    options::variables_map given;
    try {
        using style = options::command_line_style::style_t;
        auto const parsed =
            options::command_line_parser(argc, argv)
                .options(known)
                .positional({})
                .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
                .run();
        options::store(parsed, given);
        options::notify(given);
    } catch (options::error const& e) {
        return usage_error(e.what());
    }
    if (given.count("help") != 0) {
        std::cout << usage << known;
        return 0;
    }
    if (given.count("version") != 0) {
        std::cout << "wxgate-sandbox 1.0.0\n";
        return 0;
    }
    bool const certificates = given.count("new-certificates") != 0;
    if (certificates == (given.count("config") != 0))
        return usage_error("write either --config FILE or --new-certificates DIR");
    if (certificates && given.count("ready-file") != 0)
        return usage_error("--ready-file goes with --config only");
    if (!certificates && given.count("mch-id") != 0)
        return usage_error("--mch-id goes with --new-certificates only");

    if (certificates) {
        std::string const mch_id =
            given.count("mch-id") != 0 ? given["mch-id"].as<std::string>() : "10000100";
        if (mch_id.empty() || mch_id.size() > 32 ||
            !std::all_of(mch_id.begin(), mch_id.end(), wxgate::is_alnum))
            return usage_error("--mch-id is not a merchant number of 1 to 32 digits");
        wxgate::sandbox::write_new_certificates(given["new-certificates"].as<std::string>(), mch_id);
        return 0;
    }
    auto const settings = wxgate::sandbox::read_settings(given["config"].as<std::string>());
    std::string const ready = given.count("ready-file") != 0 ? given["ready-file"].as<std::string>() : "";
    wxgate::sandbox::run_sandbox(settings, ready);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    try {
        wxgate::log::configure(wxgate::log::level::info, wxgate::log::format::text);
        return run(argc, argv);
    } catch (wxgate::sandbox::settings_error const& e) {
        std::cerr << "wxgate-sandbox: " << e.what() << '\n';
        return 2;
    } catch (std::exception const& e) {
        std::cerr << "wxgate-sandbox: " << e.what() << '\n';
        return 1;
    }
}
