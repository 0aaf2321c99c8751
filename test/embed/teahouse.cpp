// A server that was there before WeChat Pay: lines over TCP, an io_context of its own on two threads. A line
// is an order's number; the answer says what became of its payment.
//
//     teahouse URL CA_FILE KEY_FILE     (of a sandbox)
//
// It serves itself a few customers and exits 0 when each got the answer that was due.
#include "place.hpp"  // README's example
#include "tokens.hpp" // README's completion tokens

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>
#include <thread>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

struct till {
    wxgate::client wechat;
    wxgate::account shop;
};

asio::awaitable<void> serve(tcp::socket customer, till& at) {
    std::string line;
    for (;;) {
        auto buffer = asio::dynamic_buffer(line, 1024);
        std::size_t const size = co_await asio::async_read_until(customer, buffer, '\n', asio::use_awaitable);
        std::string number = line.substr(0, size - 1);
        line.erase(0, size);
        auto work = place(at.wechat, at.shop, std::move(number));
        // The client has an executor of its own; this coroutine goes on where it was.
        std::string answer =
            co_await asio::co_spawn(at.wechat.get_executor(), std::move(work), asio::use_awaitable);
        answer += '\n';
        co_await asio::async_write(customer, asio::buffer(answer), asio::use_awaitable);
    }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, till& at) {
    for (;;) {
        auto customer = co_await acceptor.async_accept(asio::use_awaitable);
        auto const executor = customer.get_executor();
        auto session = serve(std::move(customer), at);
        asio::co_spawn(executor, std::move(session), asio::detached); // ends when the customer hangs up
    }
}

std::string ask(unsigned short port, std::string const& number) {
    asio::io_context context;
    tcp::socket s(context);
    s.connect({asio::ip::address_v4::loopback(), port});
    asio::write(s, asio::buffer(number + "\n"));
    std::string answer;
    std::size_t const size = asio::read_until(s, asio::dynamic_buffer(answer), '\n');
    return answer.substr(0, size - 1);
}

int failures = 0;

void expect(std::string const& what, std::string const& got, std::string const& begins) {
    bool const good = got.starts_with(begins);
    std::cout << (good ? "ok   " : "FAIL ") << what << ": " << got << '\n';
    failures += good ? 0 : 1;
}

std::string state_of(answer const& a) {
    return a ? std::string(to_string(a->trade_state)) : a.error().message();
}

// Waits for what `start` makes somebody hear.
template <class Start>
std::string heard_of(Start start) {
    auto const promise = std::make_shared<std::promise<std::string>>();
    auto future = promise->get_future();
    start([promise](answer a) { promise->set_value(state_of(a)); });
    return future.get();
}

void ask_with_every_token(asio::io_context& context, till& at) {
    auto& w = at.wechat;
    auto const& shop = at.shop;
    auto const spawn = [](auto const& executor, asio::awaitable<void> work) {
        asio::co_spawn(executor, std::move(work), asio::detached);
    };
    expect(
        "use_awaitable",
        heard_of([&](hear h) { spawn(w.get_executor(), by_use_awaitable(w, shop, h)); }),
        "NOTPAY"
    );
    expect("callback", heard_of([&](hear h) { by_callback(w, shop, h); }), "NOTPAY");
    expect("use_future", state_of(by_use_future(w, shop)), "NOTPAY");
    expect(
        "as_tuple",
        heard_of([&](hear h) { spawn(context.get_executor(), by_as_tuple(w, shop, h)); }),
        "NOTPAY"
    );
    expect("deferred", heard_of([&](hear h) { by_deferred(w, shop, h); }), "NOTPAY");
}

std::string first_line(char const* file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::cerr << "usage: teahouse URL CA_FILE KEY_FILE\n";
        return 2;
    }
    asio::io_context context;
    wxgate::client_options options;
    options.url = argv[1];
    options.backup_url = "";
    options.ca_file = argv[2];
    options.log = [](wxgate::log_level, std::string_view line) { std::cout << "log  " << line << '\n'; };
    // Two threads run this context, so the client gets a strand of it.
    till at{
        wxgate::client(asio::make_strand(context), std::move(options)),
        {"wx2421b1c4370ec43b", "10000100", first_line(argv[3])}};
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    auto const port = acceptor.local_endpoint().port();
    asio::co_spawn(context, listen(acceptor, at), asio::detached);
    std::thread one([&] { context.run(); });
    std::thread two([&] { context.run(); });

    expect("a new order", ask(port, "tea-0001"), "accepted wx");
    expect("the same again", ask(port, "tea-0001"), "accepted wx");
    expect("a number that is none", ask(port, "t"), "unknown");
    ask_with_every_token(context, at);

    asio::post(at.wechat.get_executor(), [&] { at.wechat.close(); });
    asio::post(context, [&] { acceptor.close(); });
    context.stop();
    one.join();
    two.join();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
