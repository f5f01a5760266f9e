// The limit that a round is held against: the bytes of a round, moved by a bare epoll loop that does nothing
// else. Sends weights and `train` to each of a cohort and reads what they answer. usage: round_wire N COHORT
// PARAMETERS; then a number of rounds a line on standard input, answered by their seconds.
#include <fedasio/wire/message_type.hpp>
#include <fedasio/wire/train.hpp>
#include <fedasio/wire/weights.hpp>

#include <boost/json/object.hpp>

#include "raw_frames.hpp"
#include <arpa/inet.h>
#include <chrono>
#include <fcntl.h>
#include <iostream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <vector>

namespace {

using namespace fedasio;
namespace message_type = wire::message_type;

struct connection {
    int socket = -1;
    bench::frame_reader in;
    bench::frame_writer out;
    bool is_writing = false;
    std::uint16_t type = 0;
};

class bare_loop {
public:
    bare_loop(std::size_t count, std::size_t cohort, std::size_t parameters)
        : all_(count), cohort_(cohort), weights_(parameters * sizeof(float)),
          scratch_(std::size_t{256} << 10) {
        std::ranges::fill(weights_.floats(), 0.5F);
        checksum_ = net::crc32c(weights_.bytes());
    }

    void listen_and_accept() {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(where);
        if (::bind(listener, reinterpret_cast<sockaddr*>(&where), size) != 0 ||
            ::listen(listener, 4096) != 0 ||
            getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size) != 0) {
            bench::end_because("listen");
        }
        std::printf("listening 127.0.0.1:%u\n", ntohs(where.sin_port));
        std::fflush(stdout);
        for (std::uint32_t i = 0; i < all_.size(); ++i) {
            auto& one = all_[i];
            one.socket = ::accept(listener, nullptr, nullptr);
            if (one.socket < 0) {
                bench::end_because("accept");
            }
            const int on = 1;
            setsockopt(one.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            fcntl(one.socket, F_SETFL, O_NONBLOCK);
            epoll_event event{EPOLLIN, {.u32 = i}};
            epoll_ctl(poll_, EPOLL_CTL_ADD, one.socket, &event);
        }
    }

    double round() {
        const auto began = std::chrono::steady_clock::now();
        ++round_;
        missing_ = cohort_;
        for (std::size_t k = 0; k < cohort_; ++k) {
            next_ = (next_ + 1) % static_cast<std::uint32_t>(all_.size());
            ask(next_);
        }
        while (missing_ > 0) {
            serve();
        }
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    }

private:
    void ask(std::uint32_t i) {
        net::frame first(message_type::weights, wire::to_meta(wire::weights{round_}));
        first.correlation = 2;
        auto head = net::encoded_frame(first).head;
        const auto length = static_cast<std::uint32_t>(weights_.size());
        std::memcpy(head.data() + 20, &length, 4);
        std::memcpy(head.data() + 24, &checksum_, 4);
        net::frame second(message_type::train, wire::to_meta(wire::train{round_, i, round_}));
        second.correlation = 3;
        all_[i].out.push(std::move(head), weights_.bytes());
        all_[i].out.push(net::encoded_frame(second).head);
        flush(i);
    }

    void serve() {
        std::array<epoll_event, 256> ready;
        const auto count = epoll_wait(poll_, ready.data(), ready.size(), -1);
        for (const auto& event : std::span(ready).first(static_cast<std::size_t>(std::max(count, 0)))) {
            const auto i = event.data.u32;
            auto& one = all_[i];
            const bool alive = one.in.read(
                one.socket, scratch_,
                [&](const net::frame_header& header, std::string_view) { one.type = header.type; },
                [](std::span<const std::byte>) {},
                [&] { missing_ -= one.type == message_type::train ? 1 : 0; });
            if (!alive) {
                std::exit(1);
            }
            flush(i);
        }
    }

    void flush(std::uint32_t i) {
        auto& one = all_[i];
        if (!one.out.write(one.socket)) {
            bench::end_because("write");
        }
        if (one.is_writing == one.out.empty()) {
            one.is_writing = !one.out.empty();
            epoll_event event{one.is_writing ? EPOLLIN | EPOLLOUT : EPOLLIN, {.u32 = i}};
            epoll_ctl(poll_, EPOLL_CTL_MOD, one.socket, &event);
        }
    }

    int poll_ = epoll_create1(0);
    std::vector<connection> all_;
    std::size_t cohort_;
    net::buffer weights_;
    std::uint32_t checksum_ = 0;
    std::vector<std::byte> scratch_;
    std::uint32_t round_ = 0;
    std::uint32_t next_ = 0;
    std::size_t missing_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: round_wire N COHORT PARAMETERS\n");
        return 2;
    }
    bare_loop loop(std::stoul(argv[1]), std::stoul(argv[2]), std::stoul(argv[3]));
    loop.listen_and_accept();
    for (int rounds = 0; std::cin >> rounds;) {
        for (; rounds > 0; --rounds) {
            std::printf("%.6f ", loop.round());
        }
        std::printf("\n");
        std::fflush(stdout);
    }
}
