#include "sandbox/certificates.hpp"

#include "net/tls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace wxgate::sandbox {

void write_file(std::filesystem::path const& file, std::string const& text, bool secret) {
    std::string const temporary = file.string() + ".new";
    auto const fail = [&](char const* what) {
        int const code = errno;
        ::unlink(temporary.c_str());
        throw std::system_error(code, std::generic_category(), std::string(what) + " " + file.string());
    };
    ::unlink(temporary.c_str()); // a leftover could have wider rights
    int const fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0644);
    if (fd < 0)
        fail("cannot create");
    std::string_view left = text;
    while (!left.empty()) {
        ssize_t const n = ::write(fd, left.data(), left.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int const code = errno;
            ::close(fd);
            errno = code;
            fail("cannot write");
        }
        left.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::close(fd) != 0)
        fail("cannot write");
    if (::rename(temporary.c_str(), file.c_str()) != 0)
        fail("cannot rename to");
}

void write_new_certificates(std::filesystem::path const& folder, std::string const& mch_id) {
    std::filesystem::create_directories(folder);

    net::certificate_request request;
    request.common_name = "wxgate sandbox CA";
    request.authority = true;
    request.life = std::chrono::days(3650);
    auto const ca = net::issue_certificate(request);

    request = {};
    request.common_name = "localhost";
    request.dns_names = {"localhost"};
    request.ip_addresses = {"127.0.0.1", "::1"};
    request.life = std::chrono::days(825);
    auto const server = net::issue_certificate(request, &ca);

    request = {};
    request.common_name = mch_id;
    request.life = std::chrono::days(1826); // five years, as WeChat's
    auto const client = net::issue_certificate(request, &ca);

    write_file(folder / "ca.pem", ca.certificate, false);
    write_file(folder / "server_cert.pem", server.certificate, false);
    write_file(folder / "server_key.pem", server.private_key, true);
    write_file(folder / "apiclient_cert.pem", client.certificate, false);
    write_file(folder / "apiclient_key.pem", client.private_key, true);
    write_file(folder / "apiclient_cert.p12", net::to_pkcs12(client, mch_id), true);
}

} // namespace wxgate::sandbox
