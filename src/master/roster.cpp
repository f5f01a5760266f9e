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
    names_.emplace(who->hello.name, who);
    room_ += who->hello.clients;
    unbounded_ += who->hello.clients == 0 ? 1 : 0;
    changed_.set();
    return who;
}

void roster::remove(const worker_ptr& who) {
    forget_data(*who);
    departed_sent_ += who->connection->bytes_sent();
    departed_received_ += who->connection->bytes_received();
    room_ -= who->hello.clients;
    unbounded_ -= who->hello.clients == 0 ? 1 : 0;
    names_.erase(who->hello.name);
    workers_.erase(who->id);
    changed_.set();
}

worker_ptr roster::find(worker_id id) const {
    const auto found = workers_.find(id);
    return found == workers_.end() ? nullptr : found->second;
}

worker_ptr roster::find(std::string_view name) const {
    const auto found = names_.find(name);
    return found == names_.end() ? nullptr : found->second;
}

bool roster::is_here(std::string_view name) const {
    const auto who = find(name);
    return who && who->is_here();
}

bool roster::has_room_for(std::uint64_t clients, bool one_each) const {
    return one_each ? workers_.size() >= clients : unbounded_ > 0 || room_ >= clients;
}

void roster::assign(worker& who, std::vector<client_id> clients) {
    if (who.data.assigned_ != clients) {
        forget_data(who);
        who.data.assigned_ = std::move(clients);
    }
}

void roster::host(worker& who, const std::vector<wire::loaded::client_data>& clients, std::string digest) {
    const auto self = find(who.id);
    if (!self) { // it has gone since
        return;
    }
    for (const auto& one : clients) {
        if (one.client >= hosts_.size()) {
            hosts_.resize(one.client + std::size_t{1});
        }
        auto& place = hosts_[one.client];
        if (place && place.get() != &who) {
            place->data.hosted_.erase(one.client);
        }
        place = self;
        who.data.hosted_[one.client] = one;
    }
    who.data.digest_ = std::move(digest);
    who.data.is_current_ = true;
}

void roster::forget_data(worker& who) {
    for (const auto& [client, counts] : who.data.hosted_) {
        hosts_[client].reset();
    }
    who.data.hosted_.clear();
    who.data.is_current_ = false;
}

void roster::begin_anew() {
    for (const auto& [id, who] : workers_) {
        assign(*who, {});
        who->has_model = who->proof.is_proven = false;
        who->weights_version = 0;
        who->state = worker_state::joined;
    }
}

worker_ptr roster::host_of(client_id client) const {
    const bool is_hosted = client < hosts_.size() && hosts_[client] && hosts_[client]->connection->is_open();
    return is_hosted ? hosts_[client] : nullptr;
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

std::string roster::broken_invariant() const {
    std::size_t hosted = 0;
    std::uint64_t room = 0;
    std::size_t unbounded = 0;
    for (const auto& [id, who] : workers_) {
        hosted += who->data.hosted_.size();
        room += who->hello.clients;
        unbounded += who->hello.clients == 0 ? 1 : 0;
        if (find(who->hello.name) != who || names_.size() != workers_.size()) {
            return "each worker that is here is found by its name";
        }
        for (const auto& [client, counts] : who->data.hosted_) {
            if (client >= hosts_.size() || hosts_[client] != who) {
                return "each client that is hosted is hosted by one worker, which is found by it";
            }
        }
    }
    if (hosted + static_cast<std::size_t>(std::ranges::count(hosts_, nullptr)) != hosts_.size()) {
        return "nobody who has gone hosts a client";
    }
    return room == room_ && unbounded == unbounded_ ? "" : "the room is that of those who are here";
}

} // namespace fedasio::master
