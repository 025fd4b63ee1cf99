# Brings the old system back when nobody proves the new one: the job itself does it when no word comes after its text, and a
# timer does when the job hangs or is dead. Neither needs the deployer. Where there are no transient units the timer is a
# process that sleeps.

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
    limited "$old/bin/switch-to-configuration" test </dev/null
    code=$?
    [ "$(readlink -f /run/current-system)" != "$old" ] && [ "$code" != 124 ] || break
    sleep "$again"
  done
  printf "%s\n" "job ${job##*/}" "from $new" "to $old" "code $code" "at $(date +%s)" >"$base/returned.new"
  mv "$base/returned.new" "$base/returned"
'
# The timer's part: it ends the job first, and clears what the job would have cleared. Whatever began it before it is DUE
# (no systemd, or one whose timers do not wait) must not undo a healthy activation: it waits for the rest itself.
# shellcheck disable=SC2016
watchdog_timer='
  umask 022
  job=$1 lock=$2 due=$3 limit=$4
  . "$job/bounds"
  [ -d "$job" ] || exit 0
  if read -r now _ 2>/dev/null </proc/uptime; then now=${now%.*}; else now=$(date +%s); fi
  if [ "$((due - now))" -gt 1 ]; then
    trap "kill \$sleep 2>/dev/null; exit" TERM
    echo $$ >"$job/watchdog"
    sleep "$((due - now))" &
    sleep=$!
    wait "$sleep"
    trap - TERM
  fi
  [ -s "$job/old" ] || exit 0
  rm -f "$job/watchdog"
  pid=""
  [ ! -s "$job/pid" ] || read -r pid <"$job/pid"
  process_end "${job##*/}" "$pid"
  exec >>"$job/log" 2>&1
  . "$job/back"
  [ ! -e "$lock" ] || ! grep -q "^job ${job##*/}\$" "$lock" || rm -f "$lock"
'

# watchdog_arm JOB OLD NEW SECONDS LIMIT: so long may the job take, with its proof, and so long the way back. Says how the host
# is watched.
watchdog_arm() {
  job=$base/$1 due=''
  [ ! -e "$job/old" ] || return 0
  printf '%s\n' "$3" >"$job/new"
  printf '%s\n' "$watchdog_back" >"$job/back"
  printf '%s\n' "$watchdog_timer" >"$job/watch"
  # Seconds since the boot: no clock that is set moves them.
  if read -r due _ 2>/dev/null </proc/uptime; then due=$((${due%.*} + $4)); else due=$(($(date +%s) + $4)); fi
  unit=fleet-watchdog-${1#fleet-switch-}
  {
    ! has_units || printf 'systemctl stop %s.timer >/dev/null 2>&1\n' "$unit"
    printf '%s\n' '[ ! -s "$job/watchdog" ] || { read -r watchdog <"$job/watchdog" && kill "$watchdog"; } 2>/dev/null'
  } >"$job/disarm"
  set -- "$2" "$4" /bin/sh "$job/watch" "$job" "$lock" "$due" "$5"
  old=$1 seconds=$2
  shift 2
  if has_units; then
    unit_start "$unit" --on-active="${seconds}s" --timer-property=AccuracySec=1s -- "$@" || return 1
    watched=timer
  else
    nohup "$@" >/dev/null 2>&1 </dev/null &
    watched=process
  fi
  echo "watchdog $watched" >"$job/guarded"
  say watchdog "$watched"
  printf '%s\n' "$old" >"$job/old"
}

# went_back JOB: whether it brought the old system back; waits while it does.
went_back() {
  while [ -e "$base/$1/returning" ] && ! names_job "$base/returned" "$1"; do sleep 0.3 || sleep 1; done
  names_job "$base/returned" "$1"
}
