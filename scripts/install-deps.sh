#!/usr/bin/env bash
# Installs what fedasio needs from Debian's packages. Safe to run again: what is there is left alone.
# Usage: scripts/install-deps.sh [--tests] [--dev] [--bench] [--fuzz]
#   --tests  also what only the tests need    --dev  also clang-format, clang-tidy and the benchmarks' library
#   --bench  also what the engine is measured against: PyTorch, and OpenBLAS, without which PyTorch is many times slower
#   --fuzz   libFuzzer, and what puts names into the stacks of its findings
set -euo pipefail

packages=(
  # compiler and build
  ca-certificates clang-19 cmake git gzip lld-19 ninja-build
  # libraries
  libboost1.81-dev libboost-json1.81-dev libboost-test1.81-dev libcli11-dev libcsv-dev libeigen3-dev libfmt-dev
  libisal-dev librandom123-dev libspdlog-dev libsqlite3-dev libssl-dev zlib1g-dev
  # the demonstration's data
  dataset-fashion-mnist
)
wants_node=1
for option in "$@"; do
  case "$option" in
    --tests) packages+=(chromium fonts-dejavu-core libclang-rt-19-dev prometheus python3 python3-numpy strace) ;;
    --dev) packages+=(clang-format-19 clang-tidy-19 libbenchmark-dev) ;;
    --bench) packages+=(libbenchmark-dev libopenblas0-pthread python3-numpy python3-torch) ;;
    --fuzz) packages+=(libclang-rt-19-dev llvm-19) ;;
    *) echo "install-deps.sh: unknown option $option (known: --tests, --dev, --bench, --fuzz)" >&2; exit 2 ;;
  esac
done

# Another Node.js than Debian's will do, and conflicts with Debian's npm.
if command -v node >/dev/null && command -v npm >/dev/null; then
  major=$(node -p 'process.versions.node.split(".")[0]')
  if [ "$major" -ge 18 ]; then wants_node=0; fi
fi
if [ "$wants_node" = 1 ]; then packages+=(nodejs npm); fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  if [ "$state" != installed ]; then missing+=("$package"); fi
done
if [ "${#missing[@]}" = 0 ]; then
  echo "All packages are installed."
  exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "install-deps.sh: run it as root or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
"${as_root[@]}" apt-get update -q
# Services of packages that are installed for one tool must not be started.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
  apt-get install -q -y --no-install-recommends "${missing[@]}"
