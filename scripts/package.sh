#!/usr/bin/env bash
# Makes Debian packages: fedasio (programs, manual pages, completions, services), python3-fedasio and libfedasio-dev, in build/packages.
# Usage: scripts/package.sh [-DNAME=VALUE ...]   options for CMake, such as -DFEDASIO_MARCH=x86-64 for processors without AVX2
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh --package
cmake --preset release "$@"
cmake --build --preset release --target fedasio-master fedasio-worker fedasio pages
rm -rf build/packages
cpack --config build/release/CPackConfig.cmake -B build/packages
rm -rf build/packages/_CPack_Packages
ls -l build/packages
