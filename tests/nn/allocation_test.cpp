#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

namespace {

std::atomic<int> allocations = 0;

} // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the names are ld's.
// The linker sends each call of malloc in the floor's code here (Eigen's included).
extern "C" void* __real_malloc(std::size_t size);

extern "C" void* __wrap_malloc(std::size_t size) {
    ++allocations;
    return __real_malloc(size);
}

// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = __real_malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    ++allocations;
    const auto line = static_cast<std::size_t>(alignment);
    if (void* memory = std::aligned_alloc(line, (size + line - 1) / line * line)) {
        return memory;
    }
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}

using namespace fedasio::nn;

BOOST_AUTO_TEST_SUITE(allocation)

BOOST_AUTO_TEST_CASE(a_step_allocates_nothing) {
    const std::vector<layer_spec> dense_layers{flatten{}, dense{200, activation::tanh}, dropout{0.1F},
                                               dense{10, activation::softmax}};
    const std::vector<layer_spec> image_layers{
        conv2d{.filters = 32, .act = activation::relu},
        max_pool2d{2},
        dropout{0.1F},
        conv2d{.filters = 16, .pad = padding::same, .act = activation::sigmoid},
        avg_pool2d{2},
        conv2d{.filters = 8, .pad = padding::same, .stride = 2},
        group_norm{4},
        flatten{},
        dense{1, activation::relu},
        dense{10, activation::softmax}};
    for (const auto& layers : {dense_layers, image_layers}) {
        const network model({.input = {28, 28, 1}, .layers = layers});
        const auto weights = random_values(model.parameter_count(), 1, 0.1F);
        const auto features = random_values(model.input().size() * 64, 2);
        const auto labels = random_classes(64, 10, 3);
        const fedasio::random_stream masks(4, fedasio::purpose::dropout);
        trainer trained(model,
                        {.type = optimizer_spec::kind::adam, .learning_rate = 0.001F, .proximal = 0.1F}, 64);
        evaluator evaluated(model, 16);

        const int before = allocations;
        BOOST_REQUIRE(before > 0); // it does count
        trained.begin(weights, masks);
        for (int i = 0; i < 3; ++i) {
            trained.step(features, labels, 64);
        }
        trained.begin(weights, masks);
        trained.step({features.data(), model.input().size()}, std::span(labels).first(1), 1);
        evaluated.evaluate(trained.weights(), features, labels, 64);
        BOOST_TEST(allocations == before);
    }
}

BOOST_AUTO_TEST_SUITE_END()
