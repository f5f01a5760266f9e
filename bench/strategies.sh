#!/usr/bin/env bash
# Trains every strategy on Fashion-MNIST, on equal and unequal clients, honest ones and ones that lie, and prints a table.
# Usage: bench/strategies.sh [--quick] [--jobs N] [--seeds A,B,C] [--table] [--out FILE]; docs/benchmarks.md tells more.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh >&2
cmake --preset release -DFEDASIO_BENCH=ON >&2
cmake --build --preset release --target attacks >&2
exec python3 bench/strategies.py --program build/release/bench/attacks "$@"
