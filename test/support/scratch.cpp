#include "support/scratch.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace wxgate::test {

scratch::scratch() {
    auto pattern = (std::filesystem::temp_directory_path() / "wxgate-test-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
        throw std::runtime_error("cannot make a scratch folder");
    folder_ = pattern;
}

scratch::~scratch() {
    if (std::getenv("WXGATE_KEEP")) {
        std::cerr << "kept: " << folder_.string() << '\n';
        return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string scratch::path(std::string_view name) const {
    return (folder_ / name).string();
}

std::string scratch::write(std::string_view name, std::string_view content) const {
    auto const file = path(name);
    {
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        ::chmod(file.c_str(), 0600);
        out << content;
        if (!out.flush())
            throw std::runtime_error("cannot write " + file);
    }
    return file;
}

std::string read_file(std::filesystem::path const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

} // namespace wxgate::test
