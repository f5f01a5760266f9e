#pragma once

#include <fedasio/dashboard/master_place.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tls.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace fedasio::program {

/// Tells an address on the network what people must know of a run: how a training ended, who was left out,
/// that nothing is learned any more, and that nothing has gone forward for a deadline. Each occurrence once:
/// one POST with the JSON of docs/operations.md.
class webhook {
public:
    using warning_handler = std::function<void(const std::string&)>;

    /// `url` as parse_master_url() takes it. `warn` is told of what could not be delivered.
    webhook(net::runtime& rt, std::string_view url, warning_handler warn);

    void take(const master::event& happened);
    /// Delivers until `finish`, and then what is left, each with one attempt. Not to be cancelled.
    net::awaitable<void> run();
    void finish();

private:
    void tell(std::string_view kind, const std::string& text, double time);
    void take_plateau(const master::round_result& result, double time);
    void take_standing(const master::worker_standing& standing, double time);
    net::awaitable<void> pause(net::clock::duration length);
    [[nodiscard]] net::awaitable<std::string> deliver(const std::string& body);

    net::runtime& rt_;
    std::optional<net::tls> tls_;
    dashboard::master_place to_;
    warning_handler warn_;
    std::string run_;
    std::string plan_;
    std::uint32_t round_ = 0;

    /// What needs not be told again.
    struct {
        std::uint32_t flat_since = 0;
        std::set<std::string> left_out; ///< names of workers
    } told_;

    bool is_ending_ = false;
    net::clock::time_point over_; ///< no message begins to be sent after that; if it is ending
    std::deque<std::string> waiting_;
    net::event news_;
};

} // namespace fedasio::program
