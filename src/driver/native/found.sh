# What another program has left here, given the units that had failed before, UNITS. A profile that only wraps a system, as
# deploy-rs makes them, is the system that it wraps.
say_state
system=$(readlink -f "$profile/nixos-version" 2>/dev/null)
[ -z "$system" ] || say wraps "${system%/nixos-version}"
for unit in $(failed_units); do
  case "
$UNITS
" in *"
$unit
"*) continue ;; esac
  say failed "$unit"
  { journalctl --unit="$unit" --lines=10 --no-pager --output=cat 2>/dev/null || :; } | while IFS= read -r line; do
    say log "$unit $line"
  done
done
say end 1
