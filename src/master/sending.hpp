#pragma once

#include <fedasio/master/roster.hpp>
#include <fedasio/net/frame.hpp>
#include <fedasio/net/gather.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/global_model.hpp"
#include "master/newcomers.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include <span>
#include <vector>

/// What goes to workers before their clients train or evaluate: the weights, and what clients go on from.
namespace fedasio::master {

/// Those of `hosts`, each once and in order of their numbers, that have the present weights neither yet nor
/// on their way: they are to be sent them now, one buffer for all. What is asked of a worker after them may
/// follow at once, since it takes them in order; so nobody waits for the slowest.
std::vector<worker_ptr> receivers_among(const setting& given, const global_model& model,
                                        std::vector<worker_ptr> hosts);

[[nodiscard]] net::frame weights_request(const global_model& model);

/// Whom the weights did not reach gets the next ones whole, and who does not take them is rejected. Those on
/// their way go on.
void settle_weights(newcomers& coming, std::span<const worker_ptr> whom,
                    std::span<const net::gathered> answers);

/// What each of these clients goes on from; empty where nobody keeps anything here, but for arrays that stay
/// at clients, whose initial values a client has from here before its first round that counts. Read on the
/// pool. Throws std::exception for a state that is lost.
net::awaitable<std::vector<sent_state>> states_of(const setting& given, const run_state& state,
                                                  std::vector<client_id> clients);

} // namespace fedasio::master
