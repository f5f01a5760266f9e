#include "predictor.hpp"

#include <fedasio/text/printable.hpp>

#include "program/command_line.hpp"
#include <iostream>
#include <span>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace fedasio::steering {
namespace {

constexpr std::uint64_t most_named = 100;
constexpr std::uint64_t progress_step = 100 * predictor::block;

} // namespace

predictor::predictor(const plan::trained_model& model, const prediction_request& from,
                     const std::string& place, std::string unit)
    : model_(model), from_(from), unit_(std::move(unit)), applied_(model, block),
      table_(from.out, model, place),
      scores_(from.evaluate ? std::optional<prediction_scores>(model) : std::nullopt),
      is_watched_(::isatty(STDERR_FILENO) == 1) {}

void predictor::note(std::string place, const std::string& problem) {
    places_.push_back({std::move(place), problem.empty()});
    if (problem.empty()) {
        return;
    }
    if (++unusable_ <= most_named) {
        std::cerr << "fedasio: " << text::printable(problem) << '\n';
    } else if (unusable_ == most_named + 1) {
        std::cerr << "fedasio: there are more " << unit_ << " that cannot be used\n";
    }
}

void predictor::flush(const data::dataset* samples) {
    const auto width = model_.network.output().size();
    const auto all = samples != nullptr ? applied_.outputs_of(*samples) : std::span<const float>();
    std::size_t next = 0;
    for (const auto& [place, usable] : places_) {
        if (!usable) {
            table_.add_unusable(place);
            continue;
        }
        const auto outputs = all.subspan(next * width, width);
        table_.add(place, outputs);
        if (scores_) {
            scores_->add(*samples, next, outputs);
        }
        ++next;
    }
    const auto before = rows_ / progress_step;
    rows_ += places_.size();
    places_.clear();
    if (is_watched_ && rows_ / progress_step != before) {
        std::cerr << '\r' << rows_ << ' ' << unit_ << std::flush;
    }
}

int predictor::finish() {
    if (rows_ == 0) {
        throw std::runtime_error(from_.data + ": has no " + unit_);
    }
    table_.close();
    if (is_watched_ && rows_ >= progress_step) {
        std::cerr << '\r' << rows_ << ' ' << unit_ << '\n';
    }
    if (scores_ && rows_ > unusable_) {
        (from_.out == "-" ? std::cerr : std::cout) << scores_->text();
    }
    if (unusable_ > 0) {
        std::cerr << "fedasio: " << unusable_ << " of " << rows_ << ' ' << unit_ << " could not be used\n";
    }
    return unusable_ == 0 ? program::done : program::failed;
}

} // namespace fedasio::steering
