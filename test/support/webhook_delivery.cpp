#include "support/webhook_delivery.hpp"

#include "support/wechat.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace wxgate::test {

namespace {

constexpr std::int64_t tolerance = 300; // seconds

std::string from_base64(std::string const& text) {
    if (text.empty() || text.size() % 4 != 0)
        return {};
    std::string out(text.size() / 4 * 3, '\0');
    auto const n = EVP_DecodeBlock(
        reinterpret_cast<unsigned char*>(out.data()),
        reinterpret_cast<unsigned char const*>(text.data()),
        static_cast<int>(text.size())
    );
    if (n < 0)
        return {};
    auto const padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
    out.resize(static_cast<std::size_t>(n) - padding);
    return out;
}

bool same_in_constant_time(std::string const& a, std::string const& b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

reply with_headers(header_list const& headers) {
    reply r;
    r.headers = headers;
    return r;
}

} // namespace

std::string delivery::header(std::string_view name) const {
    return with_headers(headers).header(name);
}

std::size_t delivery::count(std::string_view name) const {
    return with_headers(headers).count(name);
}

std::vector<std::string> delivery::signatures() const {
    std::vector<std::string> all;
    std::istringstream in(header("webhook-signature"));
    for (std::string each; in >> each;)
        all.push_back(each);
    return all;
}

std::string webhook_signature(
    std::string const& secret, std::string const& id, std::string const& timestamp, std::string const& body
) {
    auto const key = from_base64(secret.starts_with("whsec_") ? secret.substr(6) : "");
    auto const text = id + "." + timestamp + "." + body;
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    std::size_t size = 0;
    bool const done = !key.empty() && EVP_Q_mac(
                                          nullptr,
                                          "HMAC",
                                          nullptr,
                                          "SHA256",
                                          nullptr,
                                          key.data(),
                                          key.size(),
                                          reinterpret_cast<unsigned char const*>(text.data()),
                                          text.size(),
                                          reinterpret_cast<unsigned char*>(digest.data()),
                                          digest.size(),
                                          &size
                                      ) != nullptr;
    if (!done)
        throw std::runtime_error("nothing can be signed with this secret");
    digest.resize(size);
    return "v1," + to_base64(digest);
}

bool is_signed(delivery const& d, std::vector<std::string> const& secrets) {
    bool good = false;
    for (auto const& secret : secrets) {
        auto const wanted = webhook_signature(secret, d.id, d.header("webhook-timestamp"), d.body);
        for (auto const& given : d.signatures())
            good = same_in_constant_time(given, wanted) || good;
    }
    return good;
}

std::string shape_trouble(delivery const& d) {
    if (d.method != "POST")
        return "the method is " + d.method;
    for (auto const* name : {"webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "host"})
        if (d.count(name) != 1 || d.header(name).empty())
            return std::string(name) + " does not stand once";
    if (d.header("content-type") != "application/json")
        return "the content type is " + d.header("content-type");
    if (d.timestamp < 0 || std::abs(d.at_ms / 1000 - d.timestamp) > tolerance)
        return "the timestamp is " + d.header("webhook-timestamp");
    bool const event = d.event.is_object() && d.event.as_object().size() == 3 && !d.type.empty() &&
                       !text_of(d.event, "timestamp").empty() && d.data().is_object();
    return event ? "" : "the body is no event";
}

void read_event(delivery& d) {
    boost::system::error_code ec;
    d.event = json::parse(d.body, ec);
    d.id = d.header("webhook-id");
    d.type = text_of(d.event, "type");
    d.out_trade_no = text_of(d.data(), "out_trade_no");
    d.out_refund_no = text_of(d.data(), "out_refund_no");
    d.timestamp = whole_number(d.header("webhook-timestamp"));
    d.version = whole_number(d.header("wxgate-order-version"));
}

std::int64_t whole_number(std::string const& text) {
    bool const digits =
        !text.empty() && text.size() <= 12 && text.find_first_not_of("0123456789") == std::string::npos;
    return digits ? std::stoll(text) : -1;
}

} // namespace wxgate::test
