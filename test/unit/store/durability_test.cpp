// What was acknowledged is there after the process is gone. (Power loss is for the process tests: the page
// cache survives a SIGKILL, so this shows the order of commit and acknowledgement, not the fsync.)
#include "fixture.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>

namespace wxgate::store::test {

namespace {

/// The keys that the child was told are durable, as it wrote them to the pipe.
class acknowledged {
public:
    explicit acknowledged(int descriptor) : descriptor_(descriptor) {}

    /// False when the pipe has ended.
    bool read_one() {
        std::int64_t key = 0;
        auto const n = ::read(descriptor_, &key, sizeof key);
        if (n != sizeof key)
            return false;
        keys.insert(key);
        return true;
    }

    std::set<std::int64_t> keys;

private:
    int descriptor_;
};

awaitable<void> write_for_ever(store& s, std::int64_t first, int pipe) {
    for (std::int64_t key = first;; ++key) {
        batch b = insert(std::to_string(key), key);
        b.push_back({"INSERT INTO t (k, n) VALUES ($1, 0)", {"second/" + std::to_string(key)}});
        auto const a = co_await s.write(std::move(b));
        if (!a.has_value() || ::write(pipe, &key, sizeof key) != sizeof key)
            ::_exit(1);
    }
}

/// The child: writes until somebody ends it, or ends itself without a word after `limit` events of its loop.
[[noreturn]] void write_until_killed(database_dir const& dir, int pipe, std::size_t limit) {
    auto const s = dir.open();
    asio::io_context context(1);
    for (std::int64_t w = 0; w < 10; ++w)
        asio::co_spawn(context, write_for_ever(*s, w * 1'000'000, pipe), report("test"));
    for (std::size_t i = 0; i < limit; ++i)
        context.run_one();
    ::_exit(0);
}

void check_all_there(database_dir const& dir, std::set<std::int64_t> const& keys) {
    if (wxgate::test::on_postgres())
        dir.wait_until_alone();
    auto const s = dir.open();
    std::set<std::int64_t> there;
    auto const r = read(
        *s,
        "SELECT n FROM t AS a WHERE k = cast(n AS TEXT) AND EXISTS (SELECT 1 FROM t WHERE k = 'second/' || "
        "a.k)"
    );
    for (std::size_t i = 0; i < r.size(); ++i)
        there.insert(r.integer(i, 0));
    BOOST_TEST(std::includes(there.begin(), there.end(), keys.begin(), keys.end()));
    BOOST_TEST(count(*s) == 2 * static_cast<std::int64_t>(there.size())); // no half of a batch
    s->close();
    BOOST_TEST(check_integrity(dir.url()) == "");
}

void end_child_and_check(std::size_t limit, std::size_t acknowledgements) {
    database_dir const dir;
    std::array<int, 2> pipe{};
    BOOST_REQUIRE_EQUAL(::pipe(pipe.data()), 0);
    auto const child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        ::close(pipe[0]);
        write_until_killed(dir, pipe[1], limit);
    }
    ::close(pipe[1]);
    acknowledged seen(pipe[0]);
    while (seen.keys.size() < acknowledgements && seen.read_one()) {
    }
    if (limit == SIZE_MAX)
        ::kill(child, SIGKILL);
    while (seen.read_one()) { // what it wrote before it ended
    }
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    BOOST_TEST(seen.keys.size() >= acknowledgements);
    check_all_there(dir, seen.keys);
}

} // namespace

BOOST_AUTO_TEST_SUITE(durability)

BOOST_AUTO_TEST_CASE(acknowledged_rows_survive_sigkill) {
    for (std::size_t n : {1U, 150U, 1500U})
        end_child_and_check(SIZE_MAX, n);
}

BOOST_AUTO_TEST_CASE(acknowledged_rows_survive_exit) {
    end_child_and_check(400, 100);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace wxgate::store::test
