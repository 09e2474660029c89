# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts of this project share. Sourced, after `set -euo pipefail`; defines functions only.

# Errors are one line on standard error: who says it, what was wrong, what was expected.
die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

say() { printf '%s\n' "$*"; }

project_root() { cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd; }

# The path of unix:///PATH; nothing for an endpoint of another kind.
socket_of() {
  [[ $1 == unix:///* ]] && printf '%s\n' "${1#unix://}"
}

# engine_call SOCKET METHOD PATH [curl's arguments]: one request of the Docker Engine API. Prints the
# body; fails, with the engine's message, where the status is not 2xx.
engine_call() {
  local socket=$1 method=$2 path=$3
  shift 3
  curl --silent --show-error --fail-with-body --unix-socket "$socket" -X "$method" "$@" \
    "http://engine$path"
}

engine_answers() { engine_call "$1" GET /_ping --max-time 5 >/dev/null 2>&1; }

# A root file system on standard output, as a tar: a static busybox and links to it.
busybox_tree() (
  busybox=$(command -v busybox) || die 'no busybox: install busybox-static'
  tree=$(mktemp -d)
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree"/{bin,dev,etc,proc,sys,tmp}
  cp "$busybox" "$tree/bin/busybox"
  "$busybox" --list | while read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$tree/bin/$applet"
  done
  tar -C "$tree" --owner=0 --group=0 --numeric-owner -c .
)

# engine_import SOCKET NAME CMD: makes the image NAME (repository[:tag], "latest" where no tag is
# given) from busybox_tree. CMD is its command, a JSON list; empty: it has none.
engine_import() {
  local socket=$1 repository=$2 tag=latest command=$3 answer
  if [[ ${2##*/} == *:* ]]; then
    repository=${2%:*} tag=${2##*:}
  fi
  answer=$(busybox_tree | engine_call "$socket" POST /images/create -T - \
    --url-query fromSrc=- --url-query "repo=$repository" --url-query "tag=$tag" \
    ${command:+--url-query "changes=CMD $command"} \
    -H 'Content-Type: application/x-tar') || die "cannot import $2: $answer"
  # What fails after the first byte is told inside a stream that began with 200.
  [[ $answer != *'"error"'* ]] || die "cannot import $2: $answer"
}
