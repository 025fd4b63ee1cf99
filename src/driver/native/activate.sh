# Activates OUT by the job JOB, which runs TEXT and later COMMIT, and follows it through TEXT. SKIP lines of its log are
# known already. UNITS had failed a moment ago, if that is KNOWN.
refuse() {
  say refused "$1"
  say end 1
  exit 0
}

if [ ! -d "$base/$JOB" ]; then
  [ -e "$OUT/$PROGRAM" ] || refuse "$OUT holds no $PROGRAM: it is not a whole system"
  [ "$SETS_PROFILE" = 0 ] || [ -w /nix/var/nix/profiles ] || refuse "/nix/var/nix/profiles cannot be written"
  [ -d "$base" ] || mkdir -p -m 700 "$base" || refuse "$base cannot be written"
  # What had failed before. When this system runs already, because an earlier run ended before its proof, what failed
  # then is still what had failed before it.
  about=''
  [ ! -s "$base/baseline" ] || read -r about <"$base/baseline"
  if [ "$about" != "$OUT" ] || [ "$(readlink -f /run/current-system)" != "$OUT" ]; then
    [ "$KNOWN" = 1 ] || UNITS=$(failed_units)
    printf '%s\n' "$OUT" "$UNITS" >"$base/baseline.new" && mv "$base/baseline.new" "$base/baseline"
  fi
fi
job_start "$JOB" "$TEXT" "$COMMIT" || refuse "the activation could not be started"
job_follow "$JOB" rc "$SKIP"
say rc "$rc"
say end 1
