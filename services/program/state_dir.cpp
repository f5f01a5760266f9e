#include "program/state_dir.hpp"

#include <stdexcept>
#include <system_error>

namespace fedasio::program {

void make_state_dir(const std::filesystem::path& where) {
    std::error_code ec;
    const bool is_new = !std::filesystem::exists(where, ec);
    std::filesystem::create_directories(where, ec);
    if (is_new && !ec) {
        std::filesystem::permissions(where, std::filesystem::perms::owner_all, ec);
    }
    if (ec) {
        throw std::runtime_error("cannot make the folder " + where.string() + " (" + ec.message() +
                                 "): choose another with --state-dir DIR");
    }
}

} // namespace fedasio::program
