#pragma once

#include <fedasio/net/cell_rate.hpp>
#include <fedasio/net/runtime.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace fedasio::master {

/// Tells of peers that were turned away, each for itself as long as they are few: 20 at once and then one in
/// 10 seconds. Of more only their number is told, every 10 seconds, so that nobody who can reach the port
/// fills log and history.
class stranger_log {
public:
    using teller = std::function<void(std::string)>;

    stranger_log(net::runtime& rt, teller tell);

    void add(std::string what);

    /// Tells at once of those that are left, and of nobody who comes later, so that the end waits for
    /// nothing.
    void end();

private:
    void tell_the_rest();

    net::runtime& rt_;
    teller tell_;
    net::cell_rate told_;
    std::uint64_t untold_ = 0;
    std::string last_;
    std::unique_ptr<net::alarm> later_;
    bool has_ended_ = false;
};

} // namespace fedasio::master
