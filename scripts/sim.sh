#!/usr/bin/env bash
# Runs seeds of the simulator (tests/sim) on all cores: scripts/sim.sh [--seeds N] [--first S]
# Each seed is one federation under faults of its own; a seed that breaks a promise prints the command that replays it.
set -euo pipefail
cd "$(dirname "$0")/.."
seeds=10000
first=1
while [ $# -gt 0 ]; do
    case "$1" in
        --seeds) seeds=$2; shift 2 ;;
        --first) first=$2; shift 2 ;;
        *) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;;
    esac
done
if [ ! -f build/release/build.ninja ]; then
    cmake --preset release
fi
cmake --build build/release --target fedasio-sim
cores=$(nproc)
share=$(((seeds + cores - 1) / cores))
pids=()
for ((from = first; from < first + seeds; from += share)); do
    count=$((first + seeds - from < share ? first + seeds - from : share))
    build/release/tests/sim/fedasio-sim --first "$from" --seeds "$count" &
    pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
    wait "$pid" || failed=1
done
exit "$failed"
