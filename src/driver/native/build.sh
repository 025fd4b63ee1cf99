# Builds DERIVATION with at most JOBS jobs of CORES cores, of which each may need JOB_MIB of memory. What is empty is left to
# the nix of this machine. Then it makes a root by ROOT, where that is given.
if [ -n "$JOB_MIB" ]; then
  free=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null)
  [ -n "$JOBS" ] || JOBS=$(nix --extra-experimental-features nix-command show-config 2>/dev/null | sed -n 's/^max-jobs = //p')
  fit=$((${free:-0} / 1024 / JOB_MIB))
  [ "$fit" -ge 1 ] || fit=1
  [ -z "$free" ] || [ "${JOBS:-1}" -le "$fit" ] || JOBS=$fit
fi
set -- --no-gc-warning
[ -z "$JOBS" ] || set -- "$@" --max-jobs "$JOBS"
[ -z "$CORES" ] || set -- "$@" --cores "$CORES"
out=$(nix-store "$@" --realise "$DERIVATION")
code=$?
for path in $out; do say out "$path"; done
say code $code
[ $code != 0 ] || [ -z "$ROOT" ] || ! (eval "$ROOT") >/dev/null 2>&1 || say rooted 1
say end 1
