// The client's own certificate: read from what people have, shown to servers, and refused by them.
#include "net/http_client.hpp"
#include "net/tls_context.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

using namespace wxgate;
using namespace wxgate::net;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;
namespace ssl = asio::ssl;

namespace {

certificate_request for_merchant(std::string const& mch_id, std::chrono::days life = std::chrono::days(30)) {
    certificate_request r;
    r.common_name = mch_id;
    r.life = life;
    return r;
}

struct folder {
    folder() { std::filesystem::create_directories(path); }

    ~folder() { std::filesystem::remove_all(path); }

    std::string write(std::string const& name, std::string const& text) const {
        std::ofstream(path / name) << text;
        return (path / name).string();
    }

    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("wxgate-identity-" + std::to_string(getpid()));
};

// What it throws, or "".
template <class F>
std::string complaint(F work) {
    try {
        work();
    } catch (std::runtime_error const& e) {
        return e.what();
    }
    return {};
}

bool contains(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

// A server that demands a client certificate of `ca`, on a thread of its own. For each connection: a
// handshake, then what `then` does.
class demanding_server {
public:
    demanding_server(
        issued_certificate const& ca,
        issued_certificate const& own,
        int version,
        bool close_at_once,
        int connections = 1
    )
        : context_(ssl::context::tls_server), acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
        context_.use_certificate_chain(asio::buffer(own.certificate));
        context_.use_private_key(asio::buffer(own.private_key), ssl::context::pem);
        context_.add_certificate_authority(asio::buffer(ca.certificate));
        context_.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
        SSL_CTX_set_max_proto_version(context_.native_handle(), version);
        thread_ = std::thread([this, close_at_once, connections] {
            for (int i = 0; i < connections; ++i)
                serve(close_at_once);
        });
    }

    ~demanding_server() { thread_.join(); }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void serve(bool close_at_once) {
        tcp::socket socket(io_);
        boost::system::error_code ec;
        acceptor_.accept(socket, ec);
        ssl::stream<tcp::socket&> stream(socket, context_);
        stream.handshake(ssl::stream_base::server, ec);
        if (ec) { // the alert has been sent
            if (close_at_once)
                return;
            char drain[1024];
            while (socket.read_some(asio::buffer(drain), ec) != 0 && !ec) {
            }
            return;
        }
        char request[4096];
        stream.read_some(asio::buffer(request), ec);
        asio::write(stream, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")), ec);
    }

    asio::io_context io_;
    ssl::context context_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

struct world {
    world() {
        certificate_request authority;
        authority.common_name = "test ca";
        authority.authority = true;
        ca = issue_certificate(authority);
        same_name_ca = issue_certificate(authority);
        authority.common_name = "another ca";
        foreign_ca = issue_certificate(authority);
        certificate_request server;
        server.common_name = "127.0.0.1";
        server.ip_addresses = {"127.0.0.1"};
        own = issue_certificate(server, &ca);
        ca_file = files.write("ca.pem", ca.certificate);
    }

    exchange_result ask(std::uint16_t port, identity const& who, std::size_t body) {
        client_tls_options o;
        o.ca_file = ca_file;
        o.client = who;
        asio::io_context context{1};
        http_client client(context.get_executor(), url{true, "127.0.0.1", port, ""}, make_client_tls(o), {});
        exchange_request q;
        q.body = std::string(body, 'x');
        std::optional<exchange_result> got;
        asio::co_spawn(
            context,
            client.exchange(std::move(q), std::chrono::steady_clock::now() + 10s),
            [&](std::exception_ptr, exchange_result r) { got = std::move(r); }
        );
        context.run();
        return std::move(*got);
    }

    folder files;
    issued_certificate ca;
    issued_certificate foreign_ca;
    issued_certificate same_name_ca;
    issued_certificate own;
    std::string ca_file;
};

identity of(issued_certificate const& c) {
    return {c.certificate, c.private_key};
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_certificate_test)

BOOST_FIXTURE_TEST_CASE(pem_files, folder) {
    auto const a = issue_certificate(for_merchant("10000100"));
    auto const b = issue_certificate(for_merchant("10000200"));
    auto const cert = write("a.pem", a.certificate);
    auto const key = write("a.key", a.private_key);
    auto const other = write("b.key", b.private_key);
    auto const i = read_identity(cert, key);
    BOOST_TEST(i.certificate == a.certificate);
    auto const s = status_of(i);
    BOOST_TEST(s.common_name == "10000100");
    BOOST_TEST((s.not_after > std::chrono::system_clock::now() + std::chrono::days(29)));
    BOOST_TEST(contains(complaint([&] { read_identity(cert, other); }), "b.key: is not the private key of"));
    BOOST_TEST(contains(complaint([&] { read_identity(key, key); }), "a.key: not a PEM certificate"));
    BOOST_TEST(contains(complaint([&] { read_identity(cert, cert); }), "a.pem: not a PEM private key"));
    BOOST_TEST(contains(complaint([&] { read_identity(cert, "/none"); }), "/none: No such file"));
    client_tls_options mismatched;
    mismatched.client = {a.certificate, b.private_key};
    BOOST_CHECK_THROW(make_client_tls(mismatched), std::runtime_error);
}

BOOST_FIXTURE_TEST_CASE(pkcs12_files, folder) {
    auto const a = issue_certificate(for_merchant("10000100"));
    auto const file = write("a.p12", to_pkcs12(a, "10000100"));
    auto const i = read_pkcs12(file, "10000100");
    BOOST_TEST(status_of(i).common_name == "10000100");
    client_tls_options usable;
    usable.client = i;
    BOOST_CHECK_NO_THROW(make_client_tls(usable));
    auto const wrong = complaint([&] { read_pkcs12(file, "10000200"); });
    BOOST_TEST(contains(wrong, "a.p12: "));
    BOOST_TEST(contains(wrong, "mch_id"));
    BOOST_TEST(contains(complaint([&] { read_pkcs12(write("no", "text"), "x"); }), "not a PKCS#12 file"));
    BOOST_TEST(contains(complaint([&] { read_pkcs12(write("empty", ""), "x"); }), "not a PKCS#12 file"));
    BOOST_TEST(contains(complaint([&] { read_pkcs12("/none", "x"); }), "No such file"));
    auto cut = to_pkcs12(a, "10000100");
    cut.resize(cut.size() / 2);
    BOOST_TEST(contains(complaint([&] { read_pkcs12(write("cut", cut), "10000100"); }), "not a PKCS#12 file")
    );
}

// WeChat's own files have RC2 and 3DES inside, which OpenSSL 3 reads with its legacy provider only; and the
// chain.
BOOST_FIXTURE_TEST_CASE(old_pkcs12_files_with_their_chain, folder) {
    certificate_request authority;
    authority.common_name = "ca";
    authority.authority = true;
    auto const ca = issue_certificate(authority);
    auto const a = issue_certificate(for_merchant("10000100"), &ca);
    write("a.pem", a.certificate);
    write("a.key", a.private_key);
    write("ca.pem", ca.certificate);
    auto const in_folder = "cd '" + path.string() + "' && ";
    auto const make = in_folder + "openssl pkcs12 -export -legacy -inkey a.key -in a.pem -certfile ca.pem "
                                  "-passout pass:10000100 -out old.p12 2>openssl.log";
    BOOST_TEST_REQUIRE(std::system(make.c_str()) == 0);
    auto const i = read_pkcs12((path / "old.p12").string(), "10000100");
    BOOST_TEST(status_of(i).common_name == "10000100");
    auto const second = i.certificate.find("BEGIN CERTIFICATE", i.certificate.find("END CERTIFICATE"));
    BOOST_TEST((second != std::string::npos));
    BOOST_TEST(contains(complaint([&] { read_pkcs12((path / "old.p12").string(), "x"); }), "mch_id"));
}

BOOST_FIXTURE_TEST_CASE(the_right_one_is_taken, world) {
    for (int const version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        demanding_server server(ca, own, version, false);
        auto const r = ask(server.port(), of(issue_certificate(for_merchant("10000100"), &ca)), 10);
        BOOST_TEST_REQUIRE(r.has_value());
        BOOST_TEST(r->status == 200U);
    }
}

BOOST_FIXTURE_TEST_CASE(a_refused_one_is_told_as_such, world) {
    struct row {
        char const* name;
        identity who;
    };

    row const rows[] = {
        {"another authority's", of(issue_certificate(for_merchant("10000100"), &foreign_ca))},
        {"of an authority of the same name", of(issue_certificate(for_merchant("10000100"), &same_name_ca))},
        {"expired", of(issue_certificate(for_merchant("10000100", std::chrono::days(-1)), &ca))},
        {"none", {}},
    };
    for (auto const& [name, who] : rows) {
        for (bool const close_at_once : {false, true}) {
            // 1.3: the alert comes after our handshake is done, at the first read, or while writing.
            for (std::size_t const body : {std::size_t{10}, std::size_t{4} << 20U}) {
                demanding_server server(ca, own, TLS1_3_VERSION, close_at_once);
                auto const r = ask(server.port(), who, body);
                BOOST_TEST_REQUIRE(!r.has_value());
                // When it closes at once and the request is on its way, the reset can overtake the alert.
                bool const told = r.error().code == errc::certificate_refused;
                bool const overtaken = close_at_once && r.error().code == errc::connection_lost;
                BOOST_TEST((told || overtaken), name << ": " << r.error().code.message());
            }
        }
    }
    // 1.2: while shaking hands, so nothing was sent.
    for (auto const& [name, who] : rows) {
        if (who.certificate.empty())
            continue; // its alert is handshake_failure, which may mean anything
        demanding_server server(ca, own, TLS1_2_VERSION, false);
        auto const r = ask(server.port(), who, 10);
        BOOST_TEST_REQUIRE(!r.has_value());
        BOOST_TEST((r.error().code == errc::certificate_refused), name << ": " << r.error().code.message());
        BOOST_TEST(!r.error().sent, name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
