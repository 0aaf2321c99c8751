// Reading an INFO file so that every mistake is told with its file and key. Nothing here knows what the keys
// mean.
#pragma once

#include "gateway/settings.hpp"

#include <boost/property_tree/ptree.hpp>

#include <chrono>
#include <set>
#include <string>
#include <string_view>

namespace wxgate::gateway {

/// One section of the file. Keys that nobody asked for are refused by finish().
class section {
public:
    /// `environment`: scalars may be overridden by WXGATE_<PATH>_<KEY>.
    section(std::string file, std::string path, boost::property_tree::ptree const* tree, bool environment);

    bool has(std::string const& key) const;

    std::string text(std::string const& key, std::string const& otherwise);
    std::string demanded(std::string const& key);
    std::int64_t
    number(std::string const& key, std::int64_t otherwise, std::int64_t lowest, std::int64_t highest);
    std::size_t bytes(std::string const& key, std::size_t otherwise, std::size_t lowest, std::size_t highest);
    std::chrono::milliseconds duration(std::string const& key, std::chrono::milliseconds otherwise);
    bool yes_or_no(std::string const& key, bool otherwise);
    std::string
    one_of(std::string const& key, std::string const& otherwise, std::vector<std::string> const& allowed);

    /// A path, made relative to the file; "" stays "".
    std::string path(std::string const& key);

    /// A path of the configuration, made relative to its file.
    std::string relative(std::string const& path) const;

    /// Refuses the file that the key names when others than its owner may read or change it. (What the
    /// service manager put into $CREDENTIALS_DIRECTORY is ours alone by its word: its modes show an access
    /// list's mask.)
    void keep_private(std::string const& key);

    /// The content of the file that `key` names, without line ends at its end; "" when the key is absent. It
    /// must be private.
    std::string secret(std::string const& key);

    section child(std::string const& key);

    /// The names of the sections inside, in the file's order; two of one name are refused.
    std::vector<std::string> names();

    /// Throws settings_error: FILE: PATH.KEY: what.
    [[noreturn]] void fail(std::string const& key, std::string const& what) const;

    /// Refuses every key that was not asked for.
    void finish() const;

private:
    std::string const* find(std::string const& key);
    std::string environment_name(std::string const& key) const;

    std::string file_;
    std::string path_;
    boost::property_tree::ptree const* tree_;
    bool environment_;
    std::set<std::string> known_;
    std::set<std::string> overridden_;
    std::string override_;
};

/// Parses the file. Throws settings_error.
boost::property_tree::ptree read_info_file(std::string const& file);

} // namespace wxgate::gateway
