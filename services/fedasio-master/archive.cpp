#include "archive.hpp"

#include <fedasio/dashboard/prediction_json.hpp>
#include <fedasio/net/offload.hpp>
#include <fedasio/plan/limits.hpp>
#include <fedasio/plan/trained_model.hpp>
#include <fedasio/store/model_store.hpp>
#include <fedasio/text/input_file.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "program/past_answers.hpp"
#include "saved_models.hpp"
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace fedasio::program {
namespace {

namespace json = boost::json;
using dashboard::archive_answer;
using dashboard::archive_question;
using kind = archive_question::kind;

/// A plan's name where only what every file system and header takes may stand.
std::string file_name(std::string text) {
    for (char& c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '_' || (c == '.' && &c != text.data());
        c = plain ? c : '-';
    }
    return text;
}

archive_answer file_of(const std::filesystem::path& path) {
    // No model has more values, and no header of one more text.
    constexpr std::uint64_t most_bytes = plan::limits::parameters * sizeof(float) + 256 * plan::limits::mib;
    return {text::read_input(path, most_bytes), path.filename().string()};
}

/// Images only: the values of a table are no pixels. [height][width][channels] becomes channels first.
std::optional<archive_answer> sample_of(const data::dataset& set, std::uint64_t index) {
    const auto dims = set.feature_dims();
    if (dims.size() < 2 || index >= set.size()) {
        return std::nullopt;
    }
    std::vector<float> values(set.feature_count());
    const auto place = static_cast<std::uint32_t>(index);
    set.copy_features(std::span(&place, 1), values);
    const std::size_t channels = dims.size() > 2 ? dims[2] : 1;
    json::array pixels;
    pixels.reserve(values.size());
    for (std::size_t channel = 0; channel < channels; ++channel) {
        for (std::size_t i = channel; i < values.size(); i += channels) {
            pixels.emplace_back(std::lround(values[i] * 255.0F));
        }
    }
    const auto label = set.class_count() == 0 ? json::value(nullptr) : json::value(set.classes()[place]);
    const json::object sample{{"index", index},
                              {"shape", json::array{channels, dims[0], dims[1]}},
                              {"label", label},
                              {"pixels", std::move(pixels)}};
    return archive_answer{text::canonical_text(sample), {}};
}

/// What `answer` makes of a saved model. One that cannot be read, because it is damaged or no file at all,
/// is no fault of the master's.
archive_answer answer_from_saved(const std::filesystem::path& state_dir, const std::string& name,
                                 const std::function<archive_answer(const std::filesystem::path&)>& answer) {
    const auto path = store::model_path(state_dir, name);
    std::error_code unknown;
    if (std::filesystem::status(path, unknown).type() == std::filesystem::file_type::not_found) {
        return dashboard::refused_answer(404, "there is no saved model '" + name + "'");
    }
    try {
        return answer(path);
    } catch (const std::runtime_error& problem) {
        return dashboard::refused_answer(409, problem.what());
    }
}

net::awaitable<std::optional<archive_answer>> predict(net::runtime& rt, boost::asio::any_io_executor pool,
                                                      master::run& run, last_read_model& saved,
                                                      std::filesystem::path state_dir,
                                                      archive_question what) {
    std::optional<plan::trained_model> model;
    if (what.name.empty()) {
        try {
            model = run.usable_model();
        } catch (const std::runtime_error& problem) {
            co_return dashboard::refused_answer(409, problem.what());
        }
        if (!model) {
            co_return dashboard::refused_answer(404, "there is no model yet: it comes with the data");
        }
    }
    auto job = [&]() -> std::optional<archive_answer> {
        if (model) {
            return dashboard::prediction_of(*model, what);
        }
        return answer_from_saved(state_dir, what.name, [&](const std::filesystem::path& path) {
            return dashboard::prediction_of(*saved.read(path), what);
        });
    };
    co_return co_await net::offload(rt, std::move(pool), std::move(job));
}

net::awaitable<std::optional<archive_answer>> count(net::runtime& rt, boost::asio::any_io_executor pool,
                                                    master::run& run, histograms& counted,
                                                    std::filesystem::path state_dir, archive_question what) {
    auto job = [&, weights = run.weights()]() -> std::optional<archive_answer> {
        if (!what.name.empty()) {
            return answer_from_saved(state_dir, what.name, [&](const std::filesystem::path& path) {
                return counted.of_saved(path, what);
            });
        }
        return weights ? counted.of_global(*weights, what)
                       : dashboard::refused_answer(404, "there is no model yet: it comes with the data");
    };
    co_return co_await net::offload(rt, std::move(pool), std::move(job));
}

} // namespace

net::awaitable<std::optional<archive_answer>>
answer_question(net::runtime& rt, boost::asio::any_io_executor pool, master::run& run, last_read_model& saved,
                histograms& counted, std::filesystem::path state_dir, archive_question what) {
    if (what.what == kind::model) {
        auto copy = co_await run.copy_model();
        if (!copy) {
            co_return std::nullopt;
        }
        const auto name = file_name(copy->plan) + "-round-" + std::to_string(copy->round) + ".safetensors";
        co_return archive_answer{std::move(copy->bytes), name};
    }
    if (what.what == kind::prediction) {
        co_return co_await predict(rt, std::move(pool), run, saved, std::move(state_dir), std::move(what));
    }
    if (what.what == kind::histogram) {
        co_return co_await count(rt, std::move(pool), run, counted, std::move(state_dir), std::move(what));
    }
    auto job = [&, set = run.test_set()]() -> std::optional<archive_answer> {
        if (what.what == kind::sample) {
            return set ? sample_of(*set, what.index) : std::nullopt;
        }
        if (what.what == kind::models) {
            return archive_answer{saved_models_text(state_dir), {}};
        }
        if (what.what == kind::saved_model) {
            return answer_from_saved(state_dir, what.name, file_of);
        }
        const auto history = state_dir / "history.sqlite";
        auto text = answer_of_past(std::span(&history, 1), what);
        return text ? std::optional(archive_answer{std::move(*text), {}}) : std::nullopt;
    };
    co_return co_await net::offload(rt, std::move(pool), std::move(job));
}

} // namespace fedasio::program
