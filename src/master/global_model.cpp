#include "master/global_model.hpp"

#include <fedasio/plan/arrays_json.hpp>
#include <fedasio/plan/schema_json.hpp>
#include <fedasio/plan/spec_json.hpp>
#include <fedasio/text/json_text.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <filesystem>
#include <utility>

namespace fedasio::master {
namespace {

/// Of the plan's data, without the folders of this machine.
boost::json::object file_names(const data::source_spec& source) {
    const auto all = plan::to_json(source);
    boost::json::object names;
    for (const auto* key :
         {"type", "train", "test", "train_images", "train_labels", "test_images", "test_labels"}) {
        if (const auto* path = all.if_contains(key)) {
            names[key] = std::filesystem::path(std::string(path->as_string())).filename().string();
        }
    }
    return names;
}

} // namespace

void global_model::forget() {
    network_.reset();
    arrays_.reset();
    state_ = {};
    round_ = 0;
    schema_.reset();
}

void global_model::build(initial_model begun) {
    network_ = std::move(begun.network);
    arrays_ = std::move(begun.arrays);
    replace(std::move(begun.state));
}

void global_model::replace(model_state with) {
    state_ = std::move(with);
    ++version_;
}

void global_model::resume(model_state with, std::uint32_t round) {
    replace(std::move(with));
    round_ = round;
}

std::map<std::string, std::string> global_model::metadata(const plan::plan& plan,
                                                          const std::string& plan_digest) const {
    std::map<std::string, std::string> metadata{{"format", "fedasio"},
                                                {"plan", plan.name},
                                                {"plan_digest", plan_digest},
                                                {"round", std::to_string(round_)}};
    if (network_) {
        metadata["network"] = text::canonical_text(plan::to_json(network_->spec()));
        metadata["source"] = text::canonical_text(file_names(plan.source));
    } else if (arrays_) {
        metadata["arrays"] = text::canonical_text(plan::to_json(*arrays_));
    }
    if (const auto names = plan::names_of_units(plan); !names.empty()) {
        metadata["classes"] = text::canonical_text(boost::json::array(names.begin(), names.end()));
    }
    if (schema_) {
        metadata["schema"] = text::canonical_text(plan::to_json(*schema_));
    }
    return metadata;
}

double global_model::label_unit() const {
    return schema_ && schema_->regression ? schema_->label_deviation : 1.0;
}

bool global_model::invariants() const {
    const bool fits = !arrays_ || state_.weights.size() == arrays_->size() * sizeof(float);
    return fits && (arrays_ ? version_ > 0 : state_.weights.empty());
}

} // namespace fedasio::master
