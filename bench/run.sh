#!/usr/bin/env bash
# Builds and runs all measurements of this folder. Each prints its figures beside a limit measured in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh --dev
cmake --preset release -DFEDASIO_BENCH=ON
cmake --build --preset release --target nn_benchmark layer_benchmark broadcast many_workers
echo "== training steps and the product's peak (bench/nn_benchmark.cpp)"
taskset -c 0 build/release/bench/nn_benchmark --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
echo "== layer by layer (bench/layer_benchmark.cpp)"
taskset -c 0 build/release/bench/layer_benchmark
echo "== one set of weights to many peers (bench/broadcast.cpp)"
build/release/bench/broadcast
echo "== workers that say hello and are dealt a client (bench/many_workers.cpp)"
for workers in 1000 10000; do build/release/bench/many_workers $workers; done
