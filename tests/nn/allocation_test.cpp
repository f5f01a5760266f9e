#include <fedasio/nn/evaluator.hpp>
#include <fedasio/nn/memory.hpp>
#include <fedasio/nn/trainer.hpp>

#include <boost/test/unit_test.hpp>

#include "random_values.hpp"
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

namespace {

std::atomic<int> allocations = 0;
std::atomic<std::size_t> allocated_bytes = 0;

void note(std::size_t size) {
    ++allocations;
    allocated_bytes += size;
}

} // namespace

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the names are ld's.
// The linker sends each call of malloc in the floor's code here (Eigen's included).
extern "C" void* __real_malloc(std::size_t size);

extern "C" void* __wrap_malloc(std::size_t size) {
    note(size);
    return __real_malloc(size);
}

// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

void* operator new(std::size_t size) {
    note(size);
    if (void* memory = __real_malloc(size)) {
        return memory;
    }
    throw std::bad_alloc();
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    note(size);
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

namespace {

std::vector<std::vector<layer_spec>> all_layers() {
    return {{flatten{}, dense{200, activation::tanh}, dropout{0.1F}, dense{10, activation::softmax}},
            {conv2d{.filters = 32, .act = activation::relu}, max_pool2d{2}, dropout{0.1F},
             conv2d{.filters = 16, .pad = padding::same, .act = activation::sigmoid}, avg_pool2d{2},
             conv2d{.filters = 8, .pad = padding::same, .stride = 2}, group_norm{4}, flatten{},
             dense{1, activation::relu}, dense{10, activation::softmax}},
            // Each layer's own memory weighs much in one of these.
            {max_pool2d{1}, max_pool2d{1}, max_pool2d{1}, flatten{}, dense{2, activation::softmax}},
            {dropout{0.1F}, dropout{0.1F}, flatten{}, dense{2, activation::softmax}},
            {flatten{}, group_norm{1}, group_norm{2}, group_norm{7}, dense{2, activation::softmax}},
            {conv2d{1, 200, 200, padding::same, activation::relu, initializer::he}, flatten{},
             dense{2, activation::softmax}},
            {conv2d{2, 1, 1, padding::same, activation::relu, initializer::he, 28}, flatten{},
             dense{3000, activation::relu}, dense{2, activation::softmax}}};
}

/// Calls make(), and gives the bytes that it allocated.
template <class Make>
double bytes_of(Make make) {
    const std::size_t before = allocated_bytes;
    const auto made = make();
    return static_cast<double>(allocated_bytes - before);
}

} // namespace

BOOST_AUTO_TEST_SUITE(allocation)

BOOST_AUTO_TEST_CASE(a_step_allocates_nothing) {
    for (const auto& layers : all_layers()) {
        const network model({.input = {28, 28, 1}, .layers = layers});
        const auto weights = random_values(model.parameter_count(), 1, 0.1F);
        const auto features = random_values(model.input().size() * 64, 2);
        const auto labels = random_classes(64, 2, 3);
        const std::vector<std::size_t> frozen{0};
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
        trained.begin({.weights = weights,
                       .correction = weights,
                       .anchor = weights,
                       .proximal = 0.5F,
                       .learning_rate = 0.01F,
                       .frozen = frozen},
                      masks);
        trained.step({features.data(), model.input().size()}, std::span(labels).first(1), 1);
        evaluated.evaluate(trained.weights(), features, labels, 64);
        BOOST_TEST(allocations == before);
    }
}

BOOST_AUTO_TEST_CASE(what_is_needed_is_known_before) {
    const optimizer_spec plain{.learning_rate = 0.1F};
    const optimizer_spec pulled{.momentum = 0.9F, .proximal = 0.1F};
    const optimizer_spec adam{.type = optimizer_spec::kind::adam, .proximal = 0.1F};
    const auto near = boost::test_tools::tolerance(0.02);
    for (const auto& layers : all_layers()) {
        const network model({.input = {28, 28, 1}, .layers = layers});
        for (const std::size_t batch : {16U, 200U}) {
            for (const optimizer_spec& spec : {plain, pulled, adam}) {
                const double found = bytes_of([&] { return trainer(model, spec, batch); });
                BOOST_TEST(static_cast<double>(training_bytes(model, spec, batch)) == found, near);
            }
            const double found = bytes_of([&] { return evaluator(model, batch); });
            BOOST_TEST(static_cast<double>(evaluation_bytes(model, batch)) == found, near);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
