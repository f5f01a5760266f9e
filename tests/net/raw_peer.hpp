#pragma once

#include <fedasio/net/connection.hpp>

#include <boost/test/unit_test.hpp>

#include <net/bytes.hpp>
#include <net/memory_stream.hpp>
#include <net/virtual_runtime.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::net::testing {

/// A connection under test whose other end the test plays byte by byte.
class raw_peer {
public:
    explicit raw_peer(virtual_runtime& world, connection_options options = {}, memory_pipe_options pipes = {})
        : world_(world), link_(world.executor(), pipes),
          subject_(std::make_shared<connection>(world.get(), std::move(link_.first), options)) {
        subject_->on_frame([this](frame got) { received_.push_back(std::move(got)); });
        subject_->start();
        world_.settle();
    }

    raw_peer(const raw_peer&) = delete;
    raw_peer& operator=(const raw_peer&) = delete;

    ~raw_peer() {
        subject_->on_frame({});
        subject_->abort(errc::closed);
        world_.settle();
    }

    [[nodiscard]] const connection_ptr& subject() const noexcept { return subject_; }

    /// To the subject.
    [[nodiscard]] memory_pipe& in() noexcept { return *link_.back; }

    /// From the subject.
    [[nodiscard]] memory_pipe& out() noexcept { return *link_.forth; }

    void say(const std::string& bytes) {
        in().inject(bytes);
        world_.settle();
    }

    void say(const frame& what) { say(wire_form(what)); }

    /// The whole frames that the subject wrote since the last call, heartbeats left out.
    [[nodiscard]] std::vector<frame> hear() {
        unparsed_ += out().take();
        world_.settle();
        std::vector<frame> frames;
        while (auto next = parse_next()) {
            if (next->type != frame_type::ping) {
                frames.push_back(std::move(*next));
            }
        }
        return frames;
    }

    /// What the subject handed to its handler.
    [[nodiscard]] std::vector<frame>& received() noexcept { return received_; }

    /// Why the subject is over; it must be.
    [[nodiscard]] error_code end() {
        BOOST_TEST_REQUIRE(!subject_->is_open());
        return world_.run(subject_->ended());
    }

    [[nodiscard]] bool end_reason_says(std::string_view part) const {
        return subject_->end_reason().find(part) != std::string::npos;
    }

private:
    std::optional<frame> parse_next() {
        const auto bytes = as_bytes(unparsed_);
        if (bytes.size() < frame_header::size) {
            return std::nullopt;
        }
        const auto head = bytes.first<frame_header::size>();
        const auto header = frame_header::decode(head);
        BOOST_TEST_REQUIRE(header.has_value());
        const auto whole = frame_header::size + header->meta_length + header->body_length;
        if (bytes.size() < whole) {
            return std::nullopt;
        }
        auto meta = decode_meta(head, bytes.subspan(frame_header::size, header->meta_length));
        BOOST_TEST_REQUIRE(meta.has_value());
        const auto body = to_text(bytes.subspan(whole - header->body_length, header->body_length));
        frame next(header->type, std::move(*meta), payload_of(body));
        next.is_reply = (header->flags & frame_header::flag_reply) != 0;
        next.is_refusal = (header->flags & frame_header::flag_refusal) != 0;
        next.correlation = header->correlation;
        unparsed_.erase(0, whole);
        return next;
    }

    virtual_runtime& world_;
    memory_link link_;
    connection_ptr subject_;
    std::vector<frame> received_;
    std::string unparsed_;
};

/// Two connections over one link.
struct connected_pair {
    memory_link link;
    connection_ptr near;
    connection_ptr far;

    explicit connected_pair(virtual_runtime& world, connection_options options = {},
                            memory_pipe_options pipes = {})
        : link(world.executor(), pipes),
          near(std::make_shared<connection>(world.get(), std::move(link.first), options)),
          far(std::make_shared<connection>(world.get(), std::move(link.second), options)) {
        near->start();
        far->start();
    }
};

/// A reply to `request` as the other end would write it.
inline frame reply_to(const frame& request, boost::json::object meta = {}, payload body = {}) {
    frame reply(request.type, std::move(meta), std::move(body));
    reply.is_reply = true;
    reply.correlation = request.correlation;
    return reply;
}

} // namespace fedasio::net::testing
