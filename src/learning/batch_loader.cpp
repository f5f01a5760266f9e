#include <fedasio/learning/batch_loader.hpp>

namespace fedasio::learning {

batch_loader::batch_loader(const nn::network& network, std::size_t most)

    : image_(network.input()), features_(most * network.input().size()), classes_(most), values_(most) {}

nn::targets batch_loader::read(const data::dataset& from, std::span<const std::uint32_t> indices) {
    filled_ = indices.size() * from.feature_count();
    from.copy_features(indices, features_.span().first(filled_));
    if (from.class_count() == 0) {
        const auto values = std::span(values_).first(indices.size());
        from.copy_targets(indices, values);
        return std::span<const float>(values);
    }
    const auto classes = std::span(classes_).first(indices.size());
    from.copy_classes(indices, classes);
    return std::span<const std::int32_t>(classes);
}

} // namespace fedasio::learning
