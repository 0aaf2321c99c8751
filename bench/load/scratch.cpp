#include "load/scratch.hpp"

#include <sys/stat.h>
#include <sys/vfs.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace wxgate::bench {

namespace {

std::string usual_place() {
    char const* const named = std::getenv("TMPDIR");
    if (named != nullptr && *named != '\0' && !in_memory_only(named))
        return named;
    return ".";
}

} // namespace

scratch::scratch(std::string const& where, bool keep) : keep_(keep) {
    std::error_code ec;
    auto const place = std::filesystem::absolute(where.empty() ? usual_place() : where, ec);
    auto pattern = (place / "wxgate-bench-XXXXXX").lexically_normal().string();
    if (ec || ::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error(
            "cannot make a scratch folder in " + place.string() + "; name one with --dir"
        );
    folder_ = pattern;
}

scratch::~scratch() {
    if (keep_) {
        std::cerr << "kept: " << folder_ << '\n';
        return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string scratch::path(std::string_view name) const {
    return folder_ + "/" + std::string(name);
}

std::string scratch::write(std::string_view name, std::string_view content) const {
    auto file = path(name);
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    ::chmod(file.c_str(), 0600);
    out << content;
    if (!out.flush())
        throw std::runtime_error("cannot write " + file);
    return file;
}

bool in_memory_only(std::string const& path) {
    constexpr unsigned long tmpfs = 0x01021994;
    constexpr unsigned long ramfs = 0x858458f6;

    struct statfs where {};

    if (::statfs(path.c_str(), &where) != 0)
        return false;
    auto const type = static_cast<unsigned long>(where.f_type) & 0xffffffffUL;
    return type == tmpfs || type == ramfs;
}

std::string read_file(std::string const& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace wxgate::bench
