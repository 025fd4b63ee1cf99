# Runs COMMAND for as long as signs of life come in on standard input, lines of anything: where none comes for SILENT seconds, or
# the input ends, the command's own input ends; what is there GRACE seconds later is asked to end, and killed after as long again.
# Nothing else ends with the session: sshd leaves processes without a terminal alone. Says `ready` when READY succeeds, where there
# is one, and `code` when the command has ended. All of it is read before any of it runs, for the rest of the input is not text.

# A session of its own, so that all that the command starts can be named as one.
# shellcheck disable=SC2016
quiesce_lease='
  command=$1 ready=$2 silent=$3 grace=$4 mark=$5
  # Shells say of what was ended by a signal that it was; only the command is to be heard.
  exec 5>&2 2>/dev/null
  over() {
    trap "" TERM
    sleep "$grace"
    kill -TERM 0
    sleep "$grace"
    kill -KILL 0
  }
  [ -z "$ready" ] || (
    until sh -c "$ready" >/dev/null 2>&1; do sleep 0.5 || sleep 1; done
    printf "%sready=1\n" "$mark"
  ) </dev/null 5>&- &
  {
    self=$(exec sh -c "echo \$PPID")
    clock=
    while
      # A new clock for each sign of life.
      (
        sleep "$silent"
        kill -KILL "$self"
        over
      ) >/dev/null </dev/null 5>&- &
      [ -z "$clock" ] || kill "$clock"
      clock=$!
      read -r _
    do :; done
    kill "$clock"
    exec >/dev/null 5>&-
    over
  } | {
    trap : TERM
    sh -c "$command" 2>&5 5>&-
    printf "%scode=%s\n" "$mark" "$?"
    trap "" TERM
    kill -TERM 0
    sleep 0.1 || sleep 1
    kill -KILL 0
  }
'

# The command goes on when nobody hears it any more.
quiesce_relay() {
  trap '' PIPE HUP
  cat 2>/dev/null || cat >/dev/null
}

quiesce_session() {
  if command -v setsid >/dev/null 2>&1; then
    exec setsid "$@"
  else
    exec perl -MPOSIX -e 'POSIX::setsid(); exec @ARGV' "$@"
  fi
}

{
  if command -v setsid >/dev/null 2>&1 || command -v perl >/dev/null 2>&1; then
    {
      {
        quiesce_session sh -c "$quiesce_lease" fleet-quiesce "$COMMAND" "$READY" "$SILENT" "$GRACE" "$MARK" \
          2>&3 3>&- 4>&- | quiesce_relay >&4 3>&- 4>&-
      } 3>&1 2>/dev/null | quiesce_relay >&2 4>&-
    } 4>&1
  else
    say refused "it has neither setsid nor perl"
  fi
  say end 1
  exit 0
}
