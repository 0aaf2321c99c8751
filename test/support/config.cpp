#include "support/config.hpp"

#include "support/wechat.hpp"

#include <openssl/evp.h>

#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace wxgate::test {

namespace {

// As INFO has it, with its escapes.
std::string quoted(std::string const& text) {
    std::string all = "\"";
    for (char const c : text) {
        if (c == '\r' || c == '\n') {
            all += c == '\r' ? "\\r" : "\\n";
            continue;
        }
        if (c == '"' || c == '\\')
            all += '\\';
        all += c;
    }
    return all + "\"";
}

std::string line(std::string const& key, std::string const& value) {
    return "    " + key + " " + quoted(value) + "\n";
}

// And the file with its secrets.
std::string webhook_section(scratch const& dir, std::string const& name, merchant_config const& m) {
    auto const file = name + "_" + m.name + ".whsec";
    std::string lines;
    for (auto const& secret : m.webhook_secrets)
        lines += secret + "\n";
    dir.write(file, lines);
    auto text = "        webhook\n        {\n" + line("        url", m.webhook_url);
    text += line("        secret_file", file);
    if (m.webhook_allow_private)
        text += line("        allow_private", "yes");
    if (!m.webhook_ca.empty())
        text += line("        ca_file", m.webhook_ca);
    return text + "        }\n";
}

std::string hex(unsigned char const* bytes, std::size_t size) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += digits[bytes[i] >> 4U];
        text += digits[bytes[i] & 15U];
    }
    return text;
}

} // namespace

std::string write_gateway_config(scratch const& dir, std::string const& name, gateway_config const& c) {
    auto const here = "127.0.0.1:" + std::to_string(c.port);
    auto const url = c.public_url.empty() ? "http://" + here : c.public_url;
    std::string text = "; written by a test\nserver\n{\n";
    text += line("listen", here) + line("admin_listen", "127.0.0.1:" + std::to_string(c.admin_port));
    text += line("threads", std::to_string(c.threads)) + line("public_url", url);
    text += line("certificate", c.certificate) + line("private_key", c.private_key) +
            line("max_body", c.max_body);
    text += line("header_timeout", c.header_timeout) + line("request_timeout", c.request_timeout);
    text += line("drain_timeout", c.drain_timeout);
    for (auto const& [key, value] : c.server)
        text += line(key, value);
    text += "}\n";
    text +=
        "log { level " + c.log_level + " format json }\nstore { url " + quoted(c.store) + " }\nupstream\n{\n";
    text += line("url", c.url) + line("backup_url", c.backup_url) + line("login_url", c.login_url);
    text +=
        line("ca_file", c.ca_file) + line("connect_timeout", c.connect_timeout) + line("timeout", c.timeout);
    for (auto const& [section, keys] :
         {std::pair("refunds", &c.refunds), std::pair("background", &c.background)}) {
        if (keys->empty())
            continue;
        text += std::string("}\n") + section + "\n{\n";
        for (auto const& [key, value] : *keys)
            text += line(key, value);
    }
    text += "}\nmerchants\n{\n";
    for (auto const& m : c.merchants) {
        dir.write(name + "_" + m.name + ".key", m.key);
        text += "    " + m.name + "\n    {\n";
        text += line("    appid", m.appid) + line("    mch_id", m.mch_id);
        text += line("    api_key_file", name + "_" + m.name + ".key") + line("    sign_type", m.sign_type);
        for (auto const& [key, value] :
             {std::pair("    client_certificate", m.client_certificate),
              std::pair("    client_key", m.client_key),
              std::pair("    client_p12", m.client_p12),
              std::pair("    refund_approval", m.refund_approval),
              std::pair("    sub_mch_id", m.sub_mch_id),
              std::pair("    sub_appid", m.sub_appid)})
            if (!value.empty())
                text += line(key, value);
        if (!m.app_secret.empty()) {
            dir.write(name + "_" + m.name + ".appsecret", m.app_secret);
            text += line("    app_secret_file", name + "_" + m.name + ".appsecret");
        }
        if (!m.webhook_url.empty())
            text += webhook_section(dir, name, m);
        text += "    }\n";
    }
    text += "}\napi_keys\n{\n";
    for (auto const& k : c.api_keys)
        text += "    " + k.name + " { merchant " + k.merchant + " sha256 " + quoted(sha256_hex(k.key)) +
                " scopes " + quoted(k.scopes) + " rate " + std::to_string(k.rate) + " }\n";
    text += "}\n";
    if (!c.operators.empty()) {
        text += "operators\n{\n";
        for (auto const& o : c.operators)
            text += "    " + o.name + " { password " + quoted(o.hash) + " role " + o.role + " }\n";
        text += "}\n";
    }
    return dir.write(name + ".info", text);
}

std::string write_sandbox_config(scratch const& dir, std::string const& name, sandbox_config const& c) {
    std::string text = "sandbox\n{\n";
    text += line("listen", "127.0.0.1:0") + line("control_listen", "127.0.0.1:0");
    text += line("certificate", c.certificate) + line("private_key", c.private_key) +
            line("client_ca", c.client_ca);
    text += line("time_scale", std::to_string(c.time_scale)) + line("seed", "1") + "}\nmerchants\n{\n";
    for (auto const& m : c.merchants) {
        dir.write(name + "_" + m.name + ".key", m.key);
        text += "    " + m.name + "\n    {\n";
        text += line("    appid", m.appid) + line("    mch_id", m.mch_id);
        text += line("    api_key_file", name + "_" + m.name + ".key") + line("    balance", "100000000");
        if (!m.sub_mch_id.empty())
            text += "        shops { " + m.name + " { sub_mch_id " + m.sub_mch_id + " sub_appid \"" +
                    m.sub_appid + "\" } }\n";
        text += "    }\n";
    }
    return dir.write(name + ".info", text + "}\n");
}

std::uint16_t free_port() {
    for (int i = 0; i < 100; ++i) {
        std::uint16_t chosen = 0;
        if (::getrandom(&chosen, sizeof chosen, 0) != static_cast<ssize_t>(sizeof chosen))
            break;
        chosen = static_cast<std::uint16_t>(10'000 + chosen % 22'000);
        auto const s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_port = htons(chosen);
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto const free = ::bind(s, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0;
        ::close(s);
        if (free)
            return chosen;
    }
    throw std::runtime_error("no free port");
}

std::string sha256_hex(std::string const& text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), &size) != 1)
        throw std::runtime_error("no SHA-256");
    return hex(digest.data(), size);
}

std::string random_hex(std::size_t digits) {
    std::string bytes(digits / 2 + 1, '\0');
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::runtime_error("no random bytes");
    return hex(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()).substr(0, digits);
}

merchant_config
make_merchant(std::string const& name, std::string const& mch_id, std::string const& sign_type) {
    merchant_config m;
    m.name = name;
    m.appid = "wx" + random_hex(16);
    m.mch_id = mch_id;
    m.key = "CANARYkey" + random_hex(23);
    m.sign_type = sign_type;
    m.app_secret = "CANARYsecret" + random_hex(20);
    return m;
}

api_key_config
make_api_key(std::string const& name, std::string const& merchant, std::string const& scopes, int rate) {
    api_key_config k;
    k.name = name;
    k.merchant = merchant;
    k.key = "wxk_CANARYbearer" + random_hex(32);
    k.scopes = scopes;
    k.rate = rate;
    return k;
}

std::string make_webhook_secret() {
    return "whsec_CANARYhook" + random_hex(30); // 40 digits of base64: 30 bytes
}

operator_config make_operator(std::string const& name, std::string const& role) {
    operator_config o;
    o.name = name;
    o.role = role;
    o.password = "CANARYpassword" + random_hex(20);
    auto const salt = random_hex(16); // any 16 bytes
    std::string hash(32, '\0');
    if (EVP_PBE_scrypt(
            o.password.data(),
            o.password.size(),
            reinterpret_cast<unsigned char const*>(salt.data()),
            salt.size(),
            16,
            1,
            1,
            0,
            reinterpret_cast<unsigned char*>(hash.data()),
            hash.size()
        ) != 1)
        throw std::runtime_error("no scrypt");
    o.hash = "scrypt:ln=4,r=1,p=1:" + to_base64(salt) + ":" + to_base64(hash);
    return o;
}

} // namespace wxgate::test
