#!/usr/bin/env bash
# Installs what fedasio needs from Debian's packages. Safe to run again: what is there is left alone, and nothing is ever removed.
# Usage: scripts/install-deps.sh [--tests] [--dev] [--bench] [--fuzz] [--package] [--package-tests] [--examples]
#   --tests  also what only the tests need    --dev  also clang-format, clang-tidy and the benchmarks' library
#   --bench  also what the engine is measured against: PyTorch, and OpenBLAS, without which PyTorch is many times slower
#   --fuzz   libFuzzer, and what puts names into the stacks of its findings
#   --examples  also what examples/ train with, and what checks the Python package
#   --package  also what scripts/package.sh needs    --package-tests  likewise scripts/test-package.sh
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

packages=(
  # compiler and build
  ca-certificates clang-19 cmake git gzip lld-19 ninja-build
  # libraries
  libboost-container1.81.0 libboost-json1.81.0 libcli11-dev libcsv-dev libeigen3-dev libfmt-dev libisal-dev
  libjemalloc-dev libjpeg62-turbo-dev libpng-dev librandom123-dev libspdlog-dev libsqlite3-dev libssl-dev zlib1g-dev
  # the demonstration's data
  dataset-fashion-mnist
)
# Debian's development files of Boost 1.81 cannot be installed beside those of its default, 1.74, which much else needs:
# where the system does not have them, they are unpacked into a folder of this checkout (see CMakeLists.txt).
boost=(libboost1.81-dev libboost-container1.81-dev libboost-json1.81-dev libboost-system1.81-dev libboost-test1.81-dev)
boost_libraries=(libboost-container1.81.0 libboost-json1.81.0 libboost-system1.81.0 libboost-test1.81.0)
boost_folder=$top/build/deps

wants_node=1
for option in "$@"; do
  case "$option" in
    --tests) packages+=(apache2-bin chromium fonts-dejavu-core libclang-rt-19-dev nginx-light prometheus python3 python3-numpy python3-torch strace) ;;
    --dev) packages+=(clang-format-19 clang-tidy-19 libbenchmark-dev) ;;
    --bench) packages+=(libbenchmark-dev libopenblas0-pthread python3-numpy python3-torch) ;;
    --fuzz) packages+=(libclang-rt-19-dev llvm-19) ;;
    # Not with --tests: Debian's scikit-learn cannot be installed beside Boost 1.81's development files.
    --examples) packages+=(mypy python3-joblib python3-numpy python3-pandas python3-sklearn python3-torch) ;;
    --package) packages+=(dpkg-dev) ;;
    --package-tests) packages+=(curl debootstrap diffutils iproute2 lintian systemd) ;;
    *) echo "install-deps.sh: unknown option $option (known: --tests, --dev, --bench, --fuzz, --package, --package-tests, --examples)" >&2; exit 2 ;;
  esac
done

# Another Node.js than Debian's will do, and conflicts with Debian's npm.
if command -v node >/dev/null && command -v npm >/dev/null; then
  major=$(node -p 'process.versions.node.split(".")[0]')
  if [ "$major" -ge 18 ]; then wants_node=0; fi
fi
if [ "$wants_node" = 1 ]; then packages+=(nodejs npm); fi

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]
}

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
wants_boost=0
for package in "${boost[@]}"; do
  is_installed "$package" || wants_boost=1
done
if [ -e "$boost_folder/usr/include/boost/version.hpp" ]; then wants_boost=0; fi
if [ "${#missing[@]}" = 0 ] && [ "$wants_boost" = 0 ]; then
  echo "All packages are installed."
  exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "install-deps.sh: run it as root or install sudo" >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -q

if [ "${#missing[@]}" != 0 ]; then
  would=$(apt-get install -s --no-install-recommends "${missing[@]}") || { echo "install-deps.sh: apt-get cannot install these, see above; nothing was changed" >&2; exit 1; }
  removed=$(sed -n 's/^Remv \([^ ]*\).*/  \1/p' <<<"$would")
  if [ -n "$removed" ]; then
    {
      echo "install-deps.sh: nothing was changed, for apt would remove packages of this machine:"
      echo "$removed"
      echo "to install: ${missing[*]}"
      echo "Ways out: build in a container (Containerfile) or another Debian 12; or, if these packages may go,"
      echo "  ${as_root[*]} apt-get install --no-install-recommends ${missing[*]}"
    } >&2
    exit 1
  fi
  echo "Installing: ${missing[*]}"
  # Services of packages that are installed for one tool must not be started.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -q -y --no-remove --no-install-recommends "${missing[@]}"
fi

if [ "$wants_boost" = 1 ]; then
  echo "Unpacking Boost 1.81's development files into $boost_folder"
  mkdir -p "$top/build"
  fresh=$(mktemp -d "$top/build/deps-XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  (cd "$fresh" && apt-get download -q "${boost[@]}" "${boost_libraries[@]}")
  for package in "$fresh"/*.deb; do
    dpkg-deb -x "$package" "$fresh/all"
  done
  rm -rf "$boost_folder"
  mv "$fresh/all" "$boost_folder"
fi
