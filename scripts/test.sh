#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Usage: scripts/test.sh [PRESET], default release; also debug, asan, tsan.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}

scripts/install-deps.sh --tests
cmake --preset "$preset"
cmake --build --preset "$preset"

# What tests write is kept in memory where there is room for it, as waiting for a disk tests nothing; those that try what
# a disk does to the master stay on one.
memory=/dev/shm
if [ -z "${TMPDIR:-}" ] && [ -w "$memory" ] && ! findmnt -no OPTIONS "$memory" | grep -qw noexec &&
  [ "$(df --output=avail -BM "$memory" | tail -1 | tr -dc 0-9)" -ge 4096 ] &&
  [ "$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)" -ge 8192 ]; then
  TMPDIR=$(mktemp -d "$memory/fedasio-tests.XXXXXX")
  export TMPDIR
  trap 'rm -rf "$TMPDIR"' EXIT
fi

# One more than there are processors, as many wait more than they compute; one with a browser, which computes throughout,
# counts twice.
ctest --preset "$preset" --parallel "$(($(nproc) + 1))"
