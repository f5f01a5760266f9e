#!/usr/bin/env bash
# Trains the same networks on the same images in fedasio and in PyTorch, in turn, on one core, and prints a table of how
# fast each was and how far from what the core can do. Usage: bench/training.sh [--rounds N] [--seconds S]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh --bench >&2
cmake --preset release -DFEDASIO_BENCH=ON >&2
cmake --build --preset release --target training >&2
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# Debian's Python: another on the PATH would not find Debian's PyTorch.
exec taskset -c 0 /usr/bin/python3 bench/training.py \
  --ours build/release/bench/training --out build/bench/training.json "$@"
