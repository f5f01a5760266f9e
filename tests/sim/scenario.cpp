#include "sim/scenario.hpp"

#include "sim/trial.hpp"
#include <chrono>
#include <fmt/format.h>
#include <fstream>

namespace fedasio::sim {

namespace fs = std::filesystem;

scenario choose(dice& chosen, const fs::path& folder) {
    scenario what;
    const auto kind = chosen.below(10);
    what.local = kind < 2;
    what.exact = kind >= 4;
    what.workers = what.local ? owners.size() : chosen.between(1, 4);
    what.protects = chosen.chance(0.3);
    const auto rounds = chosen.between(3, 8);
    // Those that take any two clients, and whose sums need no more than two.
    static constexpr std::array strategies{"fedavg", "fedavg",   "fedavgm", "fedadam", "fednova",
                                           "qffl",   "scaffold", "feddyn",  "ditto",   "median"};
    // Where owners keep their data their workers keep what clients do, here in memory: it goes with them.
    const auto* const strategy =
        what.local ? strategies[chosen.below(4)] : strategies[chosen.below(strategies.size())];
    const auto clients = what.local ? owners.size() : 4 + 2 * chosen.below(2);
    const auto fraction = chosen.chance(0.5) ? 1.0 : 0.5;
    const bool test_file = !what.local && chosen.chance(0.7);
    const auto quorum = what.exact || chosen.chance(0.5) ? 1.0 : 0.5;
    const auto table = folder / "all.csv";
    auto text = fmt::format(R"({{"name": "trial", "seed": 7, "rounds": {}, "clients": {}, "fraction": {},
        "model": {{"input": "auto", "layers": [{{"type": "dense", "units": 6, "activation": "relu"}},
                              {{"type": "dense", "units": 2, "activation": "softmax"}}]}},
        "data": {{"source": {{"type": "csv", "train": "{}", "label": "label"{}}},
                  "partition": {{"scheme": "{}"}}}},
        "local": {{"epochs": 1, "batch_size": 8, "optimizer": {{"type": "sgd", "learning_rate": 0.1}}}},
        "strategy": {{"type": "{}"}}, "checkpoint_every": {}, "deadline": {}, "quorum": {}, "over_selection": {} }})",
                            rounds, clients, fraction, what.local ? "own.csv" : table.string(),
                            test_file ? ", \"test\": \"" + (folder / "test.csv").string() + "\"" : "",
                            what.local ? "local" : "iid", strategy, chosen.between(1, 2),
                            what.exact ? 3600 * 24 : chosen.between(4, 40), quorum,
                            !what.exact && chosen.chance(0.5) ? 1.3 : 1.0);
    what.plan = plan::parse_plan(text, "trial.json");
    what.faults_last = std::chrono::seconds(chosen.between(5, 40));
    what.faults = chosen.chance(0.1) ? 0 : chosen.between(1, 12);
    what.short_of_memory = what.faults > 0 && chosen.chance(0.2);
    return what;
}

double longest_round(const scenario& of) {
    return 5 * std::chrono::duration<double>(of.plan.deadline).count() + 300;
}

namespace {

void write_table(const fs::path& file, int rows, int first) {
    std::ofstream out(file);
    out << "x,y,z,label\n";
    for (int i = first; i < first + rows; ++i) {
        const int x = (i * 37) % 61 - 30;
        const int y = (i * 13) % 17;
        out << x << ',' << y << ',' << (i * 7) % 5 << ',' << (x + y > 5 ? "plus" : "minus") << '\n';
    }
}

} // namespace

void write_data(const fs::path& folder) {
    write_table(folder / "all.csv", 120, 0);
    write_table(folder / "test.csv", 40, 1000);
    for (std::size_t i = 0; i < owners.size(); ++i) {
        write_table(folder / fmt::format("{}.csv", owners[i]), 30, static_cast<int>(100 * i));
    }
}

} // namespace fedasio::sim
