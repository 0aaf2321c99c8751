// A configuration file from anybody: it is read, or refused in one line that names the file.
#include "fuzz.hpp"
#include "gateway/info_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

using namespace wxgate::gateway;

namespace {

std::string const& file() {
    static int const memory = ::memfd_create("fuzz.info", 0);
    static std::string const name = "/proc/self/fd/" + std::to_string(memory);
    return name;
}

void fill(std::string_view text) {
    static int const memory = std::stoi(file().substr(file().rfind('/') + 1));
    WXGATE_ASSERT(::ftruncate(memory, 0) == 0);
    WXGATE_ASSERT(::pwrite(memory, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
}

template <class F>
void taken_or_refused(F read) {
    try {
        read();
    } catch (settings_error const& e) {
        std::string_view const line = e.what();
        WXGATE_ASSERT(line.starts_with(file()) && line.find('\n') == std::string_view::npos);
    }
}

void read_keys(section& s) {
    using namespace std::chrono_literals;
    taken_or_refused([&] { s.number("number", 5, 1, 10); });
    taken_or_refused([&] { WXGATE_ASSERT(s.bytes("bytes", 64, 1, 4096) <= 4096); });
    taken_or_refused([&] { WXGATE_ASSERT(s.duration("duration", 1s) <= 24h); });
    taken_or_refused([&] { s.yes_or_no("yes", true); });
    taken_or_refused([&] { s.one_of("one", "a", {"a", "b"}); });
    taken_or_refused([&] { s.demanded("name"); });
    taken_or_refused([&] { s.finish(); });
}

void read_file() {
    auto const tree = read_info_file(file());
    section root(file(), "", &tree, false);
    read_keys(root);
    for (auto const& name : root.names()) {
        auto inner = root.child(name);
        read_keys(inner);
        taken_or_refused([&] { inner.names(); });
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    if (text.find("#include") != std::string_view::npos)
        return 0; // reads what else there is on this machine
    fill(text);
    taken_or_refused(read_file);
    return 0;
}
