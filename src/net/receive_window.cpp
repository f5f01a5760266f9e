#include <fedasio/net/receive_window.hpp>

#include <algorithm>
#include <utility>

namespace fedasio::net {
namespace {

constexpr auto between_looks = std::chrono::milliseconds(500);
/// `least` in a tenth of a second.
constexpr std::size_t fast = 5;
/// Of a try: in the first comes what has waited in the kernel, which says nothing of the peers.
constexpr unsigned looks_of_a_try = 2;
constexpr unsigned looks_after_a_vain_try = 10;
/// Who was let in for a vain try stays until its body is here: no more of them than so many times what helps.
constexpr std::size_t most_untried = 4;

} // namespace

receive_window::place::place(std::shared_ptr<receive_window> window, std::size_t bytes)
    : window_(std::move(window)), bytes_(bytes), missing_(bytes), turn_(window_->rt_.executor) {}

receive_window::place::~place() {
    window_->leave(*this);
}

void receive_window::place::came(std::size_t bytes) noexcept {
    missing_ -= bytes;
    window_->missing_ -= has_room_ ? bytes : 0;
    window_->came_ += bytes;
}

receive_window::receive_window(runtime& rt, std::size_t least, std::size_t most)
    : rt_(rt), least_(least), most_(std::max(least, most)), room_(least), proven_(least) {}

std::shared_ptr<receive_window::place> receive_window::enter(std::size_t bytes) {
    std::shared_ptr<place> who(new place(shared_from_this(), bytes)); // its constructor is private
    who->waiting_ = waiting_.insert(waiting_.end(), who.get());
    let_in();
    if (!waiting_.empty() && !next_look_) {
        came_ = went_ = 0;
        next_look_ = rt_.time.at(rt_.time.now() + between_looks, [this] { look(); });
    }
    return who;
}

void receive_window::leave(place& who) noexcept {
    if (who.has_room_) {
        bytes_ -= who.bytes_;
        missing_ -= who.missing_;
    } else {
        waiting_.erase(who.waiting_);
    }
    let_in();
}

void receive_window::let_in() noexcept {
    while (!waiting_.empty()) {
        auto& first = *waiting_.front();
        if (bytes_ > 0 && (bytes_ >= room_ || first.bytes_ > room_ - bytes_)) {
            return;
        }
        waiting_.pop_front();
        bytes_ += first.bytes_;
        missing_ += first.missing_;
        first.has_room_ = true;
        first.turn_.set();
    }
}

/// Whether those that have room are slower than this machine, and whether a try with more room has helped.
void receive_window::look() {
    next_look_.reset();
    if (waiting_.empty()) {
        room_ = proven_ = least_;
        rest_ = 0;
        return;
    }
    const auto came = std::exchange(came_, 0);
    const auto moved = came + std::exchange(went_, 0);
    if (room_ > proven_ && ++looks_ == looks_of_a_try) {
        if (came == 0 || came >= before_ + before_ / 4) {
            proven_ = room_;
        } else {
            room_ = proven_;
            rest_ = looks_after_a_vain_try;
        }
    }
    if (room_ == proven_ && rest_ > 0) {
        --rest_;
    } else if (room_ == proven_ && missing_ > 0 && moved < fast * least_) {
        try_more(came);
    }
    next_look_ = rt_.time.at(rt_.time.now() + between_looks, [this] { look(); });
}

/// Room for twice what is inside, and at least for the next.
void receive_window::try_more(std::size_t came) {
    const auto next = waiting_.front()->bytes_;
    const auto more = std::min(most_, bytes_ + std::max(bytes_, next));
    if (bytes_ > most_untried * std::max(proven_, next) || more < bytes_ + next) {
        return;
    }
    looks_ = 0;
    before_ = came;
    room_ = more;
    let_in();
}

} // namespace fedasio::net
