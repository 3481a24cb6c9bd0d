#!/bin/bash
# Installs what the true servers of `npm run test:real` need; quick when all of it is there.
#   test/real/install.sh [packages] [kubernetes] [openstack]      all when none is named
#   SPRINGTIDE_CACHE   where the built Kubernetes and OpenStack's filled databases are kept (default ~/.cache/springtide)
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
cache=${SPRINGTIDE_CACHE:-$home/.cache/springtide}
servers=(prometheus prometheus-alertmanager exim4-daemon-light python3-keystone python3-magnum)
browser=(chromium fonts-wqy-microhei)
tools=(procps openssl curl)
build_tools=(dpkg-dev make jq patch)

say() { printf 'real-install: %-28s %4d s\n' "$1" $((SECONDS - began)); began=$SECONDS; }
die() { printf 'real-install: %s\n' "$*" >&2; exit 1; }
began=$SECONDS

missing_of() {
  local name
  for name in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || printf '%s\n' "$name"
  done
}

# A package's own service must not start: the tests run the servers by hand, on ports of their own.
without_services() {
  local policy=/usr/sbin/policy-rc.d made=no status=0
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made=yes; fi
  "$@" || status=$?
  [ "$made" = no ] || rm -f "$policy"
  return "$status"
}

install_packages() {
  local missing log
  mapfile -t missing < <(missing_of "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "these Debian packages are missing, and only root can install them: ${missing[*]}"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update </dev/null >"$log" 2>&1 || { tail -20 "$log" >&2; die 'apt-get update failed'; }
  without_services apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}" \
    </dev/null >>"$log" 2>&1 || { tail -30 "$log" >&2; die "apt-get install failed: ${missing[*]}"; }
  rm -f "$log"
}

# kubectl of the cluster's own age; only unpacked, because another kubectl may be installed already.
fetch_kubectl() {
  local target=$cache/kubectl work
  [ ! -x "$target/kubectl" ] || return 0
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/kubectl.XXXXXX")
  chmod 755 "$work"
  (cd "$work" && { apt-get -q download kubernetes-client || { apt-get -q update && apt-get -q download kubernetes-client; }; }) \
    </dev/null >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; rm -rf "$work"; die 'kubernetes-client could not be fetched'; }
  dpkg -x "$work"/kubernetes-client_*.deb "$work/unpacked"
  mkdir -p "$target"
  mv "$work/unpacked/usr/bin/kubectl" "$target/kubectl"
  rm -rf "$work"
}

kubernetes_is_built() {
  local program
  for program in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    [ -x "$1/$program" ] || return 1
  done
}

build_kubernetes() {
  local key target work log
  key=$(sha256sum "$here/kubernetes/build.sh" | cut -c1-16)
  target=$cache/k8s/$key
  if kubernetes_is_built "$target"; then return 0; fi
  install_packages "${build_tools[@]}"
  mkdir -p "$cache/k8s"
  exec 9>"$cache/k8s/$key.lock"
  flock 9 # two runs at once: the second waits, and then finds the work done
  if kubernetes_is_built "$target"; then return 0; fi
  work=$(mktemp -d "$cache/k8s/$key.work.XXXXXX")
  log=$cache/k8s/$key.log
  trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
  apt-get -q update </dev/null >"$log" 2>&1 || true # build.sh only reads from it which mirror this machine uses
  # Only the programs count: the recipe's last line, which shows their versions, can end with a closed pipe.
  "$here/kubernetes/build.sh" "$work/out" "$work/tree" </dev/null >>"$log" 2>&1 || kubernetes_is_built "$work/out" || {
    tail -30 "$log" >&2
    die "the build of Kubernetes failed; its whole log: $log"
  }
  rm -rf "$target"
  mv "$work/out" "$target"
}

make_seed() {
  local log=$cache/openstack.log
  mkdir -p "$cache"
  "$here/openstack/seed.sh" "$cache" </dev/null >"$log" 2>&1 || {
    tail -30 "$log" >&2
    die "OpenStack could not be started to fill its databases; the whole log: $log"
  }
}

wanted=${*:-packages kubernetes openstack}
for step in $wanted; do
  case $step in
    packages)
      install_packages "${servers[@]}" "${browser[@]}" "${tools[@]}"
      say 'Debian packages'
      ;;
    kubernetes)
      build_kubernetes
      fetch_kubectl
      say 'Kubernetes 1.20'
      ;;
    openstack)
      make_seed
      say 'OpenStack databases'
      ;;
    *) die "unknown step: $step (packages, kubernetes, openstack)" ;;
  esac
done
