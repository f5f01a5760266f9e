// What an update costs the master: checking it and adding it to the sum, and comparing it with the others.
#include <fedasio/method/round_sum.hpp>
#include <fedasio/method/update_sketch.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <variant>
#include <vector>

namespace {

using namespace fedasio::method;

std::vector<float> weights(std::size_t count) {
    std::vector<float> result(count);
    for (std::size_t i = 0; i < count; ++i) {
        result[i] = static_cast<float>(i % 1000) / 1000.0F - 0.5F;
    }
    return result;
}

void add_update(benchmark::State& state) {
    const auto update = weights(static_cast<std::size_t>(state.range(0)));
    const std::vector<float> base(update.size(), 0.1F);
    const update_check check(base);
    round_sum sum(check, 1U << 30U);
    std::uint32_t client = 0;
    for (auto _ : state) {
        const auto checked = check.check(update);
        benchmark::DoNotOptimize(sum.add(std::get<checked_update>(checked), {client++, 1.0}));
    }
    state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void compare_update(benchmark::State& state) {
    const auto update = weights(static_cast<std::size_t>(state.range(0)));
    const std::vector<float> base(update.size(), 0.1F);
    for (auto _ : state) {
        benchmark::DoNotOptimize(update_sketch(update, base));
    }
    state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

} // namespace

BENCHMARK(add_update)->Arg(199'210)->Arg(10'000'000);
BENCHMARK(compare_update)->Arg(199'210)->Arg(10'000'000);
BENCHMARK_MAIN();
