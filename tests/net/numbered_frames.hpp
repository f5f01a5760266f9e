#pragma once

#include <fedasio/net/connection.hpp>
#include <fedasio/net/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fedasio::net::testing {

inline constexpr std::uint16_t question = 16;
inline constexpr std::uint16_t notice = 17;

inline frame numbered(std::int64_t number) {
    return frame(notice, {{"number", number}});
}

inline std::int64_t number_of(const frame& what) {
    return what.meta.at("number").as_int64();
}

/// Keeps what an ask was answered.
struct answers {
    std::vector<answer> all;

    connection::answer_handler keep() {
        return [this](answer got) { all.push_back(std::move(got)); };
    }
};

inline std::string long_text(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(i * 2654435761U >> 13);
    }
    return text;
}

} // namespace fedasio::net::testing
