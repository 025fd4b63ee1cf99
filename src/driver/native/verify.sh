# Proves over a new connection what came of the job JOB, then does what makes it lasting: COMMIT, a text for the shell,
# if the system that runs is WANTED (or WANTED is empty) and no unit has newly failed. Units in BASELINE had
# failed when the host was probed.
say_state
known='' new='' rc=''
if [ -s "$base/baseline" ]; then read -r about <"$base/baseline"; else about=''; fi
# What was written down before the activation, as long as it is about this system.
if [ "$about" = "${WANTED:-none}" ]; then known=$(cat "$base/baseline"); else known=$BASELINE; fi
for unit in $(failed_units); do
  case "
$known
" in *"
$unit
"*) continue ;; esac
  new=1
  say failed "$unit"
  { journalctl --unit="$unit" --lines=10 --no-pager --output=cat 2>/dev/null || :; } | while IFS= read -r line; do
    say log "$unit $line"
  done
done

if [ -n "$COMMIT" ] && [ -z "$new" ] && { [ -z "$WANTED" ] || [ "$(readlink -f /run/current-system)" = "$WANTED" ]; }; then
  if job_start "$JOB-commit" "$COMMIT"; then
    job_follow 0
    [ "$rc" != 0 ] || rm -f "$base/baseline"
  else
    say refused "what makes the system lasting could not be started"
  fi
  say committed "$rc"
  say_state
fi
rm -rf "${base:?}/$JOB" "${base:?}/$JOB-commit"
say end 1
