// A folder of a test's own, removed when the test ends (kept with WXGATE_KEEP=1 in the environment).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace wxgate::test {

class scratch {
public:
    scratch();
    ~scratch();
    scratch(scratch const&) = delete;
    scratch& operator=(scratch const&) = delete;

    std::filesystem::path const& folder() const noexcept { return folder_; }

    /// The path of a file in it, as text.
    std::string path(std::string_view name) const;

    /// Writes a file that only this user may read; gives its path.
    std::string write(std::string_view name, std::string_view content) const;

private:
    std::filesystem::path folder_;
};

/// A file's content; "" when it is not there.
std::string read_file(std::filesystem::path const& file);

} // namespace wxgate::test
