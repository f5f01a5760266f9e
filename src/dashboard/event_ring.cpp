#include <fedasio/dashboard/event_ring.hpp>

#include <utility>

namespace fedasio::dashboard {

event_ring::event_ring(std::size_t max_events, std::size_t max_bytes)
    : max_events_(max_events), max_bytes_(max_bytes) {}

void event_ring::push(std::uint64_t seq, std::string text) {
    if (seq != newest_ + 1) {
        entries_.clear();
        dropped_ = total_;
    }
    newest_ = seq;
    total_ += text.size();
    entries_.push_back({std::make_shared<const std::string>(std::move(text)), total_});
    while (entries_.size() > 1 && (entries_.size() > max_events_ || bytes() > max_bytes_)) {
        dropped_ = entries_.front().end;
        entries_.pop_front();
    }
}

const shared_text& event_ring::at(std::uint64_t seq) const {
    return entries_.at(static_cast<std::size_t>(seq - oldest())).text;
}

std::size_t event_ring::bytes_after(std::uint64_t seq) const {
    const std::size_t before =
        seq + 1 == oldest() ? dropped_ : entries_.at(static_cast<std::size_t>(seq - oldest())).end;
    return total_ - before;
}

} // namespace fedasio::dashboard
