#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Usage: scripts/test.sh [PRESET], default release; also debug, asan, tsan.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

scripts/install-deps.sh --tests
cmake --preset "$preset"
cmake --build --preset "$preset"
# Two for each processor, as many wait more than they compute; those that compute on several threads count twice.
ctest --preset "$preset" --parallel "$((2 * $(nproc)))"
