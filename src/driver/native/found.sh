# What another program has left here, given the units that had failed before, UNITS. A profile that only wraps a system, as
# deploy-rs makes them, is the system that it wraps.
say_state
system=$(readlink -f "$profile/nixos-version" 2>/dev/null)
[ -z "$system" ] || say wraps "${system%/nixos-version}"
say_new_failures "$UNITS"
say end 1
