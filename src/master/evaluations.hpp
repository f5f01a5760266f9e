#pragma once

#include <fedasio/master/evaluation.hpp>
#include <fedasio/net/clock.hpp>
#include <fedasio/net/runtime.hpp>
#include <fedasio/wire/evaluate.hpp>

#include "master/evaluation_check.hpp"
#include "master/evaluator.hpp"
#include "master/newcomers.hpp"
#include "master/preparation.hpp"
#include "master/round_state.hpp"
#include "master/run_state.hpp"
#include "master/setting.hpp"
#include "master/test_data.hpp"
#include "master/waiting.hpp"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fedasio::master {

/// Why a client is not in the test of a round.
struct untested {
    std::string reason; ///< a word
    std::string detail;
};

/// The test of a round by its clients.
struct client_test {
    bool personal = false; ///< of the clients' own models
    std::map<client_id, wire::evaluation> results;
    std::map<client_id, untested> absent;
    std::map<client_id, net::clock::time_point> moments; ///< until when its owner may come back
};

/// Tests the global model after a round: on the test files if there are some, else by the evaluator if the
/// master has one, else every client tests it on what it holds out.
class evaluations {
public:
    evaluations(const setting& given, run_state& state, newcomers& coming, preparation& prepare,
                waiting& wait, const test_data& tests, evaluator& evaluates)
        : setting_(given), state_(state), newcomers_(coming), preparation_(prepare), waiting_(wait),
          tests_(tests), evaluator_(evaluates) {}

    void begin_anew() { told_.clear(); }

    /// Adds to the round's result what the test says. Throws `cancelled` before it says anything.
    net::awaitable<void> evaluate(round_state& round);

    /// Clients of the run that nobody could ask are absent in the test. A resumed run must find the same, so
    /// they follow from who is known to be an owner and not from who was here before.
    void add_unreachable(client_test& test) const;
    /// Each absence once, until the client is in a test again.
    void tell_absences(std::uint32_t round, const client_test& test);

    /// A round is over, with a test or without.
    void note_finished(const round_result& result) { evaluator_.note(result); }

private:
    net::awaitable<void> evaluate_here(round_state& round);
    net::awaitable<void> ask_evaluator(round_state& round);
    net::awaitable<void> evaluate_where_data_is(round_state& round);
    net::awaitable<void> evaluate_personal(round_state& round);
    net::awaitable<void> ask_clients(round_state& round, client_test& test, net::clock::time_point until);
    [[nodiscard]] std::vector<client_id> clients_to_ask(const round_state& round, bool personal) const;
    net::awaitable<void> find_any_host(net::clock::time_point until);
    net::awaitable<bool> find_other_evaluators(const std::vector<client_id>& clients,
                                               net::clock::time_point until);
    net::awaitable<bool> wait_for_owners(const std::vector<client_id>& away, client_test& test,
                                         net::clock::time_point until);
    net::awaitable<void> conclude(round_state& round, client_test& test);
    void tell(std::uint32_t round, const test_result& result, std::vector<std::string> classes) const;
    void tell_values(std::uint32_t round, const test_result& result) const;

    const setting& setting_;
    run_state& state_;
    newcomers& newcomers_;
    preparation& preparation_;
    waiting& waiting_;
    const test_data& tests_;
    evaluator& evaluator_;
    std::map<client_id, std::string> told_; ///< absent clients of the tests so far, and why: people know
};

} // namespace fedasio::master
