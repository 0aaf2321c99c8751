// A scripted WeChat: an HTTPS server whose answer to each call the test decides, and which records what it
// was asked. It is as strict about the request's signature as the test makes it, and as badly behaved as
// WeChat is on its worst day.
#pragma once

#include "support/certificates.hpp"
#include "support/config.hpp"
#include "support/wechat.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace wxgate::test {

/// A request as it came.
struct call {
    std::string method;
    std::string path;
    std::string query;
    header_list headers;
    std::string body;
    message fields; // of the body, read naively
    steady::time_point at;
};

enum class manner {
    answer,       // all of it
    hang,         // none, and the connection stays open
    reset_before, // RST before the request is read
    reset_after,  // RST after the request was read
    cut,          // the head and `cut_at` bytes of the body, then the end
    cut_anywhere  // `cut_at` bytes of head and body, then the end; all of it, when it is no longer
};

struct answer {
    std::string body;
    unsigned status = 200;
    std::string content_type = "text/plain";
    milliseconds delay{0}; // before it
    manner how = manner::answer;
    std::size_t cut_at = 0;
    bool length = true; // false: no Content-Length, the end of the connection ends the body
};

using script = std::function<answer(call const&)>;

class stand_in {
public:
    /// Listens on a port the kernel chose. Answers as well_behaved() does until told otherwise.
    stand_in(certificate_files const& identity, std::vector<merchant_config> merchants);
    ~stand_in();
    stand_in(stand_in const&) = delete;
    stand_in& operator=(stand_in const&) = delete;

    std::uint16_t port() const;

    /// https://127.0.0.1:port
    std::string url() const;

    /// From the next request on. The script is called on the connection's thread, one at a time.
    void behave(script how);

    /// The next connections are reset before anything is read.
    void reset_connections(int how_many);

    /// Answers of a server on which everything goes well and nobody has paid: a prepay for each order, NOTPAY
    /// for each query, OK for each close; "openid:X" as a login code gives X.
    answer well_behaved(call const& c) const;

    /// An answer of `fields` after the common head (return_code … result_code SUCCESS), signed as the request
    /// was.
    std::string accepted(call const& c, message fields) const;

    /// A signed refusal.
    std::string refused(call const& c, std::string const& err_code, std::string const& err_code_des) const;

    /// The common head and these fields, unsigned: for a test that signs on its own.
    message answer_fields(call const& c, message fields) const;

    /// The merchant a request names, or nothing.
    merchant_config const* merchant_of(call const& c) const;

    /// Everything asked since the last forget(), oldest first; with `path`, only that.
    std::vector<call> calls(std::string const& path = {}) const;

    std::size_t count(std::string const& path, std::string const& out_trade_no) const;

    void forget();

    /// Connections open now.
    std::size_t open_connections() const;

    /// Requests whose signature did not verify under the merchant's key: none, ever.
    std::size_t badly_signed() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace wxgate::test
