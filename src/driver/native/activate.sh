# Activates OUT by the job JOB, which runs TEXT, and follows it. SKIP lines of its log are known already.
refuse() {
  say refused "$1"
  say end 1
  exit 0
}

if [ ! -d "$base/$JOB" ]; then
  [ -e "$OUT/$PROGRAM" ] || refuse "$OUT holds no $PROGRAM: it is not a whole system"
  [ "$SETS_PROFILE" = 0 ] || [ -w /nix/var/nix/profiles ] || refuse "/nix/var/nix/profiles cannot be written"
  mkdir -p -m 700 "$base" || refuse "$base cannot be written"
  # Units that had failed before. When this system runs already, because an earlier run ended before its proof, what
  # failed then is still what had failed before it.
  known=
  [ ! -s "$base/baseline" ] || read -r known <"$base/baseline"
  if [ "$known" != "$OUT" ] || [ "$(readlink -f /run/current-system)" != "$OUT" ]; then
    { printf '%s\n' "$OUT"; failed_units; } >"$base/baseline.new" && mv "$base/baseline.new" "$base/baseline"
  fi
fi
job_start "$JOB" "$TEXT" || refuse "the activation could not be started"
job_follow "$SKIP"
say end 1
