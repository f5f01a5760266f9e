#include "kept_history.hpp"

#include "program/logging.hpp"
#include <string>

namespace fedasio::steering {

kept_history::kept_history(const std::filesystem::path& folder)
    : recorder_(rt_, pool_.get_executor(), folder / "history.sqlite",
                [](master::noticed::severity level, const std::string& text) {
                    program::log(level == master::noticed::severity::error ? program::level::error
                                                                           : program::level::info,
                                 "history", text);
                }),
      writing_(rt_.get().executor) {
    writing_.spawn(recorder_.run());
}

kept_history::~kept_history() {
    writing_.cancel();
    context_.restart();
    context_.run();
    pool_.join();
}

void kept_history::take(const master::event& happened) {
    recorder_.take(happened);
    context_.restart();
    context_.poll();
}

} // namespace fedasio::steering
