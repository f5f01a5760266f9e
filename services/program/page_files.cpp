#include "program/page_files.hpp"

#include <fedasio_web_assets.hpp>

namespace fedasio::program {

std::vector<dashboard::asset> page_files() {
    std::vector<dashboard::asset> files;
    for (const auto& file : web::assets()) {
        files.push_back({file.path, file.content_type, file.gzip, file.etag});
    }
    return files;
}

} // namespace fedasio::program
