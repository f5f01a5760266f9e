#pragma once

#include <fedasio/worker/trainer.hpp>

#include "scratch_directory.hpp"
#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace fedasio::worker::testing {

/// Two clients with rows of one table, and a small network with dropout.
struct federation_of_two {
    federation_of_two() {
        std::string text = "x,y,label\n";
        for (int i = 0; i < 61; ++i) {
            const int x = (i * 37) % 61 - 30;
            text += std::to_string(x) + "," + std::to_string((i * 13) % 7) + (x > 0 ? ",plus\n" : ",minus\n");
        }
        fedasio::data::csv_source source;
        source.train = folder.write("all.csv", text).string();
        source.label = "label";
        wire::load& what = asked;
        what.seed = 5;
        what.source = source;
        what.clients_total = 2;
        what.clients = {0, 1};
        what.holdout = 0.25;
        const std::vector summaries{fedasio::data::summarize_csv(source.train, source, false)};
        what.schema = fedasio::data::merge(summaries, source, false);
        fedasio::worker::sample_cache cache;
        samples = std::make_shared<const local_data>(what, std::nullopt, cache);
    }

    static std::shared_ptr<const training_setup> setup(float learning_rate = 0.1F) {
        nn::model_spec spec;
        spec.input = {1, 1, 2};
        spec.layers = {nn::dense{8, nn::activation::relu, nn::initializer::he}, nn::dropout{0.2F},
                       nn::dense{2, nn::activation::softmax, nn::initializer::glorot}};
        method::local_training local;
        local.epochs = 3;
        local.batch_size = 8;
        local.optimizer.learning_rate = learning_rate;
        return std::make_shared<const training_setup>(training_setup{nn::network(spec), local, 5});
    }

    static net::buffer initial(const training_setup& what) {
        net::buffer weights(what.parameter_count() * sizeof(float));
        what.network->initialise(weights.floats(), what.seed);
        return weights;
    }

    fedasio::test::scratch_directory folder;
    wire::load asked;
    std::shared_ptr<const local_data> samples;
    std::atomic<bool> stop = false;
};

} // namespace fedasio::worker::testing
