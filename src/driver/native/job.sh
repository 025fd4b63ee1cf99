# Jobs that no connection owns: a transient systemd unit, or where there is no systemd a process that ignores the end of
# its connection. A job runs its text, leaves the exit code in `rc`, and when it has a second text waits for the word to go
# on with it, five minutes at most. What it prints is in `log`. All of it stays in $base/JOB until it is cleared, so that a
# job can be started and followed by scripts that are sent again and again. Nobody polls: who waits reads from a FIFO.
base=/run/fleet
[ -d /run ] || base=/var/run/fleet

# A FIFO is opened for reading and writing: that never waits for the other side, which may be dead.
# shellcheck disable=SC2016
job_runner='
  umask 022
  exec >>"$1/log" 2>&1 </dev/null
  [ ! -s "$1/commit" ] || mkfifo "$1/go"
  echo $$ >"$1/pid"
  ended() {
    echo "$2" >"$1/$3.new"
    mv "$1/$3.new" "$1/$3"
    for wake in "$1"/wake.*; do [ ! -p "$wake" ] || echo 1<>"$wake"; done
  }
  (. "$1/text")
  code=$?
  [ ! -p "$1/go" ] || exec 5<>"$1/go"
  ended "$1" "$code" rc
  [ -s "$1/commit" ] || exit 0
  (
    sleep 300 &
    sleep=$!
    trap "kill $sleep" TERM
    wait "$sleep" && echo late >&5
  ) &
  timer=$!
  read -r word <&5
  { kill "$timer"; wait "$timer"; } 2>/dev/null
  exec 5<&-
  [ "$word" = go ] || exit 0
  (. "$1/commit")
  ended "$1" $? rc.commit
'

# job_start JOB TEXT COMMIT: runs them by a shell, unless the job is there already.
job_start() {
  job=$base/$1
  [ ! -d "$job" ] || return 0
  [ -d "$base" ] || mkdir -p -m 700 "$base" || return 1
  [ ! -e "$job.new" ] || rm -rf "$job.new"
  mkdir "$job.new" && : >"$job.new/log" && printf '%s\n' "$2" >"$job.new/text" && printf '%s' "$3" >"$job.new/commit" &&
    mv "$job.new" "$job" || return 1
  unit=$1
  set -- /bin/sh -c "$job_runner" fleet "$job"
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then
    if ! systemd-run --unit="$unit" --collect --no-ask-password --quiet --no-block --service-type=exec -E "PATH=$PATH" \
      -E HOME=/root ${LOCALE_ARCHIVE:+-E "LOCALE_ARCHIVE=$LOCALE_ARCHIVE"} -- "$@" >&2; then
      rm -rf "$job"
      return 1
    fi
    say way unit
  else
    nohup "$@" >/dev/null 2>&1 </dev/null &
    say way process
  fi
}

# job_follow JOB CODE SKIP: prints the log from the line after SKIP on, until the file CODE has an exit code or the job has
# ended without. Sets rc.
job_follow() {
  job=$base/$1 rc=''
  exec 3<"$job/log" || return 1
  mkfifo "$job/wake.$$" && exec 4<>"$job/wake.$$" || return 1
  # Wakes up to pass on what was printed, and to see whether the job is alive.
  (
    ticks=0
    while ticks=$((ticks + 1)); do
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
    if [ -e "$job/$2" ]; then
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
  [ ! -e "$job/$2" ] || read -r rc <"$job/$2"
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
  if [ -d "$base/$1" ]; then
    systemctl stop "$1" >/dev/null 2>&1 || { read -r pid <"$base/$1/pid" && kill "$pid"; }
    rm -rf "${base:?}/$1"
  fi
}
