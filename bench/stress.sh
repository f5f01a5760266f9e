#!/usr/bin/env bash
# The stress network of the field: 8 inputs, 100 hidden layers of 32, 100 or 320 units (0.1M, 1M, 10M parameters), with 10, 50, 100 and 200
# learners that do no work, ten rounds each. Usage: bench/stress.sh [--units 32,100] [--learners 10,50] [--rounds 10]
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset release -DFEDASIO_BENCH=ON >&2
cmake --build --preset release --target fedasio-master round_swarm >&2
exec python3 bench/stress.py "$@"
