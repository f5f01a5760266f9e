#pragma once

#include <fedasio/plan/trained_model.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

namespace fedasio::steering {

/// What comes out for each row, as CSV (RFC 4180): its place (fields that are CSV already), the prediction,
/// and for classes every output under the class's name. A file is written beside its place and renamed at the
/// end.
class prediction_table {
public:
    /// `where` is "-" for the standard output; empty: nowhere. `place` names the first columns. Throws
    /// std::runtime_error if the file cannot be made.
    prediction_table(const std::string& where, const plan::trained_model& model, const std::string& place);
    ~prediction_table();
    prediction_table(const prediction_table&) = delete;
    prediction_table& operator=(const prediction_table&) = delete;

    void add(const std::string& place, std::span<const float> outputs);
    /// A row that could not be used: its fields are empty.
    void add_unusable(const std::string& place);
    /// Throws std::runtime_error if not everything could be written.
    void close();

private:
    void write(const std::string& line);

    const plan::trained_model& model_;
    std::filesystem::path path_;
    std::filesystem::path partial_;
    std::ofstream file_;
    std::ostream* out_ = nullptr;
    std::size_t columns_ = 0;
};

} // namespace fedasio::steering
