#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fedasio::steering {

/// One number of a round.
struct run_number {
    std::string name; ///< "test/accuracy"
    double value = 0;
    std::uint32_t round = 0;
    double time = 0; ///< Unix seconds
};

/// All numbers of the rounds of a report, in their order: losses, accuracies and errors under `train/`,
/// `test/` and `personal/`, `clients/dropped`, `bytes/sent` and `bytes/received`, and the seconds of each
/// phase under `seconds/`. What does not exist is left out. Metrics of a trainer's own are called as
/// distinct_names() has them.
[[nodiscard]] std::vector<run_number> numbers_of(const boost::json::object& report);

/// Each of these with a name of letters, digits, '_', '-' and '.', as a file may be called: other bytes
/// become '_'. Two that would be called the same are told apart: one that is such a name keeps it, others get
/// "_2", "_3" and so on in the order of their bytes.
[[nodiscard]] std::map<std::string, std::string> distinct_names(const std::set<std::string>& names);

/// Every value of a plan by its path, "local.epochs".
void for_each_value(const boost::json::value& plan, const std::string& path,
                    const std::function<void(const std::string& path, const std::string& value)>& take);

} // namespace fedasio::steering
