#!/usr/bin/env bash
# Repeats the MNIST experiments of McMahan et al. (2017): installs, fetches and builds what is missing, runs the cells
# of the paper's tables, and writes the rounds of paper and fedasio side by side. bench/paper.sh --help tells the rest.
set -euo pipefail
cd "$(dirname "$0")/.."

for argument in "$@"; do
  if [ "$argument" = --help ]; then exec node bench/paper.mjs --help; fi
done
if [ -z "${FEDASIO_BIN:-}" ]; then
  scripts/install-deps.sh
  cmake --preset release >/dev/null
  cmake --build --preset release --target fedasio
fi
scripts/fetch-mnist.sh
exec node bench/paper.mjs "$@"
