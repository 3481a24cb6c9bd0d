#!/bin/bash
# Keeps servers alive for as long as this script's stdin is open, so that a test run that dies in whatever way leaves nothing behind.
#   lifetime.sh run COMMAND...      one program; ends with it
#   lifetime.sh between UP DOWN     what two scripts start and stop
# Says "up" on stdout when the program was started or UP has succeeded. All other output goes to stderr.
set -u
exec 3<&0
mode=$1; shift
if [ "$mode" = run ]; then
  "$@" </dev/null >&2 3<&- &
  server=$!
  cat <&3 >/dev/null &
  held=$!
  echo up
  status=0
  wait -n "$server" "$held" || status=$?
  kill "$held" 2>/dev/null
  kill "$server" 2>/dev/null
  for _ in $(seq 100); do kill -0 "$server" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$server" 2>/dev/null
  exit "$status"
fi
up=$1; down=$2; status=0
"$up" </dev/null >&2 3<&- &
starting=$!
cat <&3 >/dev/null &
held=$!
wait -n "$starting" "$held" || status=$?
if ! kill -0 "$held" 2>/dev/null; then
  kill "$starting" 2>/dev/null
  wait "$starting"
elif [ "$status" = 0 ]; then
  echo up
  wait "$held"
else
  kill "$held" 2>/dev/null
fi
"$down" >&2
exit "$status"
