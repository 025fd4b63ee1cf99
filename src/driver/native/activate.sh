# Activates OUT by the job JOB, which runs TEXT and later COMMIT, and follows it through TEXT. SKIP lines of its log are
# known already. UNITS had failed a moment ago, if that is KNOWN. OWNER and RUN take the lock. OLD is what ran when the host
# was probed; where it is to be WATCHED, OLD comes back unless OUT is proven within WINDOW seconds after TEXT, and LIMIT
# seconds from now on. No program of TEXT or COMMIT runs longer than LONGEST seconds.
refuse() {
  lock_free "$JOB"
  say refused "$1"
  say end 1
  exit 0
}

if [ ! -e "$base/$JOB/started" ]; then
  base_make || refuse "$base cannot be written"
  # Until the job has the lock, this script has it: its words may reach nobody, but it must not end for that.
  trap '' PIPE HUP
  if ! lock_take "$OWNER" "$RUN" "$JOB"; then
    say_lock
    say locked 1
    say end 1
    exit 0
  fi
  [ -e "$OUT/$PROGRAM" ] || refuse "$OUT holds no $PROGRAM: it is not a whole system"
  [ "$SETS_PROFILE" = 0 ] || [ -w /nix/var/nix/profiles ] || refuse "/nix/var/nix/profiles cannot be written"
  [ "$SETS_PROFILE" = 0 ] || boot_fits "$OUT" ||
    refuse "/boot has $boot_free MiB free, and the kernel and initrd of the new system take $boot_needs MiB: remove old generations there"
  current=$(readlink -f /run/current-system 2>/dev/null)
  # A link that is not there is its own name.
  case $current in /nix/store/*) ;; *) current='' ;; esac
  [ "${OLD-$current}" = "$current" ] ||
    refuse "it runs ${current:-nothing} now, and ran ${OLD:-nothing} when it was probed: somebody else has changed it since"
  # What earlier runs left that never came back.
  for left in "$base"/fleet-switch-*; do
    if [ -s "$left/pid" ] && [ "$left" != "$base/$JOB" ]; then
      read -r pid <"$left/pid"
      kill -0 "$pid" 2>/dev/null || job_stop "${left##*/}"
    fi
  done
  # What had failed before. When this system runs already, because an earlier run ended before its proof, what failed
  # then is still what had failed before it.
  about=''
  [ ! -s "$base/baseline" ] || read -r about <"$base/baseline"
  if [ "$about" != "$OUT" ] || [ "$current" != "$OUT" ]; then
    [ "$KNOWN" = 1 ] || UNITS=$(failed_units)
    printf '%s\n' "$OUT" "$UNITS" >"$base/baseline.new" && mv "$base/baseline.new" "$base/baseline"
  fi
  # One that is not whole any more cannot come back.
  [ "$WATCHED" != 1 ] || [ -x "$OLD/$PROGRAM" ] || WATCHED=gone
  job_make "$JOB" "$TEXT" "$COMMIT" || refuse "$base cannot be written"
  if [ "$WATCHED" = 1 ]; then
    watchdog_arm "$JOB" "$OLD" "$OUT" "$LIMIT" "$LONGEST" || { job_stop "$JOB"; refuse "the watchdog could not be armed"; }
  elif [ "$WATCHED" = gone ]; then
    echo "watchdog gone" >"$base/$JOB/guarded"
    say watchdog gone
  fi
  job_start "$JOB" "$WINDOW" "$LONGEST" || refuse "the activation could not be started"
  trap - PIPE HUP
elif [ -e "$base/$JOB/guarded" ]; then
  while read -r key value; do say "$key" "$value"; done <"$base/$JOB/guarded"
fi
job_follow "$JOB" rc "$SKIP"
say rc "$rc"
say end 1
