# Proves over a new connection what came of the job JOB. If it MAY go on, the system that runs is WANTED (or WANTED is
# empty) and no unit has newly failed, the job is told to make it lasting. UNITS had failed when the host was probed.
# SKIP lines of the job's log are known already. Units that are IGNORED count for nothing; where it is UNDECIDED (`always`, or when `units`
# have failed), nothing is done yet. What is not made lasting is told OTHERWISE: `leave` or `back`. Before it looks it waits SETTLE seconds.
[ "$SETTLE" = 0 ] || sleep "$SETTLE"
boot_id
say boot_id "$boot"
say_state
about=''
[ ! -s "$base/baseline" ] || read -r about <"$base/baseline"
known=$UNITS
# What was written down before the activation, as long as it is about this system.
if [ "$about" = "${WANTED:-none}" ]; then
  known=''
  while read -r unit; do
    known="$known
$unit"
  done <"$base/baseline"
fi
say_new_failures "$known
$IGNORED"

if [ "$UNDECIDED" = always ] || { [ "$UNDECIDED" = units ] && [ -n "$new" ]; }; then
  say undecided 1
  say end 1
  exit 0
fi
done_job='' done_rc=''
[ ! -s "$base/committed" ] || read -r done_job done_rc <"$base/committed"
if [ "$done_job" = "$JOB" ]; then
  # An earlier connection was lost after all was done.
  say committed "$done_rc"
elif [ "$MAY" = 1 ] && [ -z "$new" ] && [ -d "$base/$JOB" ] && [ "$current" = "$WANTED" ] && [ ! -e "$base/$JOB/returning" ]; then
  job_tell "$JOB" go
  job_follow "$JOB" rc.commit "$SKIP"
  say committed "$rc"
  say_state
  [ "$rc" != 0 ] || rm -f "$base/baseline"
  printf '%s %s\n' "$JOB" "$rc" >"$base/committed"
elif [ -d "$base/$JOB" ]; then
  job_tell "$JOB" "$OTHERWISE"
  job_follow "$JOB" left "$SKIP"
fi
if went_back "$JOB"; then
  say_state
  say went_back 1
fi
# One that was killed has let go of nothing.
! names_job "$lock" "$JOB" || job_stop "$JOB"
rm -rf "${base:?}/$JOB"
say end 1
