#!/usr/bin/env bash
# Makes the packages and tries them: lintian; then two bare Debian 12 systems, each in a network namespace of its own, are a master's
# machine and a second site that train together; at last the packages are purged, and nothing but state may be left.
# Needs root, network namespaces and Debian's mirror.
# Usage: scripts/test-package.sh [--if-possible]   which says what is missing instead of failing
set -euo pipefail
cd "$(dirname "$0")/.."

lacks() {
  echo "test-package.sh: not tried here: $*" >&2
  if [ "${option:-}" = --if-possible ]; then exit 0; else exit 1; fi
}
option=${1:-}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
[ "$(id -u)" = 0 ] || lacks "root, for chroots and network namespaces"
scripts/install-deps.sh --package --package-tests
ip netns add fedasio-try-$$ 2>/dev/null || lacks "network namespaces"
ip netns delete fedasio-try-$$
curl -sfI --max-time 30 "$mirror/dists/bookworm/Release" >/dev/null || lacks "$mirror cannot be reached"

scripts/package.sh
lintian --allow-root --fail-on error --tag-display-limit 0 build/packages/*.deb

base=build/debian-12
if [ ! -e "$base/.complete" ]; then
  rm -rf "$base"
  debootstrap --variant=minbase --include=ca-certificates bookworm "$base" "$mirror"
  touch "$base/.complete"
fi

work=$(mktemp -d "$PWD/build/test-package-XXXXXX")
master_net=fedasio-m-$$ site_net=fedasio-s-$$
processes=()
clean_up() {
  for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
  wait
  for net in "$master_net" "$site_net"; do ip netns delete "$net" 2>/dev/null || true; done
  for system in "$work"/*/; do umount "$system/proc" 2>/dev/null || true; done
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

fail() { echo "test-package.sh: $*" >&2; exit 1; }

files_of() { # all that a system has, but for what a package manager keeps to itself
  find "$1" -xdev \( -path "$1/var/lib/dpkg" -o -path "$1/var/lib/apt" -o -path "$1/var/cache" -o -path "$1/var/log" -o -path "$1/proc" -o -path "$1/run" -o -path "$1/tmp" \) \
    -prune -o -print | sed "s|^$1||" | sort
}

for name in master site; do
  system=$work/$name
  cp -a "$base" "$system"
  cp /etc/resolv.conf "$system/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
  chmod 755 "$system/usr/sbin/policy-rc.d"
  mount -t proc proc "$system/proc"
  chroot "$system" apt-get update -q
  # What the packages depend on stays when they go, so it is there before.
  cp build/packages/fedasio_*.deb "$system/tmp/"
  depends=$(dpkg-deb -f build/packages/fedasio_*.deb Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/,/ /g')
  # shellcheck disable=SC2086
  chroot "$system" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $depends python3-numpy
  files_of "$system" >"$work/$name.before"
  cp "$system/etc/passwd" "$work/$name.passwd"
  chroot "$system" sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -q -y ./tmp/fedasio_*.deb'
done

# A script in Python finds its package and the worker, and goes again without a trace.
cp build/packages/python3-fedasio_*.deb "$work/site/tmp/"
files_of "$work/site" >"$work/site.python"
chroot "$work/site" sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends ./tmp/python3-fedasio_*.deb'
chroot "$work/site" env PYTHONDONTWRITEBYTECODE=1 python3 -c '
import fedasio, numpy
fedasio.save_arrays("/tmp/initial.safetensors", {"w": numpy.zeros((2, 3))})
assert fedasio.load_model("/tmp/initial.safetensors")["w"].shape == (2, 3)
try:
    fedasio.connect("nowhere", samples=1).__enter__().rounds().__next__()
except fedasio.FederationError as error:
    assert "fedasio-worker ended with exit code 2" in str(error), error
'
chroot "$work/site" env DEBIAN_FRONTEND=noninteractive apt-get purge -q -y python3-fedasio
files_of "$work/site" | diff "$work/site.python" - || fail "python3-fedasio has left something behind"

for program in fedasio fedasio-master fedasio-worker; do
  chroot "$work/site" $program --version
  [ -s "$work/site/usr/share/man/man1/$program.1.gz" ] || fail "no manual of $program"
  [ -s "$work/site/usr/share/bash-completion/completions/$program" ] || fail "no completion of $program"
done
if command -v systemd-analyze >/dev/null; then
  for unit in fedasio-master fedasio-worker; do
    verdict=$(systemd-analyze --root="$work/site" --recursive-errors=no --man=no verify "/lib/systemd/system/$unit@.service" 2>&1) ||
      fail "$unit: $verdict"
  done
fi

# Two machines with a wire between them.
ip netns add "$master_net"
ip netns add "$site_net"
ip link add fm$$ netns "$master_net" type veth peer name fs$$ netns "$site_net"
ip -n "$master_net" address add 10.77.0.1/24 dev fm$$
ip -n "$site_net" address add 10.77.0.2/24 dev fs$$
for place in "$master_net fm$$" "$site_net fs$$"; do
  # shellcheck disable=SC2086
  set -- $place
  ip -n "$1" link set lo up
  ip -n "$1" link set "$2" up
done
at() { # SYSTEM NETWORK COMMAND...: as the packages' user, in an own folder of it
  local system=$1 net=$2
  shift 2
  ip netns exec "$net" chroot --userspec=fedasio:fedasio "$work/$system" sh -c 'cd /srv/fedasio && exec "$@"' at "$@"
}
for name in master site; do
  chroot "$work/$name" install -d -o fedasio -g fedasio /srv/fedasio
done

at master "$master_net" fedasio pki init pki
at master "$master_net" fedasio pki issue pki master 10.77.0.1
at master "$master_net" fedasio pki issue pki worker biscoe
at master "$master_net" fedasio pki issue pki worker dream
cp -a "$work/master/srv/fedasio/pki/kits/dream" "$work/site/srv/fedasio/"
plans=/usr/share/fedasio/plans
at master "$master_net" fedasio-master --plan $plans/penguins.json --listen 10.77.0.1:7700 --tls pki/kits/10.77.0.1 \
  --dashboard 10.77.0.1:8080 --autostart --exit-when-done --report report.json >"$work/master.out" &
processes+=($!)
at master "$master_net" fedasio-worker --connect 10.77.0.1:7700 --tls pki/kits/biscoe --data $plans/penguins/biscoe.csv &
processes+=($!)
at site "$site_net" fedasio-worker --connect 10.77.0.1:7700 --tls dream --data $plans/penguins/dream-torgersen.csv &
processes+=($!)
for process in "${processes[@]}"; do
  wait "$process" || fail "a program ended with $?"
done
processes=()
grep -q '"outcome":"rounds_done"' "$work/master/srv/fedasio/report.json" || fail "the training did not end as it should"

# The master's state and its owner stay, the site had none.
chroot "$work/master" install -d -o fedasio /var/lib/fedasio/kept
for name in master site; do
  system=$work/$name
  rm -rf "$system/srv/fedasio"
  chroot "$system" env DEBIAN_FRONTEND=noninteractive apt-get purge -q -y fedasio
done
[ -d "$work/master/var/lib/fedasio/kept" ] || fail "the state is gone"
chroot "$work/master" getent passwd fedasio >/dev/null || fail "nobody owns the state"
files_of "$work/site" | diff "$work/site.before" - | grep '^[<>]' | grep -vE '^> /etc/(passwd|group|shadow|gshadow)-$' >"$work/left" || true
if [ -s "$work/left" ]; then fail "left behind: $(cat "$work/left")"; fi
diff "$work/site.passwd" "$work/site/etc/passwd" || fail "the user is still there"
echo "The packages install, work on two machines, and go."
