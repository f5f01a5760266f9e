#!/usr/bin/env bash
# Installs what is missing, builds, and trains on Fashion-MNIST with four workers on this machine; the dashboard stays up.
# Flags are passed on to fedasio-master, for example: scripts/demo.sh --exit-when-done --report out.json
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

"$top/scripts/install-deps.sh"
cd "$top"
cmake --preset release
cmake --build --preset release --target fedasio-master fedasio-worker fedasio
cd - >/dev/null
exec "$top/build/release/bin/fedasio-master" --plan "$top/plans/fashion-mnist-2nn.json" --spawn-workers 4 --autostart "$@"
