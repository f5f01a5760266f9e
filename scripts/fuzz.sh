#!/usr/bin/env bash
# Installs what is missing, builds the fuzzers, and runs each for a while, one after the other; exits with 1 if one found
# something. Usage: scripts/fuzz.sh [--smoke | --seconds N] [--target NAME ...]
#   --smoke      60 seconds for each target, the default    --seconds N   so many
#   --target     only this one; may be given again
# What a run has learned stays in build/fuzz/corpus/, and the next one goes on from there; findings stay in
# build/fuzz/findings/. A finding that is mended belongs into fuzz/corpus/TARGET/found-..., where ctest replays it.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
chosen=()
while [ "$#" -gt 0 ]; do
  case "$1" in
    --smoke) seconds=60; shift ;;
    --seconds) seconds=${2:?"--seconds needs a number"}; shift 2 ;;
    --target) chosen+=("${2:?"--target needs a name"}"); shift 2 ;;
    *) echo "fuzz.sh: unknown option $1 (known: --smoke, --seconds N, --target NAME)" >&2; exit 2 ;;
  esac
done

all=()
for folder in fuzz/corpus/*/; do all+=("$(basename "$folder")"); done
[ "${#chosen[@]}" -gt 0 ] || chosen=("${all[@]}")
for target in "${chosen[@]}"; do
  if [[ " ${all[*]} " != *" $target "* ]]; then
    echo "fuzz.sh: there is no target $target (there are: ${all[*]})" >&2
    exit 2
  fi
done

scripts/install-deps.sh --fuzz
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${chosen[@]/#/fuzz_}"

export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19
# In memory, since checkpoints are synced to the disk.
TMPDIR=$(mktemp -d -p /dev/shm fedasio-fuzz-XXXXXX)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# Times and sizes that no input of a few KiB needs, even on a busy machine.
limits=(-timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256)
build=build/fuzz
found=0
printf '%-12s %12s %8s %8s  %s\n' target executions per_s edges findings
for target in "${chosen[@]}"; do
  learned=$build/corpus/$target
  findings=$build/findings/$target
  log=$build/$target.log
  mkdir -p "$learned" "$findings"
  status=0
  $build/fuzz/fuzz_"$target" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$findings/" "$learned" "fuzz/corpus/$target" >"$log" 2>&1 || status=$?
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  per_second=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  edges=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -1)
  printf '%-12s %12s %8s %8s  %s\n' "$target" "${executions:-?}" "${per_second:-?}" "${edges:-?}" \
    "$([ "$status" = 0 ] && echo none || echo "see $log")"
  if [ "$status" != 0 ]; then
    found=1
    input=$(sed -n 's/^.*Test unit written to //p' "$log" | tail -1)
    grep -m 3 -E 'does not hold|ERROR: |what\(\)|runtime error' "$log" || tail -5 "$log"
    if [ -n "$input" ]; then
      echo "replay: $build/fuzz/fuzz_$target ${limits[*]} -artifact_prefix=$findings/ $input"
    fi
  fi
done
exit "$found"
