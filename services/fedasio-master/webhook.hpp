#pragma once

#include <fedasio/dashboard/master_place.hpp>
#include <fedasio/master/events.hpp>
#include <fedasio/net/event.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/net/tls.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fedasio::program {

/// Tells an address on the network what people must know of a run: how a training ended, who was left out,
/// and that nothing has gone forward for a deadline. One POST each, with the JSON of docs/operations.md.
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
    void watch_progress(bool training);
    net::awaitable<void> pause(net::clock::duration length);
    [[nodiscard]] net::awaitable<std::string> deliver(const std::string& body);

    net::runtime& rt_;
    std::optional<net::tls> tls_;
    dashboard::master_place to_;
    warning_handler warn_;
    master::run_opened run_;
    std::uint32_t round_ = 0;
    std::unique_ptr<net::alarm> silence_; ///< while a training goes on
    bool is_ending_ = false;
    std::deque<std::string> waiting_;
    net::event news_;
};

} // namespace fedasio::program
