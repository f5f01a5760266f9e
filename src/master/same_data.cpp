
#include "master/same_data.hpp"

#include <algorithm>
#include <utility>

namespace fedasio::master {
namespace {

std::string shown(const std::string& digest) {
    return digest.substr(0, 12);
}

} // namespace

void compare_data(const setting& given, members& everybody, newcomers& coming,
                  const std::vector<worker_ptr>& loaded) {
    if (given.is_local()) {
        for (const auto& who : loaded) {
            const bool told =
                who->data.is_current() && !who->data.digest().empty() && !who->data.hosted().empty();
            if (!told) {
                continue;
            }
            const auto& [client, counts] = *who->data.hosted().begin();
            const auto before =
                everybody.owners.note_data(who->hello.name, {who->data.digest(), counts.samples});
            if (before && before->digest != who->data.digest()) {
                given.notice(noticed::severity::warning,
                             "the data of client " + std::to_string(client) + " (" + who->hello.name +
                                 ") is not what it was: it trains on " + std::to_string(counts.samples) +
                                 " samples with the digest " + shown(who->data.digest()) + "..., before on " +
                                 std::to_string(before->samples) + " with " + shown(before->digest) + "...");
            }
        }
        return;
    }
    std::map<std::string, std::vector<worker_ptr>> by_digest;
    for (const auto& [id, who] : everybody.roster.all()) {
        if (who->data.is_current() && !who->data.digest().empty()) {
            by_digest[who->data.digest()].push_back(who);
        }
    }
    if (by_digest.size() < 2) {
        return;
    }
    const auto right = std::ranges::max_element(by_digest, {}, [](const auto& group) {
        return std::pair(group.second.size(), -static_cast<std::int64_t>(group.second.front()->id));
    });
    for (const auto& [digest, group] : by_digest) {
        for (const auto& who : group) {
            if (digest != right->first) {
                coming.reject(*who, "its training data (SHA-256 " + shown(digest) + "...) is not that of " +
                                        right->second.front()->hello.name + " (" + shown(right->first) +
                                        "...): all workers must read the same files with this partition");
            }
        }
    }
}

} // namespace fedasio::master
