#pragma once

#include <fedasio/master/run.hpp>
#include <fedasio/net/discovery.hpp>

#include "dashboard_access.hpp"
#include "program/logging.hpp"
#include "program/protection.hpp"
#include <cstdint>
#include <string>

namespace fedasio::program {

/// What the flags of fedasio-master say.
struct settings {
    std::string plan;
    std::string listen = "127.0.0.1:7700";
    std::string dashboard = "127.0.0.1:8080";
    std::uint32_t spawn_workers = 0;
    bool announce = false;
    std::uint16_t discovery_port = net::discovery_options{}.port;
    std::string report;
    std::string notify;
    std::string evaluator;
    protection_options protection;
    dashboard_access_options access;
    log_options log;
    master::run_options run;
};

} // namespace fedasio::program
