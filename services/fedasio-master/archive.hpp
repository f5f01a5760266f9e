#pragma once

#include <fedasio/dashboard/archive.hpp>
#include <fedasio/master/run.hpp>

#include "last_read_model.hpp"
#include <filesystem>
#include <optional>

namespace fedasio::program {

/// Answers what a browser asks beyond the events: from the history and the models in `state_dir`, and from
/// the run itself. Files are read on `pool`. Saved models that are tried are read by `saved`, which must live
/// until it has answered.
net::awaitable<std::optional<dashboard::archive_answer>>
answer_question(net::runtime& rt, boost::asio::any_io_executor pool, master::run& run, last_read_model& saved,
                std::filesystem::path state_dir, dashboard::archive_question what);

} // namespace fedasio::program
