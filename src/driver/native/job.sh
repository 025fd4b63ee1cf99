# Jobs that no connection owns: a transient systemd unit, or where there is no systemd a process that ignores the end of
# its connection. A job runs its text, leaves the exit code in `rc`, and where it has a second text waits for a word:
# `go` (on with it), `leave` (end without) or `back`. When no word comes within $window seconds it goes back by its text `back`, if it
# has one. What it prints is in `log`. All of it stays in $base/JOB until it is cleared, so that a job can be started and
# followed by scripts that are sent again and again. Nobody polls: who waits reads from a FIFO. While it lives it touches
# the lock, which it lets go at its end. A program that it runs by `limited` is ended after $limit seconds, where the host has
# the means (coreutils and busybox have; macOS has not): a boot loader that hangs must not keep the lock for ever.

# What limits a program, and what ends a process with its descendants: where there are no cgroups, nothing else does.
# Without --foreground, coreutils put it into a process group of its own, out of reach of whoever ends the job by its group.
# shellcheck disable=SC2016
job_bounds='
  limited() {
    bounded=""
    if timeout --foreground 1 true; then
      bounded="timeout --foreground -k 10 $limit"
    elif timeout 1 true; then
      bounded="timeout $limit"
    fi 2>/dev/null
    $bounded "$@"
  }
  descendants() {
    for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
      echo "$child"
      descendants "$child"
    done
  }
  # process_end UNIT PID
  process_end() {
    left=$(descendants "$2")
    systemctl stop "$1" >/dev/null 2>&1 || kill "$2" 2>/dev/null
    # A unit has taken them with it.
    [ -n "$left" ] && kill $left 2>/dev/null || return 0
    sleep 0.3 2>/dev/null || sleep 1
    kill -9 $left 2>/dev/null || :
  }
'
eval "$job_bounds"

# A FIFO is opened for reading and writing: that never waits for the other side, which may be dead.
# shellcheck disable=SC2016
job_runner='
  umask 022
  job=$1 lock=$2 window=$3 limit=$4
  exec >>"$job/log" 2>&1 </dev/null
  mkfifo "$job/go"
  exec 5<>"$job/go"
  echo $$ >"$job/pid"
  . "$job/bounds"
  # A file that is not empty is whole: it gets one short write.
  ended() {
    echo "$1" >"$job/$2"
    for wake in "$job"/wake.*; do [ ! -p "$wake" ] || echo 1<>"$wake"; done
  }
  step=$((window / 4 + 1)) waited=0
  [ "$step" -lt 15 ] || step=15
  (
    trap "kill \$sleep 2>/dev/null; exit" TERM
    while kill -0 $$ 2>/dev/null; do
      sleep "$step" &
      sleep=$!
      wait "$sleep"
      [ ! -e "$lock" ] || touch "$lock"
      [ ! -s "$job/rc" ] || waited=$((waited + step))
      [ "$waited" -lt "$window" ] || { echo late >&5; break; }
    done
  ) &
  clock=$!
  # Nothing is left when the last code is there.
  last() {
    { kill "$clock"; wait "$clock"; } 2>/dev/null
    if [ -e "$lock" ]; then
      while read -r key value; do
        [ "$key $value" != "job ${job##*/}" ] || rm -f "$lock"
      done <"$lock"
    fi
    ended "$1" "$2"
  }
  (. "$job/text") 5>&-
  code=$?
  if [ ! -s "$job/commit" ] && [ ! -s "$job/back" ]; then
    last "$code" rc
    exit 0
  fi
  ended "$code" rc
  read -r word <&5
  case $word in
    go)
      # Proven: from here on nothing brings the old system back.
      . "$job/disarm"
      (. "$job/commit") 5>&-
      last $? rc.commit ;;
    late | back)
      [ ! -s "$job/back" ] || . "$job/back"
      . "$job/disarm"
      last 0 left ;;
    *)
      . "$job/disarm"
      last 0 left ;;
  esac
'

# What is made is for everybody to read but the jobs themselves.
umask 022

base_make() {
  [ -d "$base" ] || mkdir -p "$base"
}

has_units() {
  [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1
}

# unit_start NAME OPTION... -- CMD...: a transient unit with the environment of a login of root. No word of it may hold a
# newline, `$` or `%`: systemd writes a transient unit as a file and reads it again at each reload, which every activation
# asks for; it expands the others (systemd.service(5), "COMMAND LINES").
unit_start() {
  unit=$1
  shift
  systemd-run --unit="$unit" --description="$unit" --collect --no-ask-password --quiet -E "PATH=$PATH" -E HOME=/root \
    ${LOCALE_ARCHIVE:+-E "LOCALE_ARCHIVE=$LOCALE_ARCHIVE"} "$@" >&2
}

# job_make JOB TEXT COMMIT: its directory, unless it has been started.
job_make() {
  job=$base/$1
  [ ! -e "$job/started" ] || return 0
  base_make && { [ -d "$job" ] || mkdir -m 700 "$job"; } && : >"$job/log" && : >"$job/back" && : >"$job/disarm" &&
    printf '%s\n' "$2" >"$job/text" && printf '%s' "$3" >"$job/commit" && printf '%s\n' "$job_runner" >"$job/run" &&
    printf '%s\n' "$job_bounds" >"$job/bounds"
}

# job_start JOB WINDOW LIMIT: runs it by a shell, unless that was done before. Says the way.
job_start() {
  job=$base/$1
  [ ! -e "$job/started" ] || return 0
  : >"$job/started"
  unit=$1
  set -- /bin/sh "$job/run" "$job" "$lock" "$2" "$3"
  if has_units; then
    if ! unit_start "$unit" --no-block --service-type=exec -- "$@"; then
      rm -rf "$job"
      return 1
    fi
    way=unit
  else
    nohup "$@" >/dev/null 2>&1 </dev/null &
    way=process
  fi
  echo "way $way" >>"$job/guarded"
  say way "$way"
}

# job_follow JOB CODE SKIP: prints the log from the line after SKIP on, until the file CODE has an exit code or the job has
# ended without. Sets rc.
job_follow() {
  job=$base/$1 rc=''
  exec 3<"$job/log" || return 1
  mkfifo "$job/wake.$$" && exec 4<>"$job/wake.$$" || return 1
  # Wakes up to pass on what was printed, and to see whether the job is alive; ends with the one that it wakes.
  (
    ticks=0
    while ticks=$((ticks + 1)) && kill -0 $$ 2>/dev/null; do
      if [ "$ticks" -lt 10 ]; then sleep 0.3 || sleep 1; else sleep 1; fi
      echo
    done
  ) >&4 2>/dev/null </dev/null 3<&- &
  ticker=$!
  skip=$3
  while [ "$skip" -gt 0 ] && IFS= read -r line <&3; do skip=$((skip - 1)); done
  part='' looks=0
  while :; do
    end=''
    if [ -s "$job/$2" ]; then
      end=1
    elif [ -s "$job/pid" ]; then
      read -r pid <"$job/pid"
      kill -0 "$pid" 2>/dev/null || end=1
    elif [ "$looks" -gt 15 ]; then
      end=1
    fi
    while IFS= read -r line <&3; do
      printf '%s\n' "$part$line"
      part=''
    done
    part=$part$line
    [ -z "$end" ] || break
    looks=$((looks + 1))
    read -r _ <&4 || sleep 1
  done
  [ -z "$part" ] || printf '%s\n' "$part"
  # It may have come between the two looks.
  [ ! -s "$job/$2" ] || read -r rc <"$job/$2"
  { kill "$ticker"; wait "$ticker"; } 2>/dev/null
  exec 3<&- 4<&-
  rm -f "$job/wake.$$"
}

# job_tell JOB WORD: lets a job that waits go on, or not.
job_tell() {
  [ ! -p "$base/$1/go" ] || echo "$2" 1<>"$base/$1/go"
}

# job_stop JOB: ends it, whatever it is doing, and clears it.
job_stop() {
  [ -d "$base/$1" ] || return 0
  (job=$base/$1 && . "$job/disarm")
  pid=''
  [ ! -s "$base/$1/pid" ] || read -r pid <"$base/$1/pid"
  process_end "$1" "$pid"
  lock_free "$1"
  rm -rf "${base:?}/$1"
}
