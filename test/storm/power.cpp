#include "power.hpp"

#include "dice.hpp"
#include "undo_format.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace wxgate::test {

namespace {

constexpr std::size_t sector = 512;

struct saved {
    std::size_t offset = 0;
    std::size_t file_size = 0;
    std::string bytes;
};

std::string content_of(std::string const& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void replace_content(std::string const& file, std::string const& content) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush())
        throw std::runtime_error("cannot write " + file);
}

// The unsynced writes of one of the two files, oldest first. The journal may end in the middle of an entry.
std::vector<saved> unsynced(std::string const& journal, std::uint32_t file) {
    std::vector<saved> all;
    std::size_t at = 0;
    while (journal.size() - at >= sizeof(undo_entry)) {
        undo_entry e{};
        std::memcpy(&e, journal.data() + at, sizeof e);
        if (e.magic != undo_magic)
            throw std::runtime_error("the undo journal is damaged");
        at += sizeof e;
        if (journal.size() - at < e.size)
            break;
        if (e.file == file && e.kind == undo_kind::synced)
            all.clear();
        if (e.file == file && e.kind == undo_kind::before_write)
            all.push_back(
                {static_cast<std::size_t>(e.offset),
                 static_cast<std::size_t>(e.file_size),
                 journal.substr(at, e.size)}
            );
        at += e.size;
    }
    return all;
}

// What the file held when it was synced last.
std::string before(std::string content, std::vector<saved> const& writes) {
    for (auto w = writes.rbegin(); w != writes.rend(); ++w) {
        content.resize(w->file_size, '\0');
        if (!w->bytes.empty())
            content.replace(w->offset, w->bytes.size(), w->bytes);
    }
    return content;
}

std::string sector_of(std::string const& content, std::size_t at) {
    return at < content.size() ? content.substr(at, sector) : std::string();
}

// Of each sector that differs, the old content or the new one. The file ends where it ended, or after the
// last sector that stayed.
std::string
torn(std::string const& old_content, std::string const& new_content, dice& random, power_loss& lost) {
    std::string result = old_content;
    auto const longest = std::max(old_content.size(), new_content.size());
    for (std::size_t at = 0; at < longest; at += sector) {
        auto const now = sector_of(new_content, at);
        if (now == sector_of(old_content, at))
            continue;
        if (now.empty() || random.below(2) == 0) {
            ++lost.sectors;
            continue;
        }
        ++lost.kept;
        if (result.size() < at + now.size())
            result.resize(at + now.size(), '\0');
        result.replace(at, now.size(), now);
    }
    return result;
}

std::size_t different_sectors(std::string const& a, std::string const& b) {
    std::size_t n = 0;
    for (std::size_t at = 0; at < std::max(a.size(), b.size()); at += sector)
        n += sector_of(a, at) == sector_of(b, at) ? 0U : 1U;
    return n;
}

} // namespace

power_loss cut_power(std::string const& database, std::optional<std::uint64_t> seed) {
    power_loss lost;
    dice random(seed.value_or(0));
    auto const undo = database + ".undo";
    auto const journal = content_of(undo);
    std::uint32_t number = 0;
    for (auto const* suffix : {"", "-wal"}) {
        ++number;
        auto const file = database + suffix;
        auto const writes = unsynced(journal, number);
        if (writes.empty() || !std::filesystem::exists(file))
            continue;
        lost.writes += writes.size();
        auto const now = content_of(file);
        auto const then = before(now, writes);
        if (!seed)
            lost.sectors += different_sectors(then, now);
        replace_content(file, seed ? torn(then, now, random, lost) : then);
    }
    std::filesystem::remove(database + "-shm");
    std::filesystem::remove(undo);
    return lost;
}

std::vector<std::pair<std::string, std::string>> powerless_environment(std::string const& database) {
    std::vector<std::pair<std::string, std::string>> all;
#ifdef WXGATE_POWERLESS_LIBRARY
    all.emplace_back("LD_PRELOAD", WXGATE_POWERLESS_LIBRARY);
    all.emplace_back("WXGATE_POWERLESS", database);
#else
    static_cast<void>(database);
#endif
    return all;
}

} // namespace wxgate::test
