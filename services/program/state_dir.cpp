#include "program/state_dir.hpp"

#include <stdexcept>
#include <system_error>

namespace fedasio::program {

void make_state_dir(const std::filesystem::path& where) {
    std::error_code ec;
    std::filesystem::create_directories(where, ec);
    if (ec) {
        throw std::runtime_error("cannot make the folder " + where.string() + " (" + ec.message() +
                                 "): choose another with --state-dir DIR");
    }
}

} // namespace fedasio::program
