#!/bin/sh
# Runs a command for as long as somebody holds the other end of our stdin, and not longer.
#
# The kernel closes that pipe however the holder dies, kill -9 included, so nothing outlives it:
#   stdin ends         -> SIGTERM to the command, SIGKILL after 5 s
#   command ends       -> we end with its status
#   we are killed -9   -> where setpriv exists (Linux), the kernel kills the command
# TETHER_CLEANUP names a directory to remove at the end (a socket's, for one); TETHER_MARK a file that holds
# our pid until then, so that a successor knows to wait.
# The command's stdin is empty; signals sent to this shell are left to the pipe.
trap : HUP INT TERM
# What a store keeps is for this user alone.
umask 077
cleanup=${TETHER_CLEANUP:-}
mark=${TETHER_MARK:-}
unset TETHER_CLEANUP TETHER_MARK
[ -n "$mark" ] && echo $$ >"$mark"
if setpriv --pdeathsig KILL true 2>/dev/null; then
  set -- setpriv --pdeathsig KILL "$@"
fi

exec 3<&0
"$@" </dev/null 3<&- &
command=$!

(
  while read -r _ <&3; do :; done
  kill -TERM "$command" 2>/dev/null
  waited=0
  while kill -0 "$command" 2>/dev/null && [ "$waited" -lt 50 ]; do
    sleep 0.1
    waited=$((waited + 1))
  done
  kill -KILL "$command" 2>/dev/null
) >/dev/null 2>&1 &
watcher=$!
exec 3<&-

status=0
while kill -0 "$command" 2>/dev/null; do
  wait "$command"
  status=$?
done
kill -KILL "$watcher" 2>/dev/null
[ -n "$cleanup" ] && rm -rf "$cleanup"
[ -n "$mark" ] && rm -f "$mark"
exit "$status"
