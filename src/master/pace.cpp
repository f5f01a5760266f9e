#include <fedasio/master/pace.hpp>

#include <algorithm>

namespace fedasio::master {

bool pace::rests(const std::string& name, std::uint32_t round) const {
    return round < asked_again(name);
}

void pace::was_late(const std::string& name, std::uint32_t round) {
    auto& known = late_[name];
    if (known.in_a_row > 0 && known.last == round) {
        return;
    }
    known.last = round;
    ++known.in_a_row;
    known.asked_again = round + (1U << std::min(known.in_a_row, most_doublings));
}

unsigned pace::late_in_a_row(const std::string& name) const {
    const auto found = late_.find(name);
    return found == late_.end() ? 0 : found->second.in_a_row;
}

std::uint32_t pace::asked_again(const std::string& name) const {
    const auto found = late_.find(name);
    return found == late_.end() ? 0 : found->second.asked_again;
}

} // namespace fedasio::master
