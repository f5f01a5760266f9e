#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/master/owners.hpp>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fedasio::master {

/// Who took part: in how many rounds of the run an update of each worker counted, and which clients nobody
/// hosted when the last cohort was chosen.
class participation {
public:
    /// A round in which updates of these workers counted.
    void count(const std::vector<std::string_view>& workers);
    /// The same of a run that is resumed: with the partition `local` its rounds tell it.
    void recall(std::span<const round_result> rounds, const owners& known);

    /// 0: none, or it was never here.
    [[nodiscard]] std::uint32_t rounds_of(const std::string& worker) const;

    void note_unhosted(std::vector<client_id> clients) { unhosted_ = std::move(clients); }

    [[nodiscard]] const std::vector<client_id>& unhosted() const noexcept { return unhosted_; }

private:
    std::map<std::string, std::uint32_t> rounds_;
    std::vector<client_id> unhosted_;
};

} // namespace fedasio::master
