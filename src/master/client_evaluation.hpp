#pragma once

#include <fedasio/net/gather.hpp>
#include <fedasio/net/runtime.hpp>

#include "master/evaluations.hpp"
#include <cstdint>
#include <string>
#include <vector>

namespace fedasio::master {

/// What the evaluations of a round have in common.
[[nodiscard]] evaluation_terms terms_of_evaluations(const setting& given, const global_model& model);

/// Lets some clients evaluate the global model, or their own: one gather.
class client_evaluation {
public:
    client_evaluation(const setting& given, run_state& state, newcomers& coming, round_state& round,
                      client_test& test);

    /// Until all of these clients have answered, or it is `until`. What they find is added to the test, or
    /// why they did not. Gives those whose worker was lost.
    net::awaitable<std::vector<client_id>> gather(std::vector<client_id> clients,
                                                  net::clock::time_point until);

private:
    /// A client that is asked.
    struct one {
        client_id client = 0;
        worker_ptr host;
        std::uint64_t held_out = 0;
        sent_state kept;
    };

    [[nodiscard]] net::frame request(std::size_t index) const;
    std::string judge(std::size_t index, const net::frame& reply);
    void settle(const std::vector<net::gathered>& answers);

    const setting& setting_;
    run_state& state_;
    newcomers& newcomers_;
    round_state& round_;
    client_test& test_;
    evaluation_terms terms_;
    std::vector<worker_ptr> receivers_; ///< of the weights: the first calls; then one for each of asked_
    std::vector<one> asked_;
    std::vector<client_id> lost_;
};

} // namespace fedasio::master
