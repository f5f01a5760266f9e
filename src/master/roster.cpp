#include <fedasio/master/roster.hpp>

#include <algorithm>
#include <utility>

namespace fedasio::master {

worker_ptr roster::admit(wire::hello hello, net::connection_ptr connection) {
    auto who = std::make_shared<worker>();
    who->id = ++last_id_;
    who->hello = std::move(hello);
    who->connection = std::move(connection);
    workers_.emplace(who->id, who);
    changed_.set();
    return who;
}

void roster::remove(const worker_ptr& who) {
    departed_sent_ += who->connection->bytes_sent();
    departed_received_ += who->connection->bytes_received();
    workers_.erase(who->id);
    changed_.set();
}

bool roster::has_name(const std::string& name) const {
    return std::ranges::any_of(workers_, [&](const auto& entry) { return entry.second->hello.name == name; });
}

worker_ptr roster::host_of(client_id client) const {
    for (const auto& [id, who] : workers_) {
        if (who->connection->is_open() && who->hosted.contains(client)) {
            return who;
        }
    }
    return nullptr;
}

std::map<client_id, worker_ptr> roster::hosts() const {
    std::map<client_id, worker_ptr> result;
    for (const auto& [id, who] : workers_) {
        if (who->connection->is_open()) {
            for (const auto& [client, counts] : who->hosted) {
                result.emplace(client, who);
            }
        }
    }
    return result;
}

std::uint64_t roster::bytes_sent() const {
    auto total = departed_sent_;
    for (const auto& [id, who] : workers_) {
        total += who->connection->bytes_sent();
    }
    return total;
}

std::uint64_t roster::bytes_received() const {
    auto total = departed_received_;
    for (const auto& [id, who] : workers_) {
        total += who->connection->bytes_received();
    }
    return total;
}

} // namespace fedasio::master
