# Brings the old system back when nobody proves the new one: the job itself does it when no word comes after its text, and a
# timer does when the job hangs or is dead. Neither needs the deployer. Where there are no transient units there is no timer.

# What both run. $job is the job's directory.
# shellcheck disable=SC2016
watchdog_back='
  base=${job%/*}
  : >"$job/returning"
  read -r old <"$job/old"
  read -r new <"$job/new"
  echo "fleet: nobody has proven $new here: going back to $old"
  # Something else may hold the lock of activations for a while.
  for again in 1 2 3 4 5; do
    "$old/bin/switch-to-configuration" test </dev/null
    code=$?
    [ "$(readlink -f /run/current-system)" != "$old" ] || break
    sleep "$again"
  done
  printf "%s\n" "job ${job##*/}" "from $new" "to $old" "code $code" "at $(date +%s)" >"$base/returned.new"
  mv "$base/returned.new" "$base/returned"
'
# The timer's part: it ends the job first, and clears what the job would have cleared.
# shellcheck disable=SC2016
watchdog_timer='
  umask 022
  job=$1 lock=$2
  [ -d "$job" ] || exit 0
  systemctl stop "${job##*/}"
  exec >>"$job/log" 2>&1
  . "$job/back"
  ! grep -q "^job ${job##*/}\$" "$lock" || rm -f "$lock"
'

# watchdog_arm JOB OLD NEW SECONDS: so long may the job take, with its proof. Says how the host is watched.
watchdog_arm() {
  job=$base/$1
  [ ! -e "$job/old" ] || return 0
  printf '%s\n' "$3" >"$job/new"
  printf '%s\n' "$watchdog_back" >"$job/back"
  if has_units; then
    unit=fleet-watchdog-${1#fleet-switch-}
    printf 'systemctl stop %s.timer\n' "$unit" >"$job/disarm"
    unit_start "$unit" --on-active="${4}s" --timer-property=AccuracySec=1s -- \
      /bin/sh -c "$watchdog_timer" fleet "$job" "$lock" || return 1
    say watchdog timer
  else
    say watchdog job
  fi
  printf '%s\n' "$2" >"$job/old"
}

# went_back JOB: whether it brought the old system back; waits while it does.
went_back() {
  while [ -e "$base/$1/returning" ] && ! grep -q "^job $1\$" "$base/returned" 2>/dev/null; do sleep 0.3 || sleep 1; done
  grep -q "^job $1\$" "$base/returned" 2>/dev/null
}

# say_returned: the last time that this host went back by itself, since it has booted.
say_returned() {
  [ -f "$base/returned" ] || return 0
  while read -r key value; do say "returned_$key" "$value"; done <"$base/returned"
}
