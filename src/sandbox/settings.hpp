// The sandbox's configuration file (Boost.PropertyTree's INFO format) and the merchants it knows.
#pragma once

#include "net/url.hpp"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wxgate::sandbox {

/// A shop for which a service provider calls.
struct served_shop {
    std::string sub_mch_id;
    std::string sub_appid; // empty: it has none
};

/// One merchant as WeChat's side knows it. The key and the secret are never logged or shown.
struct merchant {
    std::string name;
    std::string appid;
    std::string mch_id;
    std::string api_key;    // 32 bytes
    std::string app_secret; // empty: jscode2session takes any
    std::int64_t balance = 100'000'000;
    std::vector<served_shop> shops; // not empty: a service provider, who must name one in every call
};

class merchant_table {
public:
    merchant_table() = default;

    explicit merchant_table(std::vector<merchant> all) : all_(std::move(all)) {}

    /// Null when unknown. Valid as long as the table.
    merchant const* by_mch_id(std::string_view mch_id) const noexcept;

    /// A merchant's, or that of a shop that a provider serves.
    bool knows_appid(std::string_view appid) const noexcept;

    /// The first merchant that has this appid; several may share one.
    merchant const* by_appid(std::string_view appid) const noexcept;

    std::vector<merchant> const& all() const noexcept { return all_; }

private:
    std::vector<merchant> all_;
};

struct settings {
    std::string file; // where all this stands, for a complaint
    net::address listen;
    net::address control_listen; // a loopback address
    std::string certificate;     // files, absolute or relative to the working directory
    std::string private_key;
    std::string client_ca; // empty: no client certificates
    unsigned time_scale = 1;
    std::uint64_t seed = 1;
    merchant_table merchants;
};

/// A configuration that cannot be used: one line with the file, the key, what is wrong and what would be
/// right.
class settings_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads and checks the file and the key files it names. Throws settings_error.
settings read_settings(std::filesystem::path const& file);

} // namespace wxgate::sandbox
