// Trains plans in which some clients lie; bench/strategies.py runs it. Reads one line of JSON a training
//
//   {"plan": {...}, "attack": "none" | "noise" | "labels" | "signs"}
//
// and answers with one line: how it ended, its weights' digest and, a value a round, the accuracy of the
// global model on the test images and of the honest clients' own models on what these hold out. Everything
// is drawn from the plan's seed: the same line gives the same answer, to the bit.

#include <fedasio/data/idx.hpp>
#include <fedasio/plan/plan.hpp>
#include <fedasio/random.hpp>
#include <fedasio/simulation/simulate.hpp>
#include <fedasio/text/json_text.hpp>
#include <fedasio/wire/load.hpp>
#include <fedasio/worker/local_data.hpp>
#include <fedasio/worker/trainer.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

namespace json = boost::json;
using namespace fedasio;

enum class lie { none, noise, labels, signs };

/// The first `clients` of a plan tell this lie.
struct attack {
    std::string_view name;
    lie what;
    std::uint32_t clients;
};

constexpr std::array attacks{attack{"none", lie::none, 0}, attack{"noise", lie::noise, 2},
                             attack{"labels", lie::labels, 3}, attack{"signs", lie::signs, 3}};
constexpr float deviation = 0.5F;
constexpr float factor = -4;
constexpr auto for_noise = static_cast<purpose>(1000); ///< no purpose of the library's
constexpr std::int32_t classes = 10;

attack attack_of(std::string_view name) {
    const auto found = std::ranges::find(attacks, name, &attack::name);
    if (found == attacks.end()) {
        throw std::invalid_argument("there is no attack '" + std::string(name) + "'");
    }
    return *found;
}

/// A folder with the training files of a plan in which class c is called 9 - c; gone with it.
class turned_labels {
public:
    explicit turned_labels(const data::idx_source& source)
        : folder_(std::filesystem::temp_directory_path() / ("attacks-" + std::to_string(::getpid()))) {
        const std::filesystem::path images = source.train_images;
        const auto honest = data::read_idx(source.train_images, source.train_labels);
        std::filesystem::create_directory(folder_);
        std::filesystem::create_symlink(std::filesystem::absolute(images), folder_ / images.filename());
        std::string text{0, 0, 8, 1};
        for (const unsigned shift : {24U, 16U, 8U, 0U}) {
            text += static_cast<char>(honest.size() >> shift);
        }
        for (const auto label : honest.classes()) {
            text += static_cast<char>(classes - 1 - label);
        }
        std::ofstream(folder_ / std::filesystem::path(source.train_labels).filename(), std::ios::binary)
            << text;
    }

    ~turned_labels() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    turned_labels(const turned_labels&) = delete;
    turned_labels& operator=(const turned_labels&) = delete;

    /// The samples of the first `clients` of the plan, the same ones that the master deals them.
    [[nodiscard]] std::shared_ptr<const worker::local_data> of(const plan::plan& plan,
                                                               std::uint32_t clients) {
        wire::load what;
        what.seed = plan.seed;
        what.source = plan.source;
        what.partition = plan.partition;
        what.holdout = plan.strategy->is_personal() ? plan.test_fraction : 0;
        what.clients_total = plan.clients;
        what.clients.resize(clients);
        std::iota(what.clients.begin(), what.clients.end(), 0U);
        return std::make_shared<const worker::local_data>(what, folder_, samples_);
    }

private:
    std::filesystem::path folder_;
    worker::sample_cache samples_;
};

/// What all trainers of one training share.
struct adversary {
    attack how;
    std::uint64_t seed = 0;
    std::shared_ptr<const worker::local_data> turned; ///< with lie::labels
    std::atomic<std::uint64_t> personally_right = 0;  ///< of the honest clients' held out samples, this round
    std::atomic<std::uint64_t> personally_tested = 0;
};

/// The built-in trainer, and what a liar makes of its update. What strategies send beside the weights, and
/// what clients say of their samples, loss and steps, stays as an honest training leaves it.
class lying_trainer final : public worker::trainer {
public:
    lying_trainer(std::shared_ptr<const worker::training_setup> setup, std::shared_ptr<adversary> shared)
        : honest_(worker::make_builtin_trainer(setup)), shared_(std::move(shared)) {
        if (shared_->turned) {
            turned_ = worker::make_builtin_trainer(std::move(setup));
            turned_->load(shared_->turned);
        }
    }

    [[nodiscard]] const worker::training_setup& setup() const noexcept override { return honest_->setup(); }

    void load(std::shared_ptr<const worker::local_data> data) override { honest_->load(std::move(data)); }

    worker::trained train(worker::training_request what, const std::atomic<bool>& stop) override {
        if (what.client >= shared_->how.clients) {
            return honest_->train(std::move(what), stop);
        }
        if (turned_) {
            return turned_->train(std::move(what), stop);
        }
        const auto base = what.weights.first(setup().parameter_count());
        auto noise = random_stream(shared_->seed, for_noise, what.round, what.client);
        auto result = honest_->train(std::move(what), stop);
        const auto sent = result.weights.floats();
        net::buffer body(sent.size_bytes());
        std::ranges::copy(sent, body.floats().begin());
        for (std::size_t i = 0; i < base.size(); ++i) {
            const float step = shared_->how.what == lie::noise
                                   ? deviation * static_cast<float>(noise.normal())
                                   : factor * (sent[i] - base[i]);
            body.floats()[i] = base[i] + step;
        }
        result.weights = net::payload(std::move(body));
        return result;
    }

    wire::evaluation evaluate(const worker::evaluation_request& what,
                              const std::atomic<bool>& stop) override {
        auto result = honest_->evaluate(what, stop);
        if (what.personal && what.client >= shared_->how.clients) {
            shared_->personally_right += result.correct;
            shared_->personally_tested += result.samples;
        }
        return result;
    }

private:
    std::unique_ptr<worker::trainer> honest_;
    std::unique_ptr<worker::trainer> turned_;
    std::shared_ptr<adversary> shared_;
};

/// What one training after the other needs anew only if its files change.
struct known_files {
    std::shared_ptr<worker::sample_cache> samples = std::make_shared<worker::sample_cache>();
    std::unique_ptr<turned_labels> turned;
};

json::object train(const plan::plan& plan, const attack& how, known_files& files) {
    const auto shared = std::make_shared<adversary>();
    shared->how = how;
    shared->seed = plan.seed;
    if (how.what == lie::labels) {
        if (!files.turned) {
            files.turned = std::make_unique<turned_labels>(std::get<data::idx_source>(plan.source));
        }
        shared->turned = files.turned->of(plan, how.clients);
    }
    simulation::simulation_options options;
    options.threads = 1;
    options.samples = files.samples;
    options.make_trainer = [&](auto setup) {
        return std::make_unique<lying_trainer>(std::move(setup), shared);
    };
    json::object result{{"outcome", "failed"}};
    json::array global;
    json::array personal;
    simulation::simulate(plan, options, {}, [&](const master::event& happened) {
        if (const auto* round = std::get_if<master::round_finished>(&happened.what)) {
            global.emplace_back(round->result.test_accuracy.value_or(0));
            const auto tested = shared->personally_tested.exchange(0);
            const auto right = shared->personally_right.exchange(0);
            if (tested != 0) {
                personal.emplace_back(static_cast<double>(right) / static_cast<double>(tested));
            }
        } else if (const auto* end = std::get_if<master::training_finished>(&happened.what)) {
            result["outcome"] = to_string(end->outcome);
            result["detail"] = end->detail;
            result["weights_sha256"] = end->weights_sha256;
        }
    });
    result["accuracy"] = std::move(global);
    result["personal_accuracy"] = std::move(personal);
    return result;
}

} // namespace

int main() {
    known_files files;
    std::string line;
    while (std::getline(std::cin, line)) {
        try {
            const auto what = text::parse_json(line);
            const auto plan = plan::plan_from_json(what.at("plan"), "the plan");
            const auto how = attack_of(std::string_view(what.at("attack").as_string()));
            std::cout << json::serialize(train(plan, how, files)) << std::endl; // NOLINT: who waits needs it
        } catch (const std::exception& problem) {
            std::cerr << "attacks: " << problem.what() << "\n";
            return 1;
        }
    }
    return 0;
}
