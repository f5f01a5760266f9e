#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/plan/trained_model.hpp>

#include <string_view>

namespace fedasio::dashboard {

/// Pictures that are tried may not have more: a master has more to do.
inline constexpr std::uint64_t most_tried_pixels = 16'000'000;

/// What the model says of the sample of a question (kind::prediction), as docs/api.md has it; status 400,
/// with what is wrong, if the sample cannot be used. Computes: on the pool. Throws nothing for what a
/// stranger sent.
[[nodiscard]] archive_answer prediction_of(const plan::trained_model& model, const archive_question& tried);

/// An answer that says why there is no other: {"error": "..."}.
[[nodiscard]] archive_answer refused_answer(unsigned status, std::string_view problem);

} // namespace fedasio::dashboard
