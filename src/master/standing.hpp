#pragma once

#include <fedasio/master/roster.hpp>

#include "master/setting.hpp"

namespace fedasio::master {

/// What a worker does now, for people.
void set_state(const setting& given, worker& who, worker_state state);

/// How it takes part, for people and in the worker's own log: who can mend it reads that one.
void tell_standing(const setting& given, worker& who, wire::standing now);

} // namespace fedasio::master
