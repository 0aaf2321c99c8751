// A folder for a run's files, removed at its end. It must be on a real disk: what is measured has its fsyncs
// in it.
#pragma once

#include <string>
#include <string_view>

namespace wxgate::bench {

class scratch {
public:
    /// Makes a new folder in `where`; "": in $TMPDIR when that is a real disk, else in the working directory.
    /// Throws std::runtime_error.
    scratch(std::string const& where, bool keep);
    ~scratch();
    scratch(scratch const&) = delete;
    scratch& operator=(scratch const&) = delete;

    std::string const& folder() const noexcept { return folder_; }

    std::string path(std::string_view name) const;

    /// Writes a file that only its owner may read; gives its path. Throws std::runtime_error.
    std::string write(std::string_view name, std::string_view content) const;

private:
    std::string folder_;
    bool keep_;
};

/// Whether the file or folder is in memory only, where an fsync costs nothing.
bool in_memory_only(std::string const& path);

/// Its content, or "" when it cannot be read.
std::string read_file(std::string const& path);

} // namespace wxgate::bench
