// What the answer to downloadbill comes to: rows, a refusal, or nothing that can be known (C3). However it is
// cut, a bill that is not whole is never one.
#include "client/bill_download.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

using namespace wxgate;
using namespace std::chrono_literals;
using tcp = asio::ip::tcp;

namespace {

std::string row(std::string const& number) {
    return "`2026-11-23 12:00:01,`wx2421b1c4370ec43b,`10000100,`4200001,`" + number + ",`SUCCESS,`12.99\r\n";
}

std::string bill_of(int rows) {
    std::string text = "\xEF\xBB\xBF交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,订单金额\r\n";
    for (int i = 0; i < rows; ++i)
        text += row("order-" + std::to_string(i));
    return text + "总交易单数,手续费总金额\r\n`" + std::to_string(rows) + ",`0.07794\r\n";
}

std::string refusal(std::string const& msg, std::string const& code) {
    return "<xml><return_code><![CDATA[FAIL]]></return_code><return_msg><![CDATA[" + msg +
           "]]></return_msg><error_code><![CDATA[" + code + "]]></error_code></xml>";
}

struct rows_taken final : bill_sink {
    awaitable<error_code> take(std::vector<bill_row> rows) override {
        largest = std::max(largest, rows.size());
        smallest = std::min(smallest, rows.size());
        for (auto& r : rows)
            numbers.push_back(std::move(r.out_trade_no));
        error_code ended;
        if (numbers.size() >= refuse_at)
            ended = make_error_code(errc::store_overloaded);
        co_return ended;
    }

    std::vector<std::string> numbers;
    std::size_t largest = 0;
    std::size_t smallest = 1'000'000;
    std::size_t refuse_at = 1'000'000'000;
};

struct ended {
    rows_taken rows;
    std::optional<outcome<bill_done>> how;
    bool cut = false; // the download was ended before its end
};

awaitable<void> play(std::string body, std::size_t piece, unsigned status, std::size_t group, ended& e) {
    bill_download taking(e.rows, group);
    net::exchange_reply whole;
    whole.status = status;
    net::exchange_result answer = whole;
    for (std::string_view rest = body; !rest.empty() && !e.cut;) {
        auto const next = rest.substr(0, piece);
        rest.remove_prefix(next.size());
        error_code const stop = co_await taking.take(next);
        if (stop.failed()) {
            e.cut = true;
            net::exchange_failure why;
            why.code = stop;
            why.sent = true;
            answer = why;
        }
    }
    auto judged = co_await taking.finish(answer);
    e.how = std::move(judged);
}

void must_not_throw(std::exception_ptr const& failed) {
    if (failed)
        std::rethrow_exception(failed);
}

void answer_with(
    ended& e, std::string body, std::size_t piece = 16 * 1024, unsigned status = 200, std::size_t group = 500
) {
    asio::io_context context{1};
    asio::co_spawn(context, play(std::move(body), piece, status, group, e), must_not_throw);
    context.run();
    BOOST_TEST_REQUIRE(e.how.has_value());
}

// The code of an outcome that is unknown; no error for any other.
error_code unknown_code(ended const& e) {
    auto const& o = *e.how;
    if (o.has_value())
        return {};
    auto const u = o.error().as_unknown();
    return u ? u->code : error_code();
}

} // namespace

BOOST_AUTO_TEST_SUITE(bill_downloads)

BOOST_AUTO_TEST_CASE(a_whole_bill_however_it_is_cut) {
    auto const text = bill_of(23);
    for (auto const& body : {text, wire::gzip(text)})
        for (std::size_t const piece : {1U, 2U, 7U, 513U, 16U * 1024U}) {
            ended e;
            answer_with(e, body, piece, 200, 5);
            BOOST_TEST_REQUIRE(e.how->has_value());
            BOOST_TEST((*e.how)->rows == 23U);
            BOOST_TEST((*e.how)->summary.count == 23U);
            BOOST_TEST((*e.how)->summary.fee.value() == 7794);
            BOOST_TEST(e.rows.numbers.size() == 23U);
            BOOST_TEST(e.rows.numbers.back() == "order-22");
            BOOST_TEST(e.rows.largest == 5U);
            BOOST_TEST(e.rows.smallest == 3U); // the last
        }
}

BOOST_AUTO_TEST_CASE(a_bill_that_is_cut_off_anywhere_is_none) {
    auto const text = bill_of(7);
    for (auto const& body : {text, wire::gzip(text)})
        for (std::size_t size = 0; size < body.size(); ++size) {
            ended e;
            answer_with(e, body.substr(0, size));
            auto const code = unknown_code(e);
            // A bill that lacks no more than its last line's end may be whole, and is not.
            BOOST_TEST(
                (code == errc::truncated_bill || code == errc::malformed_bill), size << ": " << code.message()
            );
        }
}

// … or it is whole all the same: some bits of a gzip stream mean nothing.
BOOST_AUTO_TEST_CASE(a_damaged_bill_is_none) {
    auto const body = wire::gzip(bill_of(40));
    ended right;
    answer_with(right, body);
    std::size_t harmless = 0;
    for (std::size_t at = 0; at < body.size(); ++at) {
        auto damaged = body;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        ended e;
        answer_with(e, damaged);
        if (e.how->has_value()) {
            ++harmless;
            BOOST_TEST((e.rows.numbers == right.rows.numbers), at);
        } else {
            BOOST_TEST(unknown_code(e).failed(), at);
        }
    }
    BOOST_TEST(harmless < 10U); // the time and the like in its header, and what fills the last byte
}

BOOST_AUTO_TEST_CASE(pages_and_nothing) {
    std::string const page = "<html><head><title>502 Bad Gateway</title></head></html>\r\n";
    for (std::string const& body :
         {page, std::string("nope"), std::string("\r\n"), std::string(100'000, 'x')}) {
        ended e;
        answer_with(e, body);
        BOOST_TEST((unknown_code(e) == errc::malformed_bill || unknown_code(e) == errc::truncated_bill));
        BOOST_TEST(e.rows.numbers.empty());
    }
    ended nothing;
    answer_with(nothing, "");
    BOOST_TEST((unknown_code(nothing) == errc::truncated_bill));
    ended long_refusal;
    answer_with(long_refusal, "<xml>" + std::string(100'000, 'x'));
    BOOST_TEST((unknown_code(long_refusal) == errc::response_too_large));
    ended broken;
    answer_with(broken, "<xml><return_code>FAIL</return_msg></xml>");
    BOOST_TEST((unknown_code(broken) == errc::malformed_xml));
    ended accepted;
    answer_with(accepted, "<xml><return_code>SUCCESS</return_code></xml>");
    BOOST_TEST((unknown_code(accepted) == errc::malformed_bill));
}

// Whatever stands in it, and whether it is long or short.
BOOST_AUTO_TEST_CASE(another_status_is_no_bill) {
    for (std::string const& body : {wire::gzip(bill_of(3)), std::string("<html>500</html>"), std::string()}) {
        ended e;
        answer_with(e, body, 16 * 1024, 500);
        BOOST_TEST((unknown_code(e) == errc::bad_status));
    }
}

BOOST_AUTO_TEST_CASE(refusals_and_what_passes) {
    for (std::string const msg : {"No Bill Exist", "NO Bill Exist"}) {
        ended e;
        answer_with(e, refusal(msg, "20002"), 3);
        BOOST_TEST_REQUIRE(e.how->has_error());
        BOOST_TEST(e.how->error().is_refused_as(no_bill_exists));
    }
    for (std::string const msg : {"Bill Creating", "SYSTEMERROR", "CompressGZip Error", ""}) {
        ended e;
        answer_with(e, refusal(msg, ""));
        BOOST_TEST((unknown_code(e) == errc::upstream_busy), msg);
    }
    ended wrong;
    answer_with(wrong, refusal("invalid bill_type", "20001"));
    BOOST_TEST(wrong.how->error().is_refused_as("20001"));
    BOOST_TEST(wrong.how->error().as_refused()->return_msg == "invalid bill_type");
    ended misleading; // the number alone is not the word
    answer_with(misleading, refusal("SIGN ERROR", "20002"));
    BOOST_TEST(misleading.how->error().is_refused_as("SIGN ERROR"));
}

BOOST_AUTO_TEST_CASE(the_receiver_ends_it) {
    ended e;
    e.rows.refuse_at = 10;
    answer_with(e, bill_of(5000), 1024, 200, 5);
    BOOST_TEST((unknown_code(e) == errc::store_overloaded));
    BOOST_TEST(e.cut);
    BOOST_TEST(e.rows.numbers.size() == 10U);
    ended last; // it does not want the last rows
    last.rows.refuse_at = 3;
    answer_with(last, wire::gzip(bill_of(3)));
    BOOST_TEST((unknown_code(last) == errc::store_overloaded));
}

// A gzip stream that becomes a thousand times as much, in groups all the same.
BOOST_AUTO_TEST_CASE(groups_have_a_bound) {
    std::string text = "交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,订单金额\r\n";
    constexpr int rows = 100'000;
    for (int i = 0; i < rows; ++i)
        text += row("same");
    auto const body = wire::gzip(text + "总交易单数\r\n`" + std::to_string(rows) + "\r\n");
    BOOST_TEST(body.size() < text.size() / 50);
    ended e;
    answer_with(e, body);
    BOOST_TEST_REQUIRE(e.how->has_value());
    BOOST_TEST(e.rows.numbers.size() == static_cast<std::size_t>(rows));
    BOOST_TEST(e.rows.largest == 500U);
}

namespace {

// Answers one request.
struct host {
    host(asio::io_context& c, std::string body)
        : acceptor(c, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          answer(
              "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body
          ),
          url("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port())) {
        asio::co_spawn(c, serve(*this), report("host"));
    }

    static awaitable<void> serve(host& h) {
        auto [ec, peer] = co_await h.acceptor.async_accept(use_tuple);
        if (ec)
            co_return;
        auto buffer = asio::dynamic_buffer(h.asked, 65536);
        auto [unread, n] = co_await asio::async_read_until(peer, buffer, "</xml>", use_tuple);
        static_cast<void>(n);
        if (unread)
            co_return;
        auto [unsent, sent] = co_await asio::async_write(peer, asio::buffer(h.answer), use_tuple);
        static_cast<void>(unsent);
        static_cast<void>(sent);
    }

    tcp::acceptor acceptor;
    std::string answer;
    std::string url;
    std::string asked;
};

} // namespace

BOOST_AUTO_TEST_CASE(what_is_asked) {
    for (auto const type : {sign_type::md5, sign_type::hmac_sha256}) {
        asio::io_context context{1};
        host h(context, wire::gzip(bill_of(2)));
        client_options options;
        options.url = h.url;
        options.backup_url = "";
        std::string observed;
        options.observe = [&](std::string_view call, std::string_view result, std::chrono::nanoseconds) {
            observed = std::string(call) + ' ' + std::string(result);
        };
        client wechat(context.get_executor(), options);
        account const shop{"wx2421b1c4370ec43b", "10000100", std::string(32, 'k'), type};
        rows_taken rows;
        std::optional<outcome<bill_done>> got;
        bill_request request;
        request.bill_date = "20261123";
        auto work = wechat.download_bill(shop, request, rows, std::chrono::steady_clock::now() + 10s);
        asio::co_spawn(context, std::move(work), [&](std::exception_ptr failed, outcome<bill_done> o) {
            must_not_throw(failed);
            got = std::move(o);
            wechat.close();
        });
        context.run_for(20s);
        BOOST_TEST_REQUIRE(got.has_value());
        BOOST_TEST_REQUIRE(got->has_value());
        BOOST_TEST(rows.numbers.size() == 2U);
        BOOST_TEST(observed == "downloadbill accepted");
        BOOST_TEST(h.asked.starts_with("POST /pay/downloadbill HTTP/1.1\r\n"));
        fields message;
        BOOST_TEST_REQUIRE(!decode_xml(h.asked.substr(h.asked.find("\r\n\r\n") + 4), message).failed());
        BOOST_TEST(message.get("bill_date") == "20261123");
        BOOST_TEST(message.get("bill_type") == "ALL");
        BOOST_TEST(message.get("tar_type") == "GZIP");
        BOOST_TEST(message.get("mch_id") == "10000100");
        BOOST_TEST(verify(message, type, shop.api_key));
    }
}

BOOST_AUTO_TEST_SUITE_END()
