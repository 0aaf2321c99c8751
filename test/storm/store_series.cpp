// A child of the I/O fault tests: a fixed series of batches through the store (src/store), and what became of
// each, a line apiece on standard output:
//
//     opened                 the store is open
//     done K                 batch K is durable, says the store
//     unknown K              it may be there or not: write it again with the same keys
//     refused K              it is not there: the store did not try it, or a constraint forbids it
//     closed
//
// Batch K inserts the rows K and 'second/K', both or none. Exit code 0; 3 when the store does not open; 70
// when memory ran out where nothing could be done about it.
#include "store/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace ws = wxgate::store;
namespace asio = boost::asio;

constexpr std::array<ws::migration, 1> schema = {
    {{1, "CREATE TABLE t (k TEXT PRIMARY KEY, s TEXT NOT NULL) STRICT, WITHOUT ROWID;"}}};

// Past stdio's buffers: what was said is said, however the process ends.
void say(std::string const& line) {
    auto const text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        std::_Exit(4);
}

// Out of memory where no caller is left to tell: a clean end, and the store is what it was. Anything else
// that nobody caught is a mistake.
[[noreturn]] void end_without_memory() {
    try {
        if (auto const what = std::current_exception())
            std::rethrow_exception(what);
    } catch (std::bad_alloc const&) {
        std::_Exit(70);
    } catch (...) {
    }
    std::abort();
}

ws::batch batch_of(int k) {
    // From a few bytes to some hundred pages: the log outgrows a checkpoint's mark (1000 pages) on the way.
    auto const size = k % 5 == 4 ? std::size_t{900'000} : static_cast<std::size_t>(100 + k * 40);
    std::string const key = std::to_string(k);
    ws::batch b;
    b.push_back({"INSERT INTO t (k, s) VALUES ($1, $2)", {key, std::string(size, 'x')}});
    b.push_back({"INSERT INTO t (k, s) VALUES ($1, $2)", {"second/" + key, std::string("of ") + key}});
    return b;
}

class series {
public:
    explicit series(ws::store& s) : store_(s) {}

    // Begins some at the same time, so that they may share a commit; returns when all have ended.
    void write(int first, int last) {
        asio::io_context context(1);
        std::vector<std::optional<wxgate::result<ws::results>>> outcomes(
            static_cast<std::size_t>(last - first + 1)
        );
        for (int k = first; k <= last; ++k) {
            auto* const place = &outcomes[static_cast<std::size_t>(k - first)];
            auto work = store_.write(batch_of(k));
            asio::co_spawn(
                context,
                std::move(work),
                [place](std::exception_ptr failed, wxgate::result<ws::results> r) {
                    if (failed)
                        std::rethrow_exception(failed);
                    place->emplace(std::move(r));
                }
            );
        }
        context.run();
        for (int k = first; k <= last; ++k)
            tell(k, outcomes[static_cast<std::size_t>(k - first)]);
    }

private:
    static void tell(int k, std::optional<wxgate::result<ws::results>> const& outcome) {
        if (!outcome) {
            say("unknown " + std::to_string(k));
            return;
        }
        if (outcome->has_value()) {
            say("done " + std::to_string(k));
            return;
        }
        bool const unknown = outcome->error() == wxgate::errc::store_unavailable;
        say((unknown ? "unknown " : "refused ") + std::to_string(k));
    }

    ws::store& store_;
};

int run(std::string const& file) {
    std::shared_ptr<ws::store> store;
    try {
        ws::store_options options;
        options.url = "sqlite:" + file;
        options.migrations = schema;
        store = ws::open(options);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "store_series: %s\n", e.what());
        return 3;
    }
    say("opened");
    series s(*store);
    int k = 1;
    for (int round = 0; round < 8; ++round) {
        s.write(k, k);
        s.write(k + 1, k + 2); // two that may share a commit
        k += 3;
    }
    store->close();
    say("closed");
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    std::set_terminate(end_without_memory);
    if (argc != 2) {
        std::fprintf(stderr, "usage: store_series FILE\n");
        return 2;
    }
    return run(argv[1]);
}
