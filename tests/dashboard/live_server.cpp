#include "live_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace live {
namespace {

using tcp = asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

const std::string page_text = "<!doctype html><title>page</title>";

std::vector<unsigned char> gzip(std::string text) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::vector<unsigned char> result(text.size() + 100);
    stream.next_in = reinterpret_cast<unsigned char*>(text.data()); // NOLINT
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = result.data();
    stream.avail_out = static_cast<uInt>(result.size());
    deflate(&stream, Z_FINISH);
    result.resize(stream.total_out);
    deflateEnd(&stream);
    return result;
}

std::span<const fedasio::dashboard::asset> page() {
    static const auto packed = gzip(page_text);
    static const std::array<fedasio::dashboard::asset, 2> files{
        fedasio::dashboard::asset{"index.html", "text/html; charset=utf-8", packed, "abc"},
        fedasio::dashboard::asset{"/app.js", "text/javascript", packed, "\"js\""}};
    return files;
}

awaitable<fedasio::master::command_answer> obey(std::vector<fedasio::master::command>& log,
                                                fedasio::master::command what) {
    using kind = fedasio::master::command::kind;
    log.push_back(what);
    if (what.what == kind::stop) {
        throw std::runtime_error("broken");
    }
    fedasio::master::command_answer answer{what.what != kind::resume, "said"};
    co_return answer;
}

awaitable<void> play(fixture& with, awaitable<void> (*scenario)(fixture&)) {
    try {
        co_await scenario(with);
    } catch (const std::exception& failure) {
        BOOST_ERROR(std::string("the scenario threw: ") + failure.what());
    }
    with.server->stop();
    co_await until([&] { return with.server_ended; });
    BOOST_TEST(with.server->connections() == 0U);
    BOOST_TEST(with.server->streams() == 0U);
}

} // namespace

std::unique_ptr<fedasio::net::alarm> manual_clock::at(time_point when, std::function<void()> action) {
    struct standing_alarm final : fedasio::net::alarm {
        alarms& all;
        std::shared_ptr<bool> stands;
        alarms::iterator place;

        standing_alarm(alarms& every, std::shared_ptr<bool> flag, alarms::iterator where)
            : all(every), stands(std::move(flag)), place(where) {}

        ~standing_alarm() override {
            if (*stands) {
                all.erase(place);
            }
        }
    };

    auto stands = std::make_shared<bool>(true);
    auto call = [stands, action = std::move(action)] {
        *stands = false;
        action();
    };
    const auto place = alarms_.emplace(when, std::move(call));
    return std::make_unique<standing_alarm>(alarms_, stands, place);
}

void manual_clock::advance(duration by) {
    const auto goal = now_ + by;
    while (!alarms_.empty() && alarms_.begin()->first <= goal) {
        now_ = std::max(now_, alarms_.begin()->first);
        auto due = alarms_.extract(alarms_.begin());
        due.mapped()();
    }
    now_ = goal;
}

void fixture::start() {
    auto handler = [this](fedasio::master::command what) { return obey(commands, std::move(what)); };
    server = std::make_unique<fedasio::dashboard::server>(rt, fedasio::net::address::parse(listen), events,
                                                          handler, page(), options, archive, protection);
}

void fixture::run(awaitable<void> (*scenario)(fixture&)) {
    start();
    asio::co_spawn(context, server->run(), [this](const std::exception_ptr& failure) {
        BOOST_TEST(!failure);
        server_ended = true;
    });
    asio::co_spawn(context, play(*this, scenario),
                   [](const std::exception_ptr& failure) { BOOST_TEST(!failure); });
    context.run_for(std::chrono::minutes(2));
    BOOST_TEST(context.stopped(), "the scenario hangs");
}

void fixture::notice(std::string text) {
    events.publish(fedasio::master::noticed{fedasio::master::noticed::severity::info, std::move(text)});
}

awaitable<void> until(std::function<bool()> condition) {
    while (!condition()) {
        co_await asio::post(asio::use_awaitable);
    }
}

std::string response::header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) {
        return "(none)";
    }
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

raw_connection::raw_connection(fixture& with)
    : peer_(asio::ip::make_address(with.address().host), with.address().port), socket_(with.context) {}

awaitable<void> raw_connection::connect(int receive_buffer) {
    socket_.open(peer_.protocol());
    if (receive_buffer > 0) {
        socket_.set_option(tcp::socket::receive_buffer_size(receive_buffer));
    }
    co_await socket_.async_connect(peer_, asio::use_awaitable);
}

awaitable<void> raw_connection::send(std::string bytes) {
    co_await asio::async_write(socket_, asio::buffer(bytes), as_result);
}

awaitable<bool> raw_connection::fill(std::size_t size) {
    std::array<char, 65536> chunk{};
    while (buffer_.size() < size) {
        auto [ec, bytes] = co_await socket_.async_read_some(asio::buffer(chunk), as_result);
        if (ec) {
            co_return false;
        }
        buffer_.append(chunk.data(), bytes);
    }
    co_return true;
}

awaitable<response> raw_connection::receive(bool has_body) {
    response result;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
        const bool more = co_await fill(buffer_.size() + 1);
        if (!more) {
            co_return result;
        }
    }
    result.head = buffer_.substr(0, buffer_.find("\r\n\r\n") + 2);
    buffer_.erase(0, result.head.size() + 2);
    result.status = static_cast<unsigned>(std::stoul(result.head.substr(9, 3)));
    const auto length = result.header("Content-Length");
    if (has_body && length != "(none)") {
        const auto size = std::stoul(length);
        co_await fill(size);
        result.body = buffer_.substr(0, size);
        buffer_.erase(0, size);
    }
    co_return result;
}

awaitable<void> raw_connection::take(std::size_t bytes) {
    co_await fill(buffer_.size() + bytes);
}

awaitable<bool> raw_connection::ends() {
    const bool more = co_await fill(1);
    co_return !more;
}

awaitable<std::string> raw_connection::receive_message() {
    std::string result;
    for (;;) {
        bool there = co_await fill(2);
        if (!there) {
            co_return "";
        }
        const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
        std::size_t size = byte(1);
        std::size_t head = 2;
        if (size >= 126) {
            head = size == 126 ? 4 : 10;
            there = co_await fill(head);
            if (!there) {
                co_return "";
            }
            size = 0;
            for (std::size_t at = 2; at < head; ++at) {
                size = (size << 8U) | byte(at);
            }
        }
        there = co_await fill(head + size);
        if (!there) {
            co_return "";
        }
        const bool is_last = (byte(0) & 0x80U) != 0;
        const bool is_control = (byte(0) & 0x08U) != 0;
        const bool is_close = (byte(0) & 0x0fU) == 8;
        if (!is_control) {
            result += buffer_.substr(head, size);
        }
        if (is_close && size >= 2) {
            close_code_ = static_cast<unsigned>(byte(head)) << 8U | byte(head + 1);
        }
        buffer_.erase(0, head + size);
        if (is_close) {
            co_return "";
        }
        if (is_last && !is_control) {
            co_return result;
        }
    }
}

void raw_connection::close() {
    socket_.close();
}

std::string get(const fixture& from, std::string_view target, std::string_view headers) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: " + from.host() + "\r\n" +
           std::string(headers) + "\r\n";
}

std::string post(const fixture& to, std::string_view body, std::string_view headers) {
    return "POST /api/v1/commands HTTP/1.1\r\nHost: " + to.host() +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" +
           std::string(body);
}

std::string upgrade(const fixture& from, std::string_view target, std::string_view headers) {
    return get(from, target,
               "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                   std::string(headers));
}

std::string unpacked(std::string_view text, int window_bits) {
    z_stream stream{};
    BOOST_REQUIRE(inflateInit2(&stream, window_bits) == Z_OK);
    std::string input(text);
    std::string result;
    std::string chunk(65536, '\0');
    stream.next_in = reinterpret_cast<unsigned char*>(input.data()); // NOLINT
    stream.avail_in = static_cast<uInt>(input.size());
    int outcome = Z_OK;
    while (outcome == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)) {
        stream.next_out = reinterpret_cast<unsigned char*>(chunk.data()); // NOLINT
        stream.avail_out = static_cast<uInt>(chunk.size());
        outcome = inflate(&stream, Z_SYNC_FLUSH);
        result.append(chunk, 0, chunk.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    return result;
}

awaitable<response> ask(fixture& from, std::string request) {
    raw_connection connection(from);
    co_await connection.connect();
    const bool is_head = request.starts_with("HEAD");
    co_await connection.send(std::move(request));
    co_return co_await connection.receive(!is_head);
}

} // namespace live
