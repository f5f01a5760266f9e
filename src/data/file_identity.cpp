#include <fedasio/data/error.hpp>
#include <fedasio/data/file_identity.hpp>

#include "input_file.hpp"
#include <cerrno>
#include <sys/stat.h>
#include <system_error>

namespace fedasio::data {

std::string file_identity(const std::filesystem::path& file) {
    (void)input_file_size(file); // it tells best what is wrong with a file
    struct stat is{};
    if (::stat(file.c_str(), &is) != 0) {
        throw error::in_file(file, "cannot be read (" + std::generic_category().message(errno) +
                                       "); check its permissions");
    }
    std::string text = file.string();
    for (const long long part :
         {static_cast<long long>(is.st_dev), static_cast<long long>(is.st_ino),
          static_cast<long long>(is.st_size), static_cast<long long>(is.st_mtim.tv_sec),
          static_cast<long long>(is.st_mtim.tv_nsec), static_cast<long long>(is.st_ctim.tv_sec),
          static_cast<long long>(is.st_ctim.tv_nsec)}) {
        text += ":" + std::to_string(part);
    }
    return text;
}

} // namespace fedasio::data
