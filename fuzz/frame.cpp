#include <fedasio/net/frame.hpp>

#include "checksums.hpp"
#include "target.hpp"
#include <cstring>
#include <optional>

// One frame. What was decoded must be the same when it has been encoded and decoded once more.

namespace {

namespace fuzz = fedasio::fuzz;
using fedasio::net::frame;
using fedasio::net::frame_header;

std::optional<frame> decode(std::span<const std::byte> bytes) {
    if (bytes.size() < frame_header::size) {
        return std::nullopt;
    }
    const auto head = bytes.first<frame_header::size>();
    const auto header = frame_header::decode(head);
    if (!header || header->meta_length > bytes.size() - head.size()) {
        return std::nullopt;
    }
    auto meta = fedasio::net::decode_meta(head, bytes.subspan(head.size(), header->meta_length));
    const auto rest = bytes.subspan(head.size() + header->meta_length);
    if (!meta || header->body_length > rest.size()) {
        return std::nullopt;
    }
    fedasio::net::buffer body(header->body_length);
    std::copy_n(rest.begin(), body.size(), body.bytes().begin());
    frame result(header->type, std::move(*meta), fedasio::net::payload(std::move(body)));
    result.is_reply = (header->flags & frame_header::flag_reply) != 0;
    result.is_refusal = (header->flags & frame_header::flag_refusal) != 0;
    result.correlation = header->correlation;
    return result.body.checksum() == header->body_checksum ? std::optional(std::move(result)) : std::nullopt;
}

std::string wire_form(const frame& what) {
    const fedasio::net::encoded_frame encoded(what);
    const auto body = encoded.body.bytes();
    return encoded.head + std::string(reinterpret_cast<const char*>(body.data()), body.size());
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string bytes(fuzz::as_text(data, size));
    static_cast<void>(decode(std::as_bytes(std::span(bytes))));
    fuzz::correct_checksums(bytes);
    const auto first = decode(std::as_bytes(std::span(bytes)));
    if (first) {
        const std::string again = wire_form(*first);
        const auto second = decode(std::as_bytes(std::span(again)));
        fuzz::require(second.has_value(), "an encoded frame can be decoded");
        fuzz::require(second->meta == first->meta, "the meta is the same");
        fuzz::require(wire_form(*second) == again, "type, flags, correlation and body are the same");
    }
    return 0;
}
