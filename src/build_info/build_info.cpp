#include <fedasio/build_info.hpp>

namespace fedasio {

std::string_view version() noexcept {
    return FEDASIO_VERSION;
}

std::string_view instruction_set() noexcept {
    return FEDASIO_INSTRUCTION_SET;
}

} // namespace fedasio
