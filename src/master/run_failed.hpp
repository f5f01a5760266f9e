#pragma once

#include <stdexcept>

namespace fedasio::master {

/// The training cannot go on; the text says why and what to do.
class run_failed : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace fedasio::master
