#include "base/text.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>
#include <openssl/evp.h>

#include <map>

using namespace wxgate;

BOOST_AUTO_TEST_SUITE(sign_)

namespace {

// The rule of A3 as plainly as it can be written, over OpenSSL's one-shot calls.
std::string naive_canonical(test::pairs const& list) {
    std::map<std::string, std::string> sorted(list.begin(), list.end());
    std::string out;
    for (auto const& [name, value] : sorted)
        if (name != "sign" && !value.empty())
            out += (out.empty() ? "" : "&") + name + "=" + value;
    return out;
}

std::string naive_sign(test::pairs const& list, sign_type type, std::string const& key) {
    std::string const text = naive_canonical(list) + "&key=" + key;
    unsigned char digest[32] = {};
    std::size_t size = 0;
    if (type == sign_type::md5)
        EVP_Q_digest(nullptr, "MD5", nullptr, text.data(), text.size(), digest, &size);
    else
        EVP_Q_mac(
            nullptr,
            "HMAC",
            nullptr,
            "SHA256",
            nullptr,
            key.data(),
            key.size(),
            reinterpret_cast<unsigned char const*>(text.data()),
            text.size(),
            digest,
            sizeof digest,
            &size
        );
    return to_hex({reinterpret_cast<char const*>(digest), size}, true);
}

std::string canonical(test::pairs const& list) {
    std::string out;
    append_canonical(test::to_fields(list), out);
    return out;
}

fields signed_fields(sign_type type) {
    fields f = test::to_fields(test::payment());
    f.set("sign", sign(f, type, test::key));
    return f;
}

sign_type const both[] = {sign_type::md5, sign_type::hmac_sha256};

} // namespace

BOOST_AUTO_TEST_CASE(canonical_strings) {
    BOOST_TEST(canonical({}).empty());
    BOOST_TEST(canonical({{"a", ""}, {"sign", "X"}}).empty());
    BOOST_TEST(canonical({{"b", "2"}, {"a", "1"}}) == "a=1&b=2");
    BOOST_TEST(canonical({{"a", "1"}, {"b", ""}, {"c", "3"}}) == "a=1&c=3");
    BOOST_TEST(canonical({{"sign", "X"}, {"sign_type", "MD5"}, {"signx", "1"}}) == "sign_type=MD5&signx=1");
    BOOST_TEST(canonical({{"sign", "X"}, {"a", " 1 "}}) == "a= 1 ");
    BOOST_TEST(canonical({{"a", "1&b=2=3"}}) == "a=1&b=2=3");
    BOOST_TEST(
        canonical({{"a_", "1"}, {"aB", "2"}, {"ab", "3"}, {"a", "4"}, {"B", "5"}, {"_", "6"}, {"a1", "7"}}) ==
        "B=5&_=6&a=4&a1=7&aB=2&a_=1&ab=3"
    );
}

BOOST_AUTO_TEST_CASE(canonical_is_appended) {
    std::string out = "before";
    append_canonical(test::to_fields({{"b", "2"}, {"a", "1"}}), out);
    BOOST_TEST(out == "beforea=1&b=2");
    append_canonical(test::to_fields({{"x", "2"}}), out);
    BOOST_TEST(out == "beforea=1&b=2x=2");
}

BOOST_AUTO_TEST_CASE(a_signature_is_appended) {
    fields const message = test::to_fields(test::payment());
    for (auto const type : both) {
        std::string const signature = sign(message, type, test::key);
        std::string out = "before";
        append_sign(message, type, test::key, out);
        BOOST_TEST(out == "before" + signature);
        append_sign(message, type, test::key, out);
        BOOST_TEST(out == "before" + signature + signature);
    }
}

BOOST_AUTO_TEST_CASE(like_the_naive_signer) {
    test::generator g(test::seed());
    for (int round = 0; round < 3000; ++round) {
        auto list = test::random_message(g, test::pick(g, 25));
        if (test::pick(g, 2) == 0)
            list = test::with(list, "sign", "whatever");
        if (test::pick(g, 3) == 0)
            std::sort(list.begin(), list.end());
        std::string const key = test::random_text(g, 1 + test::pick(g, 20));
        fields message = test::to_fields(list);
        for (auto const type : both) {
            std::string const expected = naive_sign(list, type, key);
            BOOST_TEST_REQUIRE(sign(message, type, key) == expected);
            message.set("sign", expected);
            BOOST_TEST_REQUIRE(verify(message, type, key));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_sign_with_any_bit_flipped) {
    for (auto const type : both) {
        fields const good = signed_fields(type);
        BOOST_TEST_REQUIRE(verify(good, type, test::key));
        std::string const carried(good.get("sign"));
        for (std::size_t i = 0; i < carried.size(); ++i)
            for (unsigned bit = 0; bit < 8; ++bit) {
                std::string bad = carried;
                bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1U << bit));
                fields f = good;
                f.set("sign", bad);
                BOOST_TEST_REQUIRE(!verify(f, type, test::key));
            }
    }
}

BOOST_AUTO_TEST_CASE(a_value_with_any_bit_flipped) {
    for (auto const type : both) {
        fields const good = signed_fields(type);
        for (auto const& [name, value] : test::payment())
            for (std::size_t i = 0; i < value.size(); ++i)
                for (unsigned bit = 0; bit < 8; ++bit) {
                    std::string bad = value;
                    bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1U << bit));
                    fields f = good;
                    f.set(name, bad);
                    BOOST_TEST_REQUIRE(!verify(f, type, test::key), name);
                }
    }
}

// Any bit of the document: it does not parse, or does not verify, or says the same.
BOOST_AUTO_TEST_CASE(a_document_with_any_bit_flipped) {
    for (auto const type : both) {
        std::string const good = test::signed_document(test::payment(), type);
        fields original;
        BOOST_TEST_REQUIRE(!decode_xml(good, original).failed());
        for (std::size_t i = 0; i < good.size(); ++i)
            for (unsigned bit = 0; bit < 8; ++bit) {
                std::string bad = good;
                bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1U << bit));
                fields f;
                bool const believed = !decode_xml(bad, f).failed() && verify(f, type, test::key);
                BOOST_TEST_REQUIRE(
                    (!believed || test::to_pairs(f) == test::to_pairs(original)), i << " bit " << bit
                );
            }
    }
}

BOOST_AUTO_TEST_CASE(fields_removed_renamed_emptied_added) {
    for (auto const type : both) {
        fields const good = signed_fields(type);
        auto const list = test::to_pairs(good);
        for (auto const& [name, value] : list) {
            BOOST_TEST(!verify(test::to_fields(test::without(list, name)), type, test::key), name);
            BOOST_TEST(!verify(test::to_fields(test::with(list, name, "")), type, test::key), name);
            auto renamed = test::without(list, name);
            renamed.emplace_back(name + "_", value);
            BOOST_TEST(!verify(test::to_fields(renamed), type, test::key), name);
        }
        BOOST_TEST(!verify(test::to_fields(test::with(list, "unsigned_field", "x")), type, test::key));
        BOOST_TEST(
            !verify(test::to_fields(test::with(list, "sign_type", to_string(type).data())), type, test::key)
        );
        BOOST_TEST(verify(test::to_fields(test::with(list, "empty_field", "")), type, test::key));
    }
}

BOOST_AUTO_TEST_CASE(signs_of_the_wrong_shape) {
    for (auto const type : both) {
        fields f = signed_fields(type);
        std::string const good(f.get("sign"));
        std::string lower = good;
        for (char& c : lower)
            c = ascii_lower(c);
        for (std::string const& bad :
             {std::string(),
              lower,
              good.substr(1),
              good.substr(0, good.size() - 1),
              good + "0",
              "0" + good,
              " " + good.substr(1),
              good + " ",
              std::string(good.size(), 'G'),
              std::string(good.size(), '\0'),
              std::string(good.size(), ' '),
              good + good,
              std::string(16, 'A'),
              good.substr(0, 2) + good}) {
            f.set("sign", bad);
            BOOST_TEST(!verify(f, type, test::key), bad);
        }
        f.set("sign", good);
        BOOST_TEST(verify(f, type, test::key));
    }
    BOOST_TEST(!verify(test::to_fields(test::payment()), sign_type::md5, test::key));
    BOOST_TEST(!verify(fields(), sign_type::md5, test::key));
}

BOOST_AUTO_TEST_CASE(the_other_algorithm_and_other_keys) {
    for (auto const type : both) {
        fields const f = signed_fields(type);
        auto const other = type == sign_type::md5 ? sign_type::hmac_sha256 : sign_type::md5;
        BOOST_TEST(!verify(f, other, test::key));
        BOOST_TEST(!verify(f, type, ""));
        BOOST_TEST(!verify(f, type, test::key.substr(1)));
        BOOST_TEST(!verify(f, type, std::string(test::key) + " "));
        BOOST_TEST(!verify(f, type, "another merchant's key, 32 bytes"));
    }
}

// a message signed with no key at all must not verify under one that is empty by mistake.
BOOST_AUTO_TEST_CASE(the_empty_key) {
    for (auto const type : both) {
        auto const list = test::payment();
        fields f = test::to_fields(list);
        f.set("sign", naive_sign(list, type, ""));
        BOOST_TEST(!verify(f, type, ""));
    }
}

BOOST_AUTO_TEST_CASE(the_payment_of_a_mini_program) {
    for (auto const type : both) {
        auto const r =
            make_request_payment("wxd678efh567hg6787", "wx2017033010242291fcfe", type, test::key, 1490840662);
        BOOST_TEST(r.appId == "wxd678efh567hg6787");
        BOOST_TEST(r.timeStamp == "1490840662");
        BOOST_TEST(r.package == "prepay_id=wx2017033010242291fcfe");
        BOOST_TEST(r.signType == to_string(type));
        BOOST_TEST(r.nonceStr.size() == 32U);
        test::pairs const signed_values = {
            {"appId", r.appId},
            {"timeStamp", r.timeStamp},
            {"nonceStr", r.nonceStr},
            {"package", r.package},
            {"signType", r.signType},
        };
        BOOST_TEST(r.paySign == naive_sign(signed_values, type, std::string(test::key)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
