#pragma once

#include <fedasio/net/gather.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <net/raw_peer.hpp>

namespace fedasio::net::testing {

using namespace std::chrono_literals;

inline constexpr std::uint16_t question = 16;

enum class behaviour { answers, refuses, silent, dies, late };

/// A peer that answers, or does not, as it was told to.
class scripted_peer {
public:
    scripted_peer(virtual_runtime& world, behaviour what, connection_options options = {})
        : world_(world), pair_(world, options) {
        pair_.far->on_frame([this, what](frame got) { act(what, std::move(got)); });
    }

    scripted_peer(const scripted_peer&) = delete;
    scripted_peer& operator=(const scripted_peer&) = delete;

    ~scripted_peer() {
        pair_.far->on_frame({});
        pair_.far->abort(errc::closed);
        pair_.near->abort(errc::closed);
    }

    [[nodiscard]] const connection_ptr& near() const noexcept { return pair_.near; }

    [[nodiscard]] int asked() const noexcept { return asked_; }

private:
    void act(behaviour what, frame got) {
        ++asked_;
        switch (what) {
        case behaviour::answers:
            pair_.far->reply(got, {{"echo", got.meta}}, got.body);
            break;
        case behaviour::refuses:
            pair_.far->refuse(got, "busy", "later perhaps");
            break;
        case behaviour::silent:
            break;
        case behaviour::dies:
            alarm_ = world_.time().at(world_.now() + 500ms, [this] {
                pair_.link.back->break_off();
                pair_.link.forth->break_off();
            });
            break;
        case behaviour::late:
            alarm_ = world_.time().at(world_.now() + 20s, [this, got = std::move(got)] {
                pair_.far->reply(got, {{"late", true}}, payload_of(std::string(1000, 'l')));
            });
            break;
        }
    }

    virtual_runtime& world_;
    connected_pair pair_;
    std::unique_ptr<fedasio::net::alarm> alarm_;
    int asked_ = 0;
};

using peers = std::vector<std::unique_ptr<scripted_peer>>;

inline peers make_peers(virtual_runtime& world, const std::vector<behaviour>& script) {
    peers made;
    for (const auto what : script) {
        made.push_back(std::make_unique<scripted_peer>(world, what));
    }
    world.settle();
    return made;
}

inline std::vector<call> ask_all(const peers& whom) {
    std::vector<call> calls;
    calls.reserve(whom.size());
    for (std::size_t i = 0; i < whom.size(); ++i) {
        calls.emplace_back(whom[i]->near(), frame(question, {{"index", i}}), frame_limits{4096, 4096});
    }
    return calls;
}

inline std::vector<std::string> results_of(const std::vector<gathered>& all) {
    std::vector<std::string> names;
    names.reserve(all.size());
    for (const auto& one : all) {
        names.emplace_back(to_string(one.result));
    }
    return names;
}

inline awaitable<void> gather_into(runtime& rt, std::vector<call> calls, gather_policy policy,
                                   std::vector<gathered>& results) {
    results = co_await gather(rt, std::move(calls), policy);
}

using names = std::vector<std::string>;

} // namespace fedasio::net::testing
