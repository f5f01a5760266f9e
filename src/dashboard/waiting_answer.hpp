#pragma once

#include "hub.hpp"
#include <cstddef>

namespace fedasio::dashboard {

/// Counts an answer among those that wait for their clients.
class waiting_answer {
public:
    waiting_answer(hub& shared, std::size_t bytes) : shared_(shared), bytes_(bytes) {
        shared_.bytes_to_send += bytes_;
    }

    ~waiting_answer() { shared_.bytes_to_send -= bytes_; }

    waiting_answer(const waiting_answer&) = delete;
    waiting_answer& operator=(const waiting_answer&) = delete;

private:
    hub& shared_;
    std::size_t bytes_;
};

} // namespace fedasio::dashboard
