# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the scripts of this project share. Sourced, after `set -euo pipefail`.

# Errors are one line on standard error: who says it, what was wrong, what was expected.
die() {
  printf '%s: %s\n' "$0" "$1" >&2
  exit "${2:-1}"
}

say() { printf '%s\n' "$*"; }

# on_exit COMMAND: runs it when the script ends, whatever ends it.
on_exit() {
  # shellcheck disable=SC2064 # the command as it is now
  trap "$1" EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM
}

# engine_call ENDPOINT METHOD PATH [curl's arguments]: one request of the Docker Engine API. ENDPOINT is
# unix:///PATH or tcp://HOST:PORT. Prints the body; fails, with the engine's message, where the status
# is not 2xx.
engine_call() {
  local endpoint=$1 method=$2 path=$3 url=http://engine via=()
  shift 3
  case $endpoint in
    unix:///*) via=(--unix-socket "${endpoint#unix://}") ;;
    tcp://*) url=http://${endpoint#tcp://} ;;
    *) say "the endpoint '$endpoint' is neither unix:///PATH nor tcp://HOST:PORT" >&2; return 2 ;;
  esac
  curl --silent --show-error --fail-with-body "${via[@]}" -X "$method" "$@" "$url$path"
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

# engine_import ENDPOINT NAME CMD: makes the image NAME (repository[:tag], "latest" where no tag is
# given) from busybox_tree. CMD is its command, a JSON list; empty: it has none.
engine_import() {
  local endpoint=$1 repository=$2 tag=latest command=$3 answer
  if [[ ${2##*/} == *:* ]]; then
    repository=${2%:*} tag=${2##*:}
  fi
  answer=$(busybox_tree | engine_call "$endpoint" POST /images/create -T - \
    --url-query fromSrc=- --url-query "repo=$repository" --url-query "tag=$tag" \
    ${command:+--url-query "changes=CMD $command"} \
    -H 'Content-Type: application/x-tar') || die "cannot import $2: $answer"
  # What fails after the first byte is told inside a stream that began with 200.
  [[ $answer != *'"error"'* ]] || die "cannot import $2: $answer"
}

# run_step LOG WHAT COMMAND...: runs the command with its output in LOG; one line says WHAT and how long
# it took. Where it fails, the end of LOG is shown.
run_step() {
  local log=$1 what=$2 begin=$SECONDS status=0
  shift 2
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status)); then
    tail -n 60 "$log" >&2
    printf '%s failed (status %s); the end of %s is above\n' "$what" "$status" "$log" >&2
    return "$status"
  fi
  say "$what: $((SECONDS - begin)) s"
}

# build_preset ROOT PRESET [cmake's build arguments]: installs what is missing, configures and builds.
build_preset() {
  local root=$1 preset=$2
  shift 2
  "$root/packaging/install-deps"
  mkdir -p "$root/build"
  cd "$root" || return
  run_step "build/$preset-configure.log" "configuring $preset" cmake --preset "$preset"
  run_step "build/$preset-build.log" "building $preset" cmake --build --preset "$preset" "$@"
}

# The project's version, as CMakeLists.txt of ROOT says.
project_version() { sed -nE 's/^project\(mdocker VERSION ([0-9.]+).*/\1/p' "$1/CMakeLists.txt"; }

# copy_tree ROOT TO: the tree less what is built, to the new folder TO. Of a checkout, what git knows or
# would take.
copy_tree() {
  local root=$1 to=$2
  mkdir -p "$to"
  if [[ -e $root/.git ]]; then
    git -C "$root" ls-files -z --cached --others --exclude-standard |
      tar -C "$root" --null --files-from=- --ignore-failed-read -c
  else
    tar -C "$root" --exclude=./build -c .
  fi | tar -C "$to" -x
}

# A port of 127.0.0.1 where nobody listens now.
free_port() {
  local free
  while free=$((RANDOM % 10000 + 20000)); (: <"/dev/tcp/127.0.0.1/$free") 2>/dev/null; do :; done
  printf '%s\n' "$free"
}

# The pid and the port of the mock host, where one runs.
host='' port=''

# start_host BUILD ENDPOINT LOG [NAME=VALUE...]: mistify-mock-host with mdocker.so, both from the build
# folder, on the port that is in $port already, else on a free one. Sets host and port. Without variables
# for its environment it plugs no NICs.
# shellcheck disable=SC2034 # they are for the caller
start_host() {
  local build=$1 endpoint=$2 log=$3 ready
  shift 3
  (($#)) || set -- MISTIFY_NETWORK_DRIVER=none
  # It writes the port to descriptor 3 once it listens, and closes that when it cannot.
  exec {ready}< <(exec env "$@" "$build/mock-host/mistify-mock-host" \
    serve --plugin "$build/plugin/mdocker.so" --endpoint "$endpoint" --listen "127.0.0.1:${port:-0}" \
    --ready-fd 3 3>&1 >"$log" 2>&1)
  host=$!
  if ! read -r -t 30 port <&"$ready"; then
    tail -n 20 "$log" >&2
    die 'the host did not start; what it said is above'
  fi
  exec {ready}<&-
}

# Ends the host, where one runs, and waits; its exit status.
end_host() {
  local pid=$host
  host=''
  [[ -n $pid ]] || return 0
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid"
}
