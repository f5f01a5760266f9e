#include <fedasio/dashboard/event_log.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace fedasio::dashboard {

void event_log::push(std::uint64_t seq, shared_text text, bool every_round) {
    auto& [entries, bytes] = every_round ? routine_ : rare_;
    bytes += text->size();
    entries.push_back({seq, std::move(text)});
    while (entries.size() > most_events_ || (entries.size() > 1 && bytes > most_bytes_)) {
        bytes -= entries.front().text->size();
        entries.pop_front();
    }
}

std::vector<shared_text> event_log::texts() const {
    std::vector<entry> all;
    std::ranges::merge(routine_.entries, rare_.entries, std::back_inserter(all), {}, &entry::seq,
                       &entry::seq);
    std::vector<shared_text> result;
    result.reserve(all.size());
    for (auto& one : all) {
        result.push_back(std::move(one.text));
    }
    return result;
}

} // namespace fedasio::dashboard
