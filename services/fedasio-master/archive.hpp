#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/master/run.hpp>

#include "histograms.hpp"
#include "last_read_model.hpp"
#include <filesystem>
#include <optional>

namespace fedasio::program {

/// Answers what a browser asks beyond the events: from the history and the models in `state_dir`, and from
/// the run itself. Files are read on `pool`. Saved models that are tried are read by `saved`, and arrays
/// counted by `counted`, which must live until they have answered.
net::awaitable<std::optional<dashboard::archive_answer>>
answer_question(net::runtime& rt, boost::asio::any_io_executor pool, master::run& run, last_read_model& saved,
                histograms& counted, std::filesystem::path state_dir, dashboard::archive_question what);

} // namespace fedasio::program
