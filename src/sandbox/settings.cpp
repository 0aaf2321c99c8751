#include "sandbox/settings.hpp"

#include "base/text.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/property_tree/info_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <set>

namespace wxgate::sandbox {

namespace {

using boost::property_tree::ptree;

constexpr std::uintmax_t max_file = 1 << 20;

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    append_json_escaped(out, text.substr(0, 200));
    return out += '"';
}

// One section of the file; knows where it is, so that every complaint can say so.
class section {
public:
    section(std::string file, std::string path, ptree const& tree)
        : file_(std::move(file)), path_(std::move(path)), tree_(tree) {}

    [[noreturn]] void complain(std::string_view key, std::string const& what) const {
        std::string where = path_;
        if (!key.empty())
            where.append(where.empty() ? "" : ".").append(key);
        throw settings_error(file_ + ": " + where + ": " + what);
    }

    // Refuses keys that are not among `known`, and keys that stand twice.
    void only(std::initializer_list<std::string_view> known) const {
        no_value();
        std::set<std::string> seen;
        for (auto const& [name, child] : tree_) {
            if (std::find(known.begin(), known.end(), name) == known.end()) {
                std::string names;
                for (auto const k : known)
                    names.append(names.empty() ? "" : ", ").append(k);
                complain(name, "unknown key; known here: " + names);
            }
            if (!seen.insert(name).second)
                complain(name, "stands twice; once is enough");
        }
    }

    // The value of a key, or nothing. A section in its place is refused.
    std::optional<std::string> optional(std::string const& key) const {
        auto const child = tree_.find(key);
        if (child == tree_.not_found())
            return std::nullopt;
        if (!child->second.empty())
            complain(key, "is a section here; write one value");
        return child->second.data();
    }

    std::string required(std::string const& key, std::string const& example) const {
        auto value = optional(key);
        if (!value || value->empty())
            complain(key, "is missing; write e.g. " + key + " " + example);
        return *value;
    }

    // A sub-section that must be there.
    section sub(std::string const& key) const {
        auto const child = tree_.find(key);
        if (child == tree_.not_found())
            complain(key, "section is missing; write " + key + " { … }");
        return at(key, child->second);
    }

    section at(std::string const& key, ptree const& tree) const {
        return {file_, path_.empty() ? key : path_ + "." + key, tree};
    }

    void no_value() const {
        if (!tree_.data().empty())
            complain("", in_quotes(tree_.data()) + " stands where a section { … } belongs");
    }

    ptree const& tree() const noexcept { return tree_; }

    // A file's path, relative to the configuration's folder, that must be readable.
    std::string file(std::string const& key, std::string const& value) const {
        auto path = std::filesystem::path(value);
        if (path.is_relative())
            path = std::filesystem::path(file_).parent_path() / path;
        if (!std::ifstream(path) || std::filesystem::is_directory(path))
            complain(
                key,
                "cannot read the file " + in_quotes(path.string()) +
                    "; name a file that exists and is readable"
            );
        return path.string();
    }

private:
    std::string file_;
    std::string path_;
    ptree const& tree_;
};

net::address read_address(section const& s, std::string const& key, std::string const& example) {
    std::string const text = s.required(key, example);
    auto const parsed = net::parse_address(text);
    boost::system::error_code not_ip;
    if (parsed)
        static_cast<void>(boost::asio::ip::make_address(parsed->host, not_ip));
    if (!parsed || not_ip)
        s.complain(
            key, in_quotes(text) + " is not an address; write an IP address and a port, e.g. " + example
        );
    return *parsed;
}

std::uint64_t read_number(
    section const& s, std::string const& key, std::uint64_t otherwise, std::uint64_t least, std::uint64_t most
) {
    auto const text = s.optional(key);
    if (!text)
        return otherwise;
    auto const number = parse_uint(*text, most);
    if (!number || *number < least) {
        s.complain(
            key,
            in_quotes(*text) + " is not a whole number from " + std::to_string(least) + " to " +
                std::to_string(most)
        );
    }
    return *number;
}

// The one line of a key file, without its line end.
std::string read_secret(section const& s, std::string const& key, std::string const& path) {
    if (std::filesystem::file_size(path) > max_file)
        s.complain(key, "the file " + in_quotes(path) + " is too large to hold a secret");
    std::ifstream in(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
    return text;
}

bool is_identifier(std::string_view text, std::size_t most) {
    return !text.empty() && text.size() <= most &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}

// shops { NAME { sub_mch_id …  sub_appid … } }: whom a service provider serves.
std::vector<served_shop> read_shops(section const& s) {
    std::vector<served_shop> all;
    s.no_value();
    for (auto const& [name, tree] : s.tree()) {
        section const one = s.at(name, tree);
        one.only({"sub_mch_id", "sub_appid"});
        served_shop shop;
        shop.sub_mch_id = one.required("sub_mch_id", "1900000109");
        if (!is_identifier(shop.sub_mch_id, 32))
            one.complain(
                "sub_mch_id", in_quotes(shop.sub_mch_id) + " is not a merchant number; write 1 to 32 digits"
            );
        shop.sub_appid = one.optional("sub_appid").value_or("");
        if (!shop.sub_appid.empty() && !is_identifier(shop.sub_appid, 32))
            one.complain(
                "sub_appid", in_quotes(shop.sub_appid) + " is not an appid; write 1 to 32 letters and digits"
            );
        all.push_back(std::move(shop));
    }
    return all;
}

merchant read_merchant(section const& s, std::string const& name) {
    s.only({"appid", "mch_id", "api_key_file", "balance", "app_secret", "app_secret_file", "shops"});
    merchant m;
    m.name = name;
    m.appid = s.required("appid", "wx2421b1c4370ec43b");
    if (!is_identifier(m.appid, 32))
        s.complain("appid", in_quotes(m.appid) + " is not an appid; write 1 to 32 letters and digits");
    m.mch_id = s.required("mch_id", "10000100");
    if (!is_identifier(m.mch_id, 32))
        s.complain("mch_id", in_quotes(m.mch_id) + " is not a merchant number; write 1 to 32 digits");
    std::string const key_file = s.file("api_key_file", s.required("api_key_file", "shop.key"));
    m.api_key = read_secret(s, "api_key_file", key_file);
    if (m.api_key.size() != 32) {
        s.complain(
            "api_key_file",
            "the file " + in_quotes(key_file) + " holds " + std::to_string(m.api_key.size()) +
                " bytes; an API key is 32 bytes on one line"
        );
    }
    m.balance = static_cast<std::int64_t>(read_number(s, "balance", 100'000'000, 0, 1'000'000'000'000'000));
    if (auto const shops = s.tree().find("shops"); shops != s.tree().not_found())
        m.shops = read_shops(s.at("shops", shops->second));
    auto const secret = s.optional("app_secret");
    auto const secret_file = s.optional("app_secret_file");
    if (secret && secret_file)
        s.complain("app_secret_file", "stands beside app_secret; write one of the two");
    if (secret)
        m.app_secret = *secret;
    if (secret_file) {
        m.app_secret = read_secret(s, "app_secret_file", s.file("app_secret_file", *secret_file));
        if (m.app_secret.empty())
            s.complain("app_secret_file", "the file is empty; write the secret on one line");
    }
    return m;
}

} // namespace

merchant const* merchant_table::by_mch_id(std::string_view mch_id) const noexcept {
    for (auto const& m : all_)
        if (m.mch_id == mch_id)
            return &m;
    return nullptr;
}

merchant const* merchant_table::by_appid(std::string_view appid) const noexcept {
    for (auto const& m : all_)
        if (m.appid == appid)
            return &m;
    return nullptr;
}

bool merchant_table::knows_appid(std::string_view appid) const noexcept {
    if (by_appid(appid) != nullptr)
        return true;
    for (auto const& m : all_)
        for (auto const& shop : m.shops)
            if (!appid.empty() && shop.sub_appid == appid)
                return true;
    return false;
}

settings read_settings(std::filesystem::path const& file) {
    std::string const name = file.string();
    ptree tree;
    std::ifstream in(file);
    if (!in || std::filesystem::is_directory(file))
        throw settings_error(
            name + ": cannot read the file; name a configuration file that exists and is readable"
        );
    try {
        boost::property_tree::read_info(in, tree);
    } catch (boost::property_tree::info_parser_error const& e) {
        throw settings_error(
            name + ": line " + std::to_string(e.line()) + ": " + e.message() +
            "; write Boost.PropertyTree's INFO format: key value, sections in { }"
        );
    }

    section const root(name, "", tree);
    root.only({"sandbox", "merchants"});
    section const s = root.sub("sandbox");
    s.only({"listen", "control_listen", "certificate", "private_key", "client_ca", "time_scale", "seed"});

    settings out;
    out.file = name;
    out.listen = read_address(s, "listen", "127.0.0.1:9443");
    out.control_listen = read_address(s, "control_listen", "127.0.0.1:9444");
    if (!boost::asio::ip::make_address(out.control_listen.host).is_loopback()) {
        s.complain(
            "control_listen",
            in_quotes(out.control_listen.host) +
                " is not a loopback address; the control API asks for no password, so "
                "write e.g. 127.0.0.1:9444"
        );
    }
    out.certificate = s.file("certificate", s.required("certificate", "server_cert.pem"));
    out.private_key = s.file("private_key", s.required("private_key", "server_key.pem"));
    if (auto const ca = s.optional("client_ca"); ca && !ca->empty())
        out.client_ca = s.file("client_ca", *ca);
    out.time_scale = static_cast<unsigned>(read_number(s, "time_scale", 1, 1, 1'000'000));
    out.seed = read_number(s, "seed", 1, 0, std::numeric_limits<std::uint64_t>::max());

    section const list = root.sub("merchants");
    list.no_value();
    std::vector<merchant> all;
    for (auto const& [key, child] : list.tree()) {
        if (!is_identifier(key, 64))
            list.complain(key, "is not a merchant's name; write letters, digits, '_' and '-'");
        merchant m = read_merchant(list.at(key, child), key);
        for (auto const& other : all) {
            if (other.name == m.name)
                list.complain(key, "stands twice; give each merchant its own name");
            if (other.mch_id == m.mch_id)
                list.complain(
                    key + ".mch_id", "is " + other.name + "'s already; give each merchant its own number"
                );
        }
        all.push_back(std::move(m));
    }
    if (all.empty())
        list.complain("", "holds no merchant; write e.g. shop { appid …  mch_id …  api_key_file … }");
    out.merchants = merchant_table(std::move(all));
    return out;
}

} // namespace wxgate::sandbox
