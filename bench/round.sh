#!/usr/bin/env bash
# How long a round takes whose workers do no work, beside a bare loop that moves the same bytes and does nothing else, in one run, in turn.
# Usage: bench/round.sh [--rows 1,2] [--turns 5] [--rounds 4]
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset release -DFEDASIO_BENCH=ON >&2
cmake --build --preset release --target fedasio-master round_swarm round_wire >&2
exec python3 bench/round.py "$@"
