# Jobs that no connection owns: a transient systemd unit, or where there is no systemd a process that ignores the end of
# its connection. A job runs its text, leaves the exit code in `rc`, and when it has a second text waits to be told to go
# on with it: by the file `go`; when nobody does within five minutes, or $base/JOB is gone, it ends. What it prints is in
# `log`. All of it stays in $base/JOB until it is cleared, so that it can be started and followed by scripts that are sent
# again and again.
base=/run/fleet
[ -d /run ] || base=/var/run/fleet

# shellcheck disable=SC2016
job_runner='
  umask 022
  exec >>"$1/log" 2>&1 </dev/null
  echo $$ >"$1/pid"
  (. "$1/text")
  echo $? >"$1/rc.new"
  mv "$1/rc.new" "$1/rc"
  [ -s "$1/commit" ] || exit 0
  looks=0
  until [ -e "$1/go" ]; do
    if [ ! -d "$1" ] || [ "$looks" -gt 700 ]; then exit 0; fi
    looks=$((looks + 1))
    if [ "$looks" = 1 ]; then sleep 0.15; elif [ "$looks" -lt 30 ]; then sleep 0.05; else sleep 0.5; fi || sleep 1
  done 2>/dev/null
  (. "$1/commit")
  echo $? >"$1/rc.commit.new"
  mv "$1/rc.commit.new" "$1/rc.commit"
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
    if ! systemd-run --unit="$unit" --collect --no-ask-password --quiet --no-block --service-type=exec -E "PATH=$PATH" -E HOME=/root \
      ${LOCALE_ARCHIVE:+-E "LOCALE_ARCHIVE=$LOCALE_ARCHIVE"} -- "$@" >&2; then
      rm -rf "$job"
      return 1
    fi
    say way unit
  else
    nohup "$@" >/dev/null 2>&1 </dev/null &
    say way process
  fi
}

# job_follow JOB CODE SKIP PAUSE: prints the log from the line after SKIP on, until the file CODE has an exit code or the
# job has ended without. It takes PAUSE seconds or longer. Sets rc.
job_follow() {
  job=$base/$1 rc=''
  exec 3<"$job/log" || return 1
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
    elif [ "$looks" -gt 60 ]; then
      end=1
    fi
    while IFS= read -r line <&3; do
      printf '%s\n' "$part$line"
      part=''
    done
    part=$part$line
    [ -z "$end" ] || break
    looks=$((looks + 1))
    # Each look is a process; what takes long is looked at less often.
    {
      if [ "$looks" = 1 ]; then sleep "$4"; elif [ "$looks" -lt 10 ]; then sleep 0.04; elif [ "$looks" -lt 30 ]; then
        sleep 0.1; else sleep 0.3; fi || sleep 1
    } 2>/dev/null
  done
  [ -z "$part" ] || printf '%s\n' "$part"
  # It may have come between the two looks.
  [ ! -e "$job/$2" ] || read -r rc <"$job/$2"
  exec 3<&-
}

# job_stop JOB: ends it, whatever it is doing, and clears it.
job_stop() {
  if [ -d "$base/$1" ]; then
    systemctl stop "$1" >/dev/null 2>&1 || { read -r pid <"$base/$1/pid" && kill "$pid"; }
    rm -rf "${base:?}/$1"
  fi
}
