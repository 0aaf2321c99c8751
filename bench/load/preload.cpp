// wxgate-bench preload: a store as it is after so many orders.
#include "base/ids.hpp"
#include "base/text.hpp"
#include "load/interrupt.hpp"
#include "load/past_store.hpp"
#include "load/stage.hpp"
#include "verb.hpp"

#include <boost/program_options.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace wxgate::bench {

namespace {

namespace po = boost::program_options;

constexpr unix_ms day_ms = 24LL * 3600 * 1000;
// The gateway compares yesterday's bill with its orders, and the sandbox has none of these.
constexpr unix_ms newest = 3 * day_ms;

void add_options(po::options_description& to) {
    // clang-format off
    to.add_options()
        ("store", po::value<std::string>()->value_name("FILE"),
            "SQLite file, made when it is not there; nobody else may have it open. When this is interrupted, remove it")
        ("orders", po::value<std::uint64_t>()->value_name("N")->default_value(10'000'000), "how many are added")
        ("days", po::value<unsigned>()->value_name("N")->default_value(365), "over how many days they are spread")
        ("merchant", po::value<std::string>()->value_name("NAME")->default_value(stage_merchant), "whose they are")
        ("mch-id", po::value<std::string>()->value_name("NUMBER")->default_value(stage_mch_id), "of the merchant")
        ("appid", po::value<std::string>()->value_name("ID")->default_value(stage_appid), "of the merchant")
        ("sign-type", po::value<std::string>()->value_name("T")->default_value("HMAC-SHA256"),
            "MD5 or HMAC-SHA256");
    // clang-format on
}

std::uint64_t random_seed() {
    auto const bytes = random_bytes(sizeof(std::uint64_t));
    std::uint64_t seed = 0;
    std::memcpy(&seed, bytes.data(), sizeof seed);
    return seed;
}

order_owner read_owner(po::variables_map const& with) {
    order_owner o;
    o.merchant = with["merchant"].as<std::string>();
    o.mch_id = with["mch-id"].as<std::string>();
    o.appid = with["appid"].as<std::string>();
    o.sign_type = with["sign-type"].as<std::string>();
    o.api_key = "bench";
    o.public_url = "https://pay.example.com";
    if (!parse_sign_type(o.sign_type))
        throw usage_error("--sign-type is MD5 or HMAC-SHA256");
    for (auto const* text : {&o.merchant, &o.mch_id, &o.appid})
        if (text->empty() || text->size() > 64 || has_control(*text))
            throw usage_error("--merchant, --mch-id and --appid are 1 to 64 characters each");
    return o;
}

history_options read_history(po::variables_map const& with) {
    history_options h;
    h.owner = read_owner(with);
    h.count = with["orders"].as<std::uint64_t>();
    auto const days = with["days"].as<unsigned>();
    if (h.count == 0 || h.count > max_history)
        throw usage_error("--orders is 1 to " + std::to_string(max_history));
    if (days == 0 || days > 3650)
        throw usage_error("--days is 1 to 3650");
    h.last = now_ms() - newest;
    h.first = h.last - days * day_ms;
    h.seed = random_seed();
    return h;
}

double per_second(std::uint64_t n, filling const& f) {
    return f.took.count() > 0 ? static_cast<double>(n) / f.took.count() : 0.0;
}

std::uint64_t size_of(std::string const& file) {
    std::error_code ec;
    auto const size = std::filesystem::file_size(file, ec);
    return ec ? 0 : size;
}

double gigabytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / 1e9;
}

report run(po::variables_map const& with) {
    if (with.count("store") == 0)
        throw usage_error("preload needs --store FILE");
    auto const file = with["store"].as<std::string>();
    history const what(read_history(with));
    auto const count = what.options().count;
    catch_interrupts();
    auto const before = size_of(file);
    auto const done = fill_store(file, what, [&](filling const& f) {
        std::cerr << "preload: " << show(static_cast<double>(f.orders)) << " of "
                  << show(static_cast<double>(count)) << " orders, " << show(per_second(f.rows, f))
                  << " rows/s, " << show(gigabytes(size_of(file))) << " GB\n";
        throw_if_interrupted();
    });
    auto const bytes = size_of(file);
    double const each = static_cast<double>(bytes - std::min(bytes, before)) / static_cast<double>(count);

    report r;
    r.configuration = {
        {"store", file},
        {"orders", std::to_string(count)},
        {"days", std::to_string(with["days"].as<unsigned>())},
        {"merchant", what.options().owner.merchant + ", mch_id " + what.options().owner.mch_id}};
    r.figures = {
        {"preload.orders", static_cast<double>(count), ""},
        {"preload.rows", static_cast<double>(done.rows), ""},
        {"preload.seconds", done.took.count(), "s"},
        {"preload.rows_a_second", per_second(done.rows, done), "1/s"},
        {"preload.orders_a_second", per_second(count, done), "1/s"},
        {"preload.bytes", static_cast<double>(bytes), "B"},
        {"preload.bytes_an_order", each, "B"}};
    table t{"the store", {"", "orders", "rows", "seconds", "rows a second", "GB", "bytes an order"}, {}};
    t.rows.push_back(
        {"filled",
         show(static_cast<double>(count)),
         show(static_cast<double>(done.rows)),
         show(done.took.count()),
         show(per_second(done.rows, done)),
         show(gigabytes(bytes)),
         show(each)}
    );
    r.tables.push_back(std::move(t));
    return r;
}

} // namespace

verb const preload_verb{
    "preload", "make a store with so many orders of the past, for pay --store FILE", add_options, run};

} // namespace wxgate::bench
