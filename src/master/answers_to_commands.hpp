#pragma once

#include <fedasio/master/commands.hpp>

#include <string>
#include <utility>

namespace fedasio::master {

inline command_answer accepted(std::string consequence) {
    return {true, std::move(consequence)};
}

inline command_answer refused(std::string why) {
    return {false, std::move(why)};
}

} // namespace fedasio::master
