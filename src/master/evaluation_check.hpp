#pragma once

#include <fedasio/master/events.hpp>
#include <fedasio/wire/evaluate.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::master {

/// What is known of an evaluation before it comes.
struct evaluation_terms {
    std::uint64_t held_out = 0; ///< samples that the client said it holds out
    std::size_t classes = 0;    ///< 0: a regression
    bool cross_entropy = false;
    std::size_t score_cells = 0; ///< 0: no scores were asked for
    bool is_open = false;        ///< the model is a trainer's own: it says what it has
    bool histogram = false;      ///< one of a regression's values was asked for
};

/// Why no samples can give this result; empty: some can. A client that is wrong in a possible way is found by
/// `out_of_proportion`, if at all.
[[nodiscard]] std::string objection_to(const wire::evaluation& result, const evaluation_terms& terms);

/// Of results that are possible each by itself, those that differ from the median client's beyond all
/// proportion, and how: a thousand times its samples; a thousand times its loss, where `usual_loss` is what
/// a model that has learned nothing has (0: not known); or no loss at all. With fewer than three clients
/// nobody can say who is wrong.
[[nodiscard]] std::map<client_id, std::string>
out_of_proportion(const std::map<client_id, wire::evaluation>& results, double usual_loss);

/// Of an even number the mean of the two in the middle; empty for none.
[[nodiscard]] std::optional<double> median(std::vector<double> values);

} // namespace fedasio::master
