#pragma once

#include <cstdint>
#include <limits>
#include <map>

namespace fedasio::master {

/// Which of the numbers 0 .. 2^32-1 are free, as stretches of them: to take one, to give one back and to know
/// the smallest costs O(log n) of n taken ones, however they lie.
class free_numbers {
public:
    [[nodiscard]] bool is_free(std::uint32_t number) const;

    /// The smallest free one. They are more than there can be owners.
    [[nodiscard]] std::uint32_t first() const { return stretches_.begin()->first; }

    /// No longer free; nothing happens if it was not.
    void take(std::uint32_t number);
    /// Free again; nothing happens if it was.
    void give_back(std::uint32_t number);

private:
    static constexpr auto last_number = std::numeric_limits<std::uint32_t>::max();

    std::map<std::uint32_t, std::uint32_t> stretches_{{0, last_number}}; ///< first and last of each
};

} // namespace fedasio::master
