#include <fedasio/dashboard/event_json.hpp>
#include <fedasio/dashboard/event_ring.hpp>

#include <boost/json/object.hpp>

#include <utility>

namespace fedasio::dashboard {
namespace {

// Usual lengths of the texts that are not made yet.
constexpr std::size_t state_bytes = 90;
constexpr std::size_t update_bytes = 160;

shared_text text_of(const master::event& happened) {
    return std::make_shared<const std::string>(event_text(happened));
}

} // namespace

told_event::told_event(const master::event& happened) {
    if (const auto* const state = std::get_if<master::worker_state_changed>(&happened.what)) {
        content_ = unread{happened.seq, happened.time, *state};
    } else if (const auto* const update = std::get_if<master::client_updated>(&happened.what)) {
        content_ = unread{happened.seq, happened.time, *update};
    } else {
        content_ = text_of(happened);
    }
}

const shared_text& told_event::text() const {
    if (const auto* const it = std::get_if<unread>(&content_)) {
        const auto as_event = [it](const auto& what) { return master::event{it->seq, it->time, what}; };
        content_ = text_of(std::visit(as_event, it->what));
    }
    return std::get<shared_text>(content_);
}

std::size_t told_event::size() const noexcept {
    if (const auto* const text = std::get_if<shared_text>(&content_)) {
        return (*text)->size();
    }
    const auto* const it = std::get_if<unread>(&content_);
    return std::holds_alternative<master::client_updated>(it->what) ? update_bytes : state_bytes;
}

event_ring::event_ring(std::size_t max_events, std::size_t max_bytes)
    : max_events_(max_events), max_bytes_(max_bytes) {}

void event_ring::push(std::uint64_t seq, told_event event) {
    if (seq != newest_ + 1) {
        entries_.clear();
        dropped_ = total_;
    }
    newest_ = seq;
    total_ += event.size();
    entries_.push_back({std::move(event), total_});
    while (entries_.size() > 1 && (entries_.size() > max_events_ || bytes() > max_bytes_)) {
        dropped_ = entries_.front().end;
        entries_.pop_front();
    }
}

const shared_text& event_ring::at(std::uint64_t seq) const {
    return entries_.at(static_cast<std::size_t>(seq - oldest())).event.text();
}

std::size_t event_ring::bytes_after(std::uint64_t seq) const {
    const std::size_t before =
        seq + 1 == oldest() ? dropped_ : entries_.at(static_cast<std::size_t>(seq - oldest())).end;
    return total_ - before;
}

} // namespace fedasio::dashboard
