#pragma once

#include <cstddef>

namespace fedasio::dashboard {

/// Counts something among others of its kind while it is there.
class counted_up {
public:
    explicit counted_up(std::size_t& among, std::size_t amount = 1) : among_(among), amount_(amount) {
        among_ += amount_;
    }

    ~counted_up() { among_ -= amount_; }

    counted_up(const counted_up&) = delete;
    counted_up& operator=(const counted_up&) = delete;

private:
    std::size_t& among_;
    std::size_t amount_;
};

} // namespace fedasio::dashboard
