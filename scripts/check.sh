#!/usr/bin/env bash
# Checks form: clang-format and clang-tidy over the project's own C++ files. Usage: scripts/check.sh [FILE ...]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh --dev
if [ "$#" = 0 ]; then
  mapfile -t files < <(git ls-files '*.cpp' '*.hpp')
else
  files=("$@")
fi
clang-format-19 --dry-run --Werror "${files[@]}"
scripts/check_floors.py
cmake --preset release -DFEDASIO_BENCH=ON >/dev/null
cmake --build --preset release --target fedasio_web_assets benches >/dev/null
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep '\.cpp$' | grep -v '^tests/consumer/')
printf '%s\0' "${sources[@]}" |
  xargs -0 -n 4 -P "$(nproc)" clang-tidy-19 -p build/release --quiet --extra-arg=-Wno-unknown-warning-option
echo "clang-format and clang-tidy are clean."
