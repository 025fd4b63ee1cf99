# Who changes this host: the file $lock, lines of `key value`. The job that does it touches the file while it lives; one that
# was touched longer ago than a minute, or is from before the last boot, counts for nothing. All times are this host's own.
lock=$base/lock

# Sets boot.
boot_id() {
  if [ -r /proc/sys/kernel/random/boot_id ]; then
    read -r boot </proc/sys/kernel/random/boot_id
  else
    boot=$(sysctl -n kern.bootsessionuuid 2>/dev/null)
  fi
}

# lock_read: sets lock_owner, lock_run, lock_job, lock_held (seconds since it was taken), lock_silent (since it was touched)
# and lock_stale (why it counts for nothing: `boot`, `silent`, or empty). Fails when there is no lock.
lock_read() {
  lock_owner='' lock_run='' lock_job='' lock_held='' lock_silent='' lock_stale='' lock_boot=''
  [ -e "$lock" ] || return 1
  touched=$(stat -c %Y "$lock" 2>/dev/null || stat -f %m "$lock" 2>/dev/null) || return 1
  now=$(date +%s)
  since=$now
  while read -r key value; do
    case $key in
      owner) lock_owner=$value ;;
      run) lock_run=$value ;;
      job) lock_job=$value ;;
      since) since=$value ;;
      boot) lock_boot=$value ;;
    esac
  done <"$lock" 2>/dev/null || return 1
  lock_held=$((now - since)) lock_silent=$((now - touched))
  # A clock that was set back says nothing.
  boot_id
  if [ "$lock_boot" != "$boot" ]; then lock_stale=boot; elif [ "$lock_silent" -gt 60 ]; then lock_stale=silent; fi
}

# lock_take OWNER RUN JOB: takes it, or takes it over from the same run. Fails when another run has it; then what lock_read
# sets is about that one.
lock_take() {
  boot_id
  mine=$lock.$$
  printf '%s\n' 'version 1' "owner $1" "run $2" "job $3" "since $(date +%s)" "boot $boot" >"$mine" || return 1
  tries=0
  # A link is made by one only.
  until ln "$mine" "$lock" 2>/dev/null; do
    tries=$((tries + 1))
    # Only one takes a stale lock away, and looks again when nobody else can.
    if [ "$tries" -gt 3 ] || ! mkdir "$lock.stale" 2>/dev/null; then
      lock_read || :
      rm -f "$mine"
      return 1
    fi
    if lock_read && [ -z "$lock_stale" ] && [ "$lock_run" != "$2" ]; then
      rm -rf "$mine" "$lock.stale"
      return 1
    fi
    rm -rf "$lock" "$lock.stale"
  done
  rm -f "$mine"
}

# names_job FILE JOB: whether a file of lines of `key value` is about that job.
names_job() {
  [ -e "$1" ] || return 1
  while read -r key value; do
    [ "$key $value" != "job $2" ] || return 0
  done <"$1"
  return 1
}

# lock_free JOB: lets go, if it is that job's.
lock_free() {
  ! names_job "$lock" "$1" || rm -f "$lock"
}

# say_lock: tells of the lock, if there is one.
say_lock() {
  lock_read || return 0
  say lock_owner "$lock_owner"
  say lock_run "$lock_run"
  say lock_job "$lock_job"
  say lock_held "$lock_held"
  say lock_silent "$lock_silent"
  say lock_stale "$lock_stale"
}
