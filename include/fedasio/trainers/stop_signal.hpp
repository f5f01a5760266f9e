#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace fedasio::trainers {

/// Tells a task that nobody needs it any more. Raised on the runtime's thread, looked at from any.
class stop_signal {
public:
    void raise() {
        raised_.store(true);
        if (on_raise_) {
            std::exchange(on_raise_, nullptr)();
        }
    }

    [[nodiscard]] bool is_raised() const noexcept { return raised_.load(); }

    /// For who computes and looks at it often.
    [[nodiscard]] const std::atomic<bool>& flag() const noexcept { return raised_; }

    /// Called once when it is raised, at once if it was; replaces what was set before. Runtime's thread.
    void on_raise(std::function<void()> handler) {
        on_raise_ = std::move(handler);
        if (on_raise_ && is_raised()) {
            std::exchange(on_raise_, nullptr)();
        }
    }

private:
    std::atomic<bool> raised_ = false;
    std::function<void()> on_raise_;
};

} // namespace fedasio::trainers
