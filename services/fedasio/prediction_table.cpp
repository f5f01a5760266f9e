#include "prediction_table.hpp"

#include <fedasio/plan/applied_model.hpp>
#include <fedasio/text/csv_field.hpp>
#include <fedasio/text/number_text.hpp>

#include <iostream>
#include <stdexcept>
#include <system_error>

namespace fedasio::steering {

prediction_table::prediction_table(const std::string& where, const plan::trained_model& model,
                                   const std::string& place)
    : model_(model), columns_(model.is_regression() ? 0 : model.network.output().size()) {
    if (where == "-") {
        out_ = &std::cout;
    } else if (!where.empty()) {
        path_ = where;
        partial_ = where + ".partial";
        file_.open(partial_, std::ios::binary | std::ios::trunc);
        out_ = &file_;
        if (!file_) {
            throw std::runtime_error("cannot write " + partial_.string() + ": name another file with --out");
        }
    }
    auto line = place + ",prediction";
    for (std::size_t i = 0; i < columns_; ++i) {
        line += "," + text::csv_field(model.output_name(i));
    }
    write(line);
}

prediction_table::~prediction_table() {
    if (!partial_.empty()) {
        file_.close();
        std::error_code ignored;
        std::filesystem::remove(partial_, ignored);
    }
}

void prediction_table::add(const std::string& place, std::span<const float> outputs) {
    if (out_ == nullptr) {
        return;
    }
    auto line = place + ",";
    if (model_.is_regression()) {
        line += text::number_text(plan::predicted_value(model_, outputs[0]));
    } else {
        line += text::csv_field(model_.output_name(plan::predicted_class(outputs)));
        for (const float output : outputs) {
            line += "," + text::number_text(output);
        }
    }
    write(line);
}

void prediction_table::add_unusable(const std::string& place) {
    write(place + std::string(1 + columns_, ','));
}

void prediction_table::close() {
    if (out_ == nullptr) {
        return;
    }
    out_->flush();
    bool failed = !*out_;
    std::error_code problem;
    if (!partial_.empty()) {
        file_.close();
        failed = failed || !file_;
        if (!failed) {
            std::filesystem::rename(partial_, path_, problem);
            failed = static_cast<bool>(problem);
        }
    }
    if (failed) {
        throw std::runtime_error("the predictions could not be written to " +
                                 (path_.empty() ? std::string("the standard output") : path_.string()) +
                                 ": is the disk full?");
    }
    partial_.clear();
}

void prediction_table::write(const std::string& line) {
    if (out_ != nullptr) {
        *out_ << line << "\r\n";
    }
}

} // namespace fedasio::steering
