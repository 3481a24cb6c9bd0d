#!/bin/bash
# Prints the directory of filled databases that up.sh starts from (RM_SEED); makes it first when there is none.
#   seed.sh CACHE        RM_NODES, RM_NODES2 as for up.sh; one seed for each size
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
cache=$1; size=${RM_NODES:-3}-${RM_NODES2:-1}
key=$( (cd "$here" && find . -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0 sha256sum
  dpkg-query -W python3-keystone python3-magnum) | sha256sum | cut -c1-16)
target=$cache/openstack/$key-$size
if [ ! -d "$target" ]; then
  mkdir -p "$cache/openstack"
  exec 9>"$target.lock"; flock 9
  if [ ! -d "$target" ]; then
    work=$(mktemp -d)
    export RM_VAR=$work/var
    base=$((20000 + RANDOM % 9000)) # below the ports that the kernel gives to clients
    export RM_KEYSTONE_PORT=$base RM_MAGNUM_PORT=$((base + 1)) RM_STUB_PORT=$((base + 2))
    unset RM_SEED
    trap '"$here/down.sh" >&2 9>&-; rm -rf "$work"' EXIT
    # 9>&-: a server must not inherit the lock
    "$here/up.sh" >&2 9>&-
    "$here/down.sh" >&2 9>&-
    mkdir -p "$work/seed/state"
    cd "$RM_VAR/state"
    cp -a keystone.* magnum.* fernet receipts credkeys appcred.json driver.json "$work/seed/state/"
    [ ! -d certificates ] || cp -a certificates "$work/seed/state/"
    cp -a "$RM_VAR/nodes.json" "$RM_VAR/creds.env" "$work/seed/"
    cd "$here"
    /usr/bin/python3 bin/settle.py pack "$work/seed"
    cp -a "$work/seed" "$target.new.$$" && mv "$target.new.$$" "$target"
  fi
fi
printf '%s\n' "$target"
