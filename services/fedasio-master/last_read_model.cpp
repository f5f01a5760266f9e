#include "last_read_model.hpp"

#include <fedasio/data/file_identity.hpp>

#include <utility>

namespace fedasio::program {

std::shared_ptr<const plan::trained_model> last_read_model::read(const std::filesystem::path& path) {
    const std::scoped_lock alone(reading_);
    // Before the file is read: if it is replaced meanwhile, it is another one for whoever asks next.
    auto identity = data::file_identity(path);
    if (identity != identity_) {
        identity_.clear();
        model_.reset(); // there need not be memory for two
        model_ = std::make_shared<const plan::trained_model>(plan::read_trained_model(path));
        identity_ = std::move(identity);
    }
    return model_;
}

} // namespace fedasio::program
