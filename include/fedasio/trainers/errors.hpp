#pragma once

#include <exception>
#include <stdexcept>

namespace fedasio::trainers {

/// The task was given up because its stop flag was raised.
class cancelled_task : public std::exception {
public:
    [[nodiscard]] const char* what() const noexcept override { return "no longer needed"; }
};

/// The training gave no numbers; what() names the client and the remedy.
class diverged_training : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The process that was asked is not there any more; what() says how it went. Another one takes its place
/// with the next question.
class lost_process : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

} // namespace fedasio::trainers
