// Workers that do no work: one process and one thread, N connections. Each says hello as a worker of one
// client, takes what it is asked to take, and answers `train` at once with the weights that it got. While
// that takes long, it beats, as workers do. usage: round_swarm HOST PORT N
#include <fedasio/text/json_reader.hpp>
#include <fedasio/wire/hello.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/train.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "raw_frames.hpp"
#include <arpa/inet.h>
#include <chrono>
#include <fcntl.h>
#include <map>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <vector>

namespace {

using namespace fedasio;
namespace message_type = wire::message_type;

/// Hundreds of sockets with megabytes that nobody has read yet are more than a kernel has for all of TCP;
/// then it drops segments.
constexpr int most_unread = 1 << 20;
constexpr int most_unsent = 128 << 10; // as workers have it

/// Weights that came to one of them serve all.
struct kept_weights {
    std::vector<std::byte> bytes;
    std::size_t filled = 0;
    const void* filler = nullptr;
    std::vector<std::uint32_t> waiting; ///< connections that would answer with them

    [[nodiscard]] bool is_whole() const { return !bytes.empty() && filled == bytes.size(); }
};

struct connection {
    int socket = -1;
    bench::frame_reader in;
    bench::frame_writer out;
    net::frame_header header;
    std::string meta;
    std::uint32_t weights = 0; ///< their checksum
    std::string update;        ///< waits for weights
    bool is_writing = false;
    std::uint64_t pings = 0;
};

std::string head_of_reply(const net::frame_header& request, const boost::json::object& meta,
                          std::span<const std::byte> body = {}, std::uint32_t checksum = 0);

class swarm {
public:
    swarm(const char* host, std::uint16_t port, std::size_t count)
        : all_(count), scratch_(std::size_t{256} << 10) {
        where_.sin_family = AF_INET;
        where_.sin_port = htons(port);
        inet_pton(AF_INET, host, &where_.sin_addr);
    }

    void run() {
        for (std::uint32_t i = 0; i < all_.size(); ++i) {
            open(i);
            if (i % 64 == 63) {
                serve(0);
            }
        }
        std::puts("connected");
        std::fflush(stdout);
        while (serve(-1)) {
        }
        std::perror("round_swarm: the other side is gone");
    }

private:
    void open(std::uint32_t i) {
        auto& one = all_[i];
        one.socket = ::socket(AF_INET, SOCK_STREAM, 0);
        if (one.socket < 0 ||
            ::connect(one.socket, reinterpret_cast<sockaddr*>(&where_), sizeof(where_)) != 0) {
            bench::end_because("connect");
        }
        const int on = 1;
        setsockopt(one.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        setsockopt(one.socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof(most_unsent));
        setsockopt(one.socket, SOL_SOCKET, SO_RCVBUF, &most_unread, sizeof(most_unread));
        fcntl(one.socket, F_SETFL, O_NONBLOCK);
        epoll_event event{EPOLLIN, {.u32 = i}};
        epoll_ctl(poll_, EPOLL_CTL_ADD, one.socket, &event);
        wire::hello me;
        me.name = "worker-" + std::to_string(i);
        me.clients = 1;
        net::frame hello(message_type::hello, wire::to_meta(me));
        hello.correlation = 1;
        one.out.push(net::encoded_frame(hello).head);
        flush(i);
    }

    bool serve(int patience) {
        beat();
        std::array<epoll_event, 256> ready;
        const auto count = epoll_wait(poll_, ready.data(), ready.size(), patience);
        for (const auto& one : std::span(ready).first(static_cast<std::size_t>(std::max(count, 0)))) {
            const auto i = one.data.u32;
            if ((one.events & EPOLLIN) != 0 && !read(i)) {
                return false;
            }
            flush(i);
        }
        return count >= 0 || errno == EINTR;
    }

    /// The master's pings stand in line behind the weights, and all of these have one thread.
    void beat() {
        const auto now = std::chrono::steady_clock::now();
        if (now < next_beat_) {
            return;
        }
        next_beat_ = now + std::chrono::seconds(1);
        for (std::uint32_t i = 0; i < all_.size(); ++i) {
            auto& one = all_[i];
            if (one.in.is_inside_body() && one.out.empty()) {
                net::frame ping(net::frame_type::ping);
                ping.correlation = ++one.pings;
                one.out.push(net::encoded_frame(ping).head);
                flush(i);
            }
        }
    }

    bool read(std::uint32_t i) {
        auto& one = all_[i];
        return one.in.read(
            one.socket, scratch_,
            [&](const net::frame_header& header, std::string_view meta) {
                one.header = header;
                one.meta = meta;
                if (header.type == message_type::weights) {
                    expect_weights(one);
                }
            },
            [&](std::span<const std::byte> bytes) {
                if (auto& kept = kept_[one.weights]; kept.filler == &one) {
                    std::ranges::copy(bytes, kept.bytes.begin() + static_cast<std::ptrdiff_t>(kept.filled));
                    kept.filled += bytes.size();
                }
            },
            [&] { answer(i); });
    }

    void expect_weights(connection& one) {
        one.weights = one.header.body_checksum;
        auto& kept = kept_[one.weights];
        if (kept.filler == nullptr) {
            kept.bytes.resize(one.header.body_length);
            kept.filler = &one;
        }
    }

    void answer(std::uint32_t i) {
        auto& one = all_[i];
        switch (one.header.type) {
        case net::frame_type::ping: {
            net::frame pong(net::frame_type::pong);
            pong.correlation = one.header.correlation;
            one.out.push(net::encoded_frame(pong).head);
            break;
        }
        case message_type::load: {
            wire::loaded loaded;
            for (const auto client : wire::read_load(boost::json::parse(one.meta).as_object()).clients) {
                loaded.clients.push_back({client, 1, 0});
            }
            one.out.push(head_of_reply(one.header, wire::to_meta(loaded)));
            break;
        }
        case message_type::weights:
            one.out.push(head_of_reply(one.header, {}));
            settle(kept_[one.weights]);
            break;
        case message_type::train:
            train(i);
            break;
        case message_type::model:
            one.out.push(head_of_reply(one.header, {}));
            break;
        default:
            break;
        }
    }

    void settle(kept_weights& kept) {
        if (!kept.is_whole()) {
            return;
        }
        kept.filler = this; // nobody fills them again
        for (const auto i : std::exchange(kept.waiting, {})) {
            all_[i].out.push(std::move(all_[i].update), kept.bytes);
            flush(i);
        }
    }

    void train(std::uint32_t i) {
        auto& one = all_[i];
        auto& kept = kept_[one.weights];
        const auto request = wire::read_train(boost::json::parse(one.meta).as_object());
        wire::update update;
        update.round = request.round;
        update.client = request.client;
        update.samples = 1;
        update.loss = 0.5;
        auto head = head_of_reply(one.header, wire::to_meta(update), kept.bytes, one.weights);
        if (kept.is_whole()) {
            one.out.push(std::move(head), kept.bytes);
        } else {
            one.update = std::move(head);
            kept.waiting.push_back(i);
        }
    }

    void flush(std::uint32_t i) {
        auto& one = all_[i];
        if (!one.out.write(one.socket)) {
            std::fprintf(stderr, "a connection was lost\n");
            std::exit(1);
        }
        if (one.is_writing == one.out.empty()) {
            one.is_writing = !one.out.empty();
            epoll_event event{one.is_writing ? EPOLLIN | EPOLLOUT : EPOLLIN, {.u32 = i}};
            epoll_ctl(poll_, EPOLL_CTL_MOD, one.socket, &event);
        }
    }

    sockaddr_in where_{};
    int poll_ = epoll_create1(0);
    std::vector<connection> all_;
    std::vector<std::byte> scratch_;
    std::map<std::uint32_t, kept_weights> kept_; ///< by checksum
    std::chrono::steady_clock::time_point next_beat_{};
};

/// As encoded_frame makes it, but the body's checksum is known.
std::string head_of_reply(const net::frame_header& request, const boost::json::object& meta,
                          std::span<const std::byte> body, std::uint32_t checksum) {
    net::frame reply(request.type, meta);
    reply.is_reply = true;
    reply.correlation = request.correlation;
    auto head = net::encoded_frame(reply).head;
    if (!body.empty()) {
        const auto length = static_cast<std::uint32_t>(body.size());
        std::memcpy(head.data() + 20, &length, 4);
        std::memcpy(head.data() + 24, &checksum, 4);
        const auto bytes = std::as_bytes(std::span(head));
        const auto sum = net::crc32c(bytes.subspan(net::frame_header::size), net::crc32c(bytes.first(28)));
        std::memcpy(head.data() + 28, &sum, 4);
    }
    return head;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: round_swarm HOST PORT N\n");
        return 2;
    }
    swarm(argv[1], static_cast<std::uint16_t>(std::stoul(argv[2])), std::stoul(argv[3])).run();
}
