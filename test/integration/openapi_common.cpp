#include "openapi_common.hpp"

#include <stdexcept>

namespace wxgate::test {

openapi_document const& document() {
    static openapi_document const d(read_yaml(read_file(WXGATE_SOURCE_DIR "/conf/openapi.yaml")));
    return d;
}

std::set<std::string> const& verbs() {
    static std::set<std::string> const all = {"get", "post", "put", "patch", "delete"};
    return all;
}

std::vector<operation> operations() {
    std::vector<operation> all;
    for (auto const& path : document().root().at("paths").as_object())
        for (auto const& method : path.value().as_object())
            if (verbs().contains(std::string(method.key())))
                all.push_back(
                    {std::string(path.key()),
                     std::string(method.key()),
                     method.value(),
                     path.value().as_object().contains("servers")}
                );
    return all;
}

operation find_operation(std::string const& method, std::string const& path) {
    for (auto const& o : operations())
        if (o.method == method && o.path == path)
            return o;
    throw std::runtime_error("not documented: " + method + " " + path);
}

void check_documented(operation const& o, reply const& r) {
    BOOST_TEST_CONTEXT(o.method << " " << o.path << ": " << r.describe()) {
        auto const response = document().response(o.what, r.status);
        BOOST_TEST_REQUIRE(!response.is_null(), "the status is not documented");
        auto const content = member(response, "content");
        if (content.is_null()) { // an answer without a body
            BOOST_TEST(r.body.empty());
            return;
        }
        auto const type = r.header("Content-Type").substr(0, r.header("Content-Type").find(';'));
        auto const media = member(content, type);
        BOOST_TEST_REQUIRE(!media.is_null(), "the media type is not documented: " << type);
        if (type.ends_with("json"))
            for (auto const& error : document().errors(member(media, "schema"), r.parsed()))
                BOOST_TEST(false, error);
    }
}

void check_documented(operation const& o, reply const& r, unsigned status) {
    check_documented(o, r);
    BOOST_TEST(r.status == status, o.method << " " << o.path << ": " << r.describe());
}

} // namespace wxgate::test
