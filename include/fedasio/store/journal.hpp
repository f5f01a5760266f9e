#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::store {

/// A place in a journal: behind so many lines.
struct journal_place {
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;
    std::string
        chain; ///< 16 hexadecimal digits over all lines before it; what begins the chain before the first

    friend bool operator==(const journal_place&, const journal_place&) = default;
};

/// Lines that are only ever added, so that what grows with a run is written once, whatever its length: a
/// checkpoint names the place up to which they belong to it. A line of the file is the first 16 digits of a
/// SHA-256 over those of the line before and its own text, a space, its text, and a line feed; so lines that
/// were torn, damaged or belong to another journal are told apart.
class journal {
public:
    /// `name` begins the chain.
    explicit journal(const std::string& name = {}) : journal(journal_place{0, 0, name}) {}

    /// Goes on at a place of a file that has what stands before it.
    explicit journal(journal_place from) : written_(from), end_(std::move(from)) {}

    /// Adds a line, in memory. It has no line feed.
    void add(std::string_view text);

    [[nodiscard]] const journal_place& end() const noexcept { return end_; }

    /// What is not in the file yet: a copy, so that it can be written while lines are added.
    struct piece {
        std::uint64_t from = 0; ///< in bytes
        std::string bytes;
        journal_place end;
    };

    [[nodiscard]] piece unwritten() const { return {written_.bytes, pending_, end_}; }

    [[nodiscard]] bool has_unwritten() const noexcept { return !pending_.empty(); }

    /// The last piece that was asked for is in the file, for good.
    void is_written(const piece& what);

private:
    journal_place written_;
    journal_place end_;
    std::string pending_;
};

/// What a file holds up to a place.
struct journal_content {
    std::vector<std::string> lines; ///< their texts, from the first on, as far as they are undamaged
    journal_place end;              ///< behind them
    std::string problem;            ///< why it is not the place that was asked for; empty: it is
};

/// Reads the journal `name` up to `place`. What follows it in the file is not looked at. `take` is given each
/// line, and may refuse it as no part of what `place` is of; then it ends before it: after damage a journal
/// goes on behind what is undamaged, and where the checkpoint that names its new lines was lost, an older one
/// finds lines there that are whole and later than itself.
[[nodiscard]] journal_content read_journal(const std::filesystem::path& file, const std::string& name,
                                           const journal_place& place,
                                           const std::function<bool(std::string_view text)>& take = {});

} // namespace fedasio::store
