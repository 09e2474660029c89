# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of mistify-mock-host in bash.

# What follows a flag that takes something: sets COMPREPLY. Fails where the word before is no such flag.
_mistify_mock_host_value() {
  local flag=$1 word=$2
  case $flag in
    -l | --log-level)
      mapfile -t COMPREPLY < <(compgen -W 'debug info warning error critical fatal' -- "$word") ;;
    -d | --docker-cert-path | --plugin-dir | --images)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    --plugin | --config | --token-file | validate)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    -e | --endpoint)
      mapfile -t COMPREPLY < <(compgen -W 'unix:///var/run/docker.sock tcp://' -- "$word") ;;
    -p | --port | --listen | -i | --image-service | --ready-fd) ;;
    *) return 1 ;;
  esac
}

# The methods of the plugins that are found by default.
_mistify_mock_host_methods() {
  mistify-mock-host methods 2>/dev/null | sed -n 's/^\([A-Za-z0-9_-]*\.[^ ]*\) .*/\1/p'
}

_mistify_mock_host() {
  local word=$2 before=$3 flags='--port --listen --endpoint --docker-cert-path --image-service --images
    --token-file --log-level --plugin --plugin-dir --config --ready-fd --help --version'
  COMPREPLY=()
  if _mistify_mock_host_value "$before" "$word"; then
    return
  fi
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$word")
  elif [[ $before == call ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_mistify_mock_host_methods)" -- "$word")
  elif [[ " ${COMP_WORDS[*]:1:COMP_CWORD-1} " != *' '@(serve|call|methods|validate)' '* ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'serve call methods validate' -- "$word")
  fi
}

complete -F _mistify_mock_host mistify-mock-host
