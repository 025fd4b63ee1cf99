# Jobs that no connection owns: a transient systemd unit, or where there is no systemd a process that ignores the end
# of its connection. Exit code and log stay in $job until it is cleared. Started and followed as often as needed: a
# script that is sent again starts nothing twice.
base=/run/fleet
[ -d /run ] || base=/var/run/fleet

# job_start JOB TEXT: runs TEXT by a shell, unless the job is there already.
job_start() {
  job=$base/$1
  mkdir -p -m 700 "$base" || return 1
  [ ! -d "$job" ] || return 0
  rm -rf "$job.new"
  mkdir "$job.new" && : >"$job.new/log" && printf '%s\n' "$2" >"$job.new/text" && mv "$job.new" "$job" || return 1
  unit=$1
  # shellcheck disable=SC2016
  set -- /bin/sh -c 'umask 022; exec >>"$1/log" 2>&1 </dev/null; echo $$ >"$1/pid"; (. "$1/text"); echo $? >"$1/rc.new"; mv "$1/rc.new" "$1/rc"' fleet "$job"
  if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then
    if ! systemd-run --unit="$unit" --collect --no-ask-password --quiet --service-type=exec -E "PATH=$PATH" -E HOME=/root \
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

# job_follow SKIP: prints the log from the line after SKIP on, until the job ends.
job_follow() {
  exec 3<"$job/log" || return 1
  skip=$1
  while [ "$skip" -gt 0 ] && IFS= read -r line <&3; do skip=$((skip - 1)); done
  part='' looks=0 rc=''
  while :; do
    end=
    if [ -e "$job/rc" ]; then
      end=1
    elif [ -s "$job/pid" ]; then
      read -r pid <"$job/pid"
      # Its exit code may have come in between.
      kill -0 "$pid" 2>/dev/null || end=1
    elif [ "$looks" -gt 150 ]; then
      end=1
    fi
    while IFS= read -r line <&3; do
      printf '%s\n' "$part$line"
      part=
    done
    part=$part$line
    [ -z "$end" ] || break
    looks=$((looks + 1))
    if [ "$looks" -lt 100 ]; then sleep 0.02 2>/dev/null || sleep 1; else sleep 0.2 2>/dev/null || sleep 1; fi
  done
  [ -z "$part" ] || printf '%s\n' "$part"
  if [ -e "$job/rc" ]; then
    read -r rc <"$job/rc"
    say rc "$rc"
  else
    say gone 1
  fi
}

# job_stop JOB: ends it, whatever it is doing.
job_stop() {
  job=$base/$1
  [ -e "$job/rc" ] || [ ! -d "$job" ] || {
    systemctl stop "$1" >/dev/null 2>&1 || {
      read -r pid <"$job/pid" && kill "$pid"
    }
  }
}
