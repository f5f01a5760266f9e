#include <fedasio/history/round_reader.hpp>

#include "history/database.hpp"
#include <utility>

namespace fedasio::history {

round_reader::round_reader(const std::filesystem::path& file) {
    if (auto opened = open_recorded(file)) {
        file_ = std::make_unique<database>(*std::move(opened));
    }
}

round_reader::~round_reader() = default;

std::optional<std::string> round_reader::text(std::string_view run, std::uint32_t round) {
    if (file_ == nullptr) {
        return std::nullopt;
    }
    statement found(*file_, "SELECT result FROM rounds WHERE run = ? AND round = ?");
    found.bind(run).bind(round);
    return found.next() ? std::optional(found.text(0)) : std::nullopt;
}

} // namespace fedasio::history
