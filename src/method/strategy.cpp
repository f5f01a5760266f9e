#include <fedasio/method/strategy.hpp>

#include <algorithm>
#include <utility>

namespace fedasio::method {

std::vector<block> blocks_of(std::size_t values) {
    std::vector<block> blocks;
    blocks.reserve(values / block_values + 1);
    for (std::size_t first = 0; first < values; first += block_values) {
        blocks.push_back({first, std::min(block_values, values - first)});
    }
    return blocks;
}

void run_blocks(std::size_t values, const std::function<void(const block&)>& work) {
    std::ranges::for_each(blocks_of(values), work);
}

void strategy::describe(text::keys& /*keys*/) {}

std::string strategy::objection(const local_training& /*local*/) const {
    return {};
}

std::string strategy::objection_to(const nn::network& /*network*/) const {
    return {};
}

double strategy::factor(const client_report& report, const local_training& /*local*/) const {
    return static_cast<double>(report.samples);
}

double strategy::largest_factor(std::uint64_t samples) const {
    return static_cast<double>(samples);
}

double strategy::share(const client_report& /*report*/) const {
    return 1;
}

client_answer strategy::train(client_training& client) const {
    client_answer answer;
    if (asks_for_loss()) {
        answer.loss_before = client.loss_with(client.received());
    }
    local_pass pass;
    pass.start = client.received();
    auto trained = client.train(pass);
    answer.weights = std::move(trained.weights);
    answer.loss = trained.loss;
    answer.accuracy = trained.accuracy;
    return answer;
}

void strategy::personal(const nn::network& /*network*/, const client_state& /*state*/,
                        std::span<const float> global, std::span<float> own) const {
    std::ranges::copy(global, own.begin());
}

} // namespace fedasio::method
