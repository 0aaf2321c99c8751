// What a line of the log looks like, and when it is there: standard error is a file meanwhile.
#include "base/log.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

using namespace wxgate;

namespace {

class captured {
public:
    captured() : kept_(::dup(STDERR_FILENO)) {
        auto const file = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
        BOOST_REQUIRE(file >= 0 && ::dup2(file, STDERR_FILENO) >= 0);
        ::close(file);
    }

    ~captured() {
        log::flush();
        ::dup2(kept_, STDERR_FILENO);
        ::close(kept_);
        ::unlink(name_.c_str());
        log::configure(log::level::info, log::format::text);
    }

    captured(captured const&) = delete;
    captured& operator=(captured const&) = delete;

    std::string text() const {
        std::ifstream in(name_);
        return {std::istreambuf_iterator<char>(in), {}};
    }

private:
    int kept_;
    std::string name_ = "/tmp/wxgate-log-test-" + std::to_string(::getpid());
};

// Without the time in front.
std::string behind_time(std::string const& line) {
    auto const at = line.find("Z\",");
    return at == std::string::npos ? line : line.substr(at + 3);
}

} // namespace

BOOST_AUTO_TEST_SUITE(log_)

BOOST_AUTO_TEST_CASE(lines) {
    captured const err;
    log::configure(log::level::info, log::format::json);
    log::debug("not this");
    log::info(
        "said",
        {{"text", "a\"b\n"},
         {"number", -7},
         {"large", std::int64_t{9'000'000'000}},
         {"size", std::size_t{3}},
         {"word", true},
         {"empty", ""},
         log::item::known("none", ""),
         log::item::known("some", "x"),
         {"made", std::string("on the ") + "way"}}
    );
    BOOST_TEST(
        behind_time(err.text()) ==
        "\"level\":\"info\",\"msg\":\"said\",\"text\":\"a\\\"b\\u000a\",\"number\":-7,\"large\":9000000000,"
        "\"size\":3,\"word\":true,\"empty\":\"\",\"some\":\"x\",\"made\":\"on the way\"}\n"
    );
}

BOOST_AUTO_TEST_CASE(lines_for_people) {
    captured const err;
    log::configure(log::level::warn, log::format::text);
    log::info("not this");
    log::warn("said", {{"text", "x y"}, {"number", 7}, log::item::known("none", "")});
    auto const text = err.text();
    BOOST_TEST(text.ends_with("Z warn said text=x y number=7\n"), text);
}

// Last: the buffer stays.
BOOST_AUTO_TEST_CASE(gathered_lines) {
    captured const err;
    log::configure(log::level::info, log::format::json);
    log::buffer();
    log::info("first");
    log::warn("second");
    auto const at_once = err.text();
    BOOST_TEST(at_once.find("first") < at_once.find("second"), "a warning takes along what is before it");
    BOOST_TEST(at_once.find("second") != std::string::npos, "and is there when the call returns");

    log::info("third");
    log::flush();
    BOOST_TEST(err.text().find("third") != std::string::npos);

    log::info("fourth");
    auto const give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (err.text().find("fourth") == std::string::npos && std::chrono::steady_clock::now() < give_up)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    BOOST_TEST(err.text().find("fourth") != std::string::npos, "by itself, soon");

    std::vector<std::thread> crowd;
    for (int i = 0; i < 4; ++i)
        crowd.emplace_back([i] {
            for (int n = 0; n < 500; ++n)
                log::write(
                    n % 50 == 0 ? log::level::warn : log::level::info, "crowd", {{"thread", i}, {"n", n}}
                );
        });
    for (auto& t : crowd)
        t.join();
    log::flush();
    auto const all = err.text();
    std::size_t lines = 0;
    for (auto at = all.find("\"crowd\""); at != std::string::npos; at = all.find("\"crowd\"", at + 1))
        ++lines;
    BOOST_TEST(lines == 2000U, "none is lost");
    for (std::size_t begin = 0; begin < all.size(); begin = all.find('\n', begin) + 1)
        BOOST_TEST_REQUIRE(all[begin] == '{', "and none is torn");
}

BOOST_AUTO_TEST_SUITE_END()
