#!/usr/bin/env bash
# Makes the pictures of README.md in docs/images from a real run on this machine: forty clients with unlike data,
# hosted by eight workers. Needs a release build and scripts/install-deps.sh --tests.
# Usage: scripts/screenshots.sh [BUILD]    default build/release
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:-build/release}")
work=$(mktemp -d)
master=
finish() {
  if [ -n "$master" ]; then kill "$master" 2>/dev/null || true; wait "$master" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

cat > "$work/plan.json" <<'PLAN'
{
  "name": "fashion-mnist",
  "seed": 1,
  "model": {
    "input": [28, 28],
    "layers": [
      {"type": "flatten"},
      {"type": "dense", "units": 200, "activation": "relu"},
      {"type": "dense", "units": 10, "activation": "softmax"},
    ],
  },
  "data": {
    "source": {
      "type": "idx",
      "train_images": "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz",
      "train_labels": "/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz",
      "test_images": "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
      "test_labels": "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz",
    },
    "partition": {"scheme": "dirichlet", "alpha": 0.5},
  },
  "clients": 40,
  "fraction": 0.5,
  "local": {"epochs": 2, "batch_size": 20, "optimizer": {"type": "sgd", "learning_rate": 0.05}},
  "rounds": 30,
  "target_accuracy": 0.88,
  "class_names": ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
}
PLAN

"$build/bin/fedasio-master" --plan "$work/plan.json" --listen 127.0.0.1:0 --dashboard 127.0.0.1:0 \
  --spawn-workers 8 --state-dir "$work/state" > "$work/log" 2>&1 &
master=$!
url=
for _ in $(seq 100); do
  url=$(sed -n 's/^dashboard \(http:.*\)$/\1/p' "$work/log")
  if [ -n "$url" ]; then break; fi
  kill -0 "$master" || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done

# The packages stand where the page was built.
cp web/dev/pictures.mjs "$build/web/page/pictures.mjs"
(cd "$build/web/page" && node pictures.mjs "$url" "$work/plan.json" "$OLDPWD/docs/images")
rm "$build/web/page/pictures.mjs"
ls -l docs/images
