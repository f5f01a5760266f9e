#include <fedasio/net/outbox.hpp>

#include <utility>

namespace fedasio::net {
namespace {

constexpr std::size_t bytes_at_once = std::size_t{64} << 10;

} // namespace

outbox::outbox(asio::any_io_executor executor, std::size_t capacity_bytes)
    : capacity_(capacity_bytes), readable_(executor), writable_(std::move(executor)) {
    writable_.set();
}

bool outbox::push(encoded_frame item) {
    if (closed_ || bytes_ >= capacity_) {
        return false;
    }
    bytes_ += item.size();
    items_.emplace_back(std::move(item));
    readable_.set();
    if (bytes_ >= capacity_) {
        writable_.reset();
    }
    return true;
}

bool outbox::withdraw(std::uint64_t place) {
    if (place <= popped_ || place > last_place()) {
        return false;
    }
    auto& item = items_[place - popped_ - 1];
    if (item) {
        bytes_ -= item->size();
        item.reset();
    }
    drop_withdrawn();
    if (bytes_ < capacity_) {
        writable_.set();
    }
    return true;
}

void outbox::drop_withdrawn() {
    while (!items_.empty() && !items_.front()) {
        items_.pop_front();
        ++popped_;
    }
}

awaitable<bool> outbox::pop(std::vector<encoded_frame>& into, std::size_t most) {
    while (items_.empty()) {
        if (closed_) {
            co_return false;
        }
        readable_.reset();
        const auto ec = co_await readable_.wait();
        if (ec) {
            co_return false;
        }
    }
    for (std::size_t taken = 0; most > 0 && taken < bytes_at_once && !items_.empty(); --most) {
        taken += items_.front()->size();
        bytes_ -= items_.front()->size();
        into.push_back(std::move(*items_.front()));
        items_.pop_front();
        ++popped_;
        drop_withdrawn();
    }
    if (bytes_ < capacity_) {
        writable_.set();
    }
    co_return true;
}

awaitable<void> outbox::writable() {
    // Others may have waited too, and filled it again.
    while (bytes_ >= capacity_ && !closed_) {
        const auto ec = co_await writable_.wait();
        if (ec) {
            co_return;
        }
    }
}

void outbox::close() {
    closed_ = true;
    readable_.set();
    writable_.set();
}

void outbox::abort() {
    popped_ += items_.size();
    items_.clear();
    bytes_ = 0;
    close();
}

} // namespace fedasio::net
