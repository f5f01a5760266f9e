#pragma once

#include <fedasio/master/commands.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/checkpoints.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <string>

namespace fedasio::master {

/// Makes a saved model the global one, if no training goes on. Where the tables are not known yet, they are
/// encoded from now on as they were for it. The answer says why not.
net::awaitable<command_answer> load_model(const setting& given, run_state& state, checkpoints& safe,
                                          std::string name);

} // namespace fedasio::master
