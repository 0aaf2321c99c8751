// The verb `sign`: what it costs to sign and to verify, beside the digest alone.
#include "base/text.hpp"
#include "micro/bare_digest.hpp"
#include "micro/measure.hpp"
#include "micro/messages.hpp"
#include "report/layout.hpp"

#include <wxgate/sign.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

namespace wxgate::bench {

namespace {

struct message_case {
    std::string key; // in the names of figures
    std::string name;
    name_values list;
    bool judged = false;
};

std::vector<message_case> cases() {
    std::vector<message_case> list;
    for (std::size_t const size : {std::size_t{5}, std::size_t{20}, std::size_t{60}}) {
        auto const text = std::to_string(size);
        list.push_back({text, text + " fields", unsigned_message(size), size == 20});
    }
    // Those above are sorted, as messages are that WeChat and this program write. This one is not.
    message_case shuffled{"20_shuffled", "20, shuffled", unsigned_message(20)};
    std::shuffle(shuffled.list.begin(), shuffled.list.end(), std::mt19937(1));
    list.push_back(std::move(shuffled));
    return list;
}

// One message under one algorithm, and what is made of it.
struct subject {
    sign_type type;
    fields message;
    fields carrying;  // … with its signature
    std::string text; // that is signed, with the key
    std::string signature;

    subject(name_values const& list, sign_type t)
        : type(t), message(to_fields(list)), carrying(message), signature(sign(message, t, sample_key)) {
        carrying.set("sign", signature);
        append_canonical(message, text);
        text.append("&key=").append(sample_key);
    }
};

std::size_t digest_size(sign_type t) noexcept {
    return t == sign_type::md5 ? 16 : 32;
}

// Adds `bare`, when it makes of the text what signing makes of the message.
template <class Bare>
void add_bare(std::vector<contestant>& list, std::string name, subject const& s, Bare& bare) {
    digest_bytes out{};
    bare.make(s.text, out);
    if (to_hex({reinterpret_cast<char const*>(out.data()), digest_size(s.type)}, true) != s.signature)
        throw std::runtime_error(name + " makes another signature");
    list.push_back(repeated(std::move(name), [&s, &bare] {
        digest_bytes made;
        bare.make(s.text, made);
        keep(made);
    }));
}

// Signing, verifying, then the digests alone: whoever reads the timings counts on this order.
std::vector<timing> race(subject const& s, measure_plan const& plan, double share) {
    if (!verify(s.carrying, s.type, sample_key))
        throw std::runtime_error("a signature does not verify");
    std::vector<contestant> list;
    list.push_back(repeated("sign", [&s, out = std::string()]() mutable {
        out.clear();
        append_sign(s.message, s.type, sample_key, out);
        keep(out);
    }));
    list.push_back(repeated("verify", [&s] {
        bool const good = verify(s.carrying, s.type, sample_key);
        keep(good);
    }));
    bare_digest md5("MD5");
    bare_mac mac(sample_key);
    bare_hmac hmac(sample_key);
    if (s.type == sign_type::md5) {
        add_bare(list, "EVP digest", s, md5);
    } else {
        add_bare(list, "EVP_MAC", s, mac);
        add_bare(list, "EVP digest twice", s, hmac);
    }
    return measure(list, plan, share);
}

// ---- what is told -------------------------------------------------------------------------------

timing const& fastest_bare(std::vector<timing> const& t) {
    return *std::min_element(t.begin() + 2, t.end(), [](timing const& a, timing const& b) {
        return a.ns < b.ns;
    });
}

table timing_table(sign_type type) {
    table t;
    t.title = std::string(to_string(type)) + ": time, and how many times the digest's";
    t.columns = {"", "bytes"};
    if (type == sign_type::md5)
        t.columns.insert(t.columns.end(), {"EVP digest"});
    else
        t.columns.insert(t.columns.end(), {"EVP_MAC", "EVP digest twice"});
    t.columns.insert(t.columns.end(), {"sign", "/ digest", "verify", "/ digest"});
    return t;
}

table blocks_table() {
    table t;
    t.title = "Blocks taken from the heap";
    t.columns = {"", "sign", "verify", "OpenSSL in sign", "OpenSSL in verify", "OpenSSL in the digest"};
    return t;
}

void add_figures(std::string const& key, std::vector<timing> const& t, report& r) {
    double const bare = fastest_bare(t).ns;
    r.figures.push_back({key + ".digest", bare, "ns"});
    for (timing const& one : {t[0], t[1]}) {
        r.figures.push_back({key + "." + one.name, one.ns, "ns"});
        r.figures.push_back({key + "." + one.name + "_ratio", one.ns / bare, "×"});
        r.figures.push_back({key + "." + one.name + "_blocks", one.own_blocks, "blocks"});
    }
}

void judge(std::string const& name, std::vector<timing> const& t, report& r) {
    constexpr double most = 1.3;
    double const bare = fastest_bare(t).ns;
    for (timing const& one : {t[0], t[1]}) {
        verdict time;
        time.name = one.name + ", " + name + ": time / the digest's";
        time.value = one.ns / bare;
        time.unit = "×";
        time.demanded = most;
        time.at_least = false;
        r.verdicts.push_back(std::move(time));
        verdict blocks;
        blocks.name = one.name + ", " + name + ": blocks of our own from the heap";
        blocks.value = one.own_blocks;
        blocks.at_least = false;
        r.verdicts.push_back(std::move(blocks));
    }
}

void tell(
    message_case const& c,
    subject const& s,
    std::vector<timing> const& t,
    table& times,
    table& blocks,
    report& r
) {
    timing const& bare = fastest_bare(t);
    std::vector<std::string> row = {c.name, show(static_cast<double>(s.text.size()))};
    for (std::size_t i = 2; i < t.size(); ++i)
        row.push_back(show(std::round(t[i].ns), "ns"));
    for (timing const& one : {t[0], t[1]}) {
        row.push_back(show(std::round(one.ns), "ns"));
        row.push_back(show(one.ns / bare.ns, "×"));
    }
    times.rows.push_back(std::move(row));
    std::string const algorithm(to_string(s.type));
    blocks.rows.push_back({
        algorithm + ", " + c.name,
        show_blocks(t[0].own_blocks),
        show_blocks(t[1].own_blocks),
        show_blocks(t[0].other_blocks),
        show_blocks(t[1].other_blocks),
        show_blocks(bare.other_blocks),
    });
    add_figures((s.type == sign_type::md5 ? "sign.md5." : "sign.hmac_sha256.") + c.key, t, r);
    if (c.judged)
        judge(algorithm + ", " + c.name, t, r);
}

void options(boost::program_options::options_description& to) {
    add_measure_options(to);
}

report run(boost::program_options::variables_map const& with) {
    auto const plan = read_measure_plan(with);
    report r;
    r.configuration = {
        {"seconds", show(std::chrono::duration<double>(plan.total).count())},
        {"rounds", std::to_string(plan.rounds)},
        {"OpenSSL", OpenSSL_version(OPENSSL_VERSION)},
        {"measured", "CPU time of the thread, the median of the rounds"},
        {"the digest",
         "OpenSSL's alone, over the canonical string with its key that is there already; "
         "algorithms fetched once, contexts used again; not its hex"},
    };
    if (!counts_openssl())
        r.warnings.emplace_back("OpenSSL's blocks could not be counted");
    auto const messages = cases();
    double const share = 1 / static_cast<double>(2 * messages.size());
    table blocks = blocks_table();
    for (sign_type const type : {sign_type::md5, sign_type::hmac_sha256}) {
        table times = timing_table(type);
        for (message_case const& c : messages) {
            subject const s(c.list, type);
            tell(c, s, race(s, plan, share), times, blocks, r);
        }
        r.tables.push_back(std::move(times));
    }
    r.tables.push_back(std::move(blocks));
    return r;
}

} // namespace

verb const sign_verb = {"sign", "signing and verifying, beside the digest alone", &options, &run};

} // namespace wxgate::bench
