#pragma once

#include <fedasio/data/dataset.hpp>
#include <fedasio/plan/applied_model.hpp>
#include <fedasio/plan/trained_model.hpp>

#include "prediction_scores.hpp"
#include "prediction_table.hpp"
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fedasio::steering {

/// What was asked for.
struct prediction_request {
    std::string model;
    std::string plan;
    std::string data;
    std::string labels;
    std::string out;
    bool evaluate = false;
};

/// Takes samples through the model, some hundred at a time.
class predictor {
public:
    static constexpr std::size_t block = 256;

    /// `place` names the first columns of what comes out, `unit` many of what it is asked about.
    predictor(const plan::trained_model& model, const prediction_request& from, const std::string& place,
              std::string unit);

    /// `problem` empty: the next of the samples is of this place, which is CSV.
    void note(std::string place, const std::string& problem);

    [[nodiscard]] bool is_full() const noexcept { return places_.size() >= block; }

    /// Samples of the places that were noted since; null if none of them can be used.
    void flush(const data::dataset* samples);

    /// Tells what is to be told at the end; returns the exit code.
    int finish();

private:
    struct noted {
        std::string place;
        bool usable = false;
    };

    const plan::trained_model& model_;
    const prediction_request& from_;
    std::string unit_;
    plan::applied_model applied_;
    prediction_table table_;
    std::optional<prediction_scores> scores_;
    std::vector<noted> places_;
    std::uint64_t rows_ = 0;
    std::uint64_t unusable_ = 0;
    bool is_watched_;
};

} // namespace fedasio::steering
