#pragma once

#include <fedasio/master/roster.hpp>

#include "master/members.hpp"
#include "master/newcomers.hpp"
#include "master/setting.hpp"
#include <vector>

namespace fedasio::master {

/// What workers have loaded, told by digests. Data that all reach must be the same everywhere, or some
/// samples are learned twice and others never: the most workers are right, and of as many those with the one
/// that came first; the others are rejected. An owner's own data may change, but not without a word.
/// `loaded`: who has just done so.
void compare_data(const setting& given, members& everybody, newcomers& coming,
                  const std::vector<worker_ptr>& loaded);

} // namespace fedasio::master
