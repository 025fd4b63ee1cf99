# What a host says of itself. `say` answers a value. All that fleet keeps on a host is in $base, which a boot clears.
base=/run/fleet
[ -d /run ] || base=/var/run/fleet
profile=/nix/var/nix/profiles/system

say_state() {
  current=$(readlink -f /run/current-system 2>/dev/null)
  say current "$current"
  say profile "$(readlink -f "$profile" 2>/dev/null)"
  say generation "$(readlink "$profile" 2>/dev/null)"
  reboot_parts /run/current-system
  say reboot "$parts"
}

# say_returned: the last time that this host went back by itself, since it has booted.
say_returned() {
  [ -f "$base/returned" ] || return 0
  while read -r key value; do say "returned_$key" "$value"; done <"$base/returned"
}

# failed_units: also those that systemd starts again after each failure, which are failed only in between (so does
# switch-to-configuration count).
failed_units() {
  command -v systemctl >/dev/null 2>&1 || return 0
  systemctl list-units --state=failed,auto-restart,auto-restart-queued --plain --no-legend --no-pager 2>/dev/null |
    while read -r unit _ _ sub _; do
      case $sub in
        auto-restart*) [ "$(systemctl show --property=ExecMainStatus --value "$unit" 2>/dev/null)" != 0 ] || continue ;;
      esac
      printf '%s\n' "$unit"
    done
}

# say_failed UNIT: that it has failed, how, and its last words.
say_failed() {
  say failed "$1"
  say log "$1 result: $(systemctl show --property=Result --value "$1" 2>/dev/null), exit status $(systemctl show --property=ExecMainStatus --value "$1" 2>/dev/null)"
  { journalctl --unit="$1" --lines=10 --no-pager --output=cat 2>/dev/null || :; } | while IFS= read -r line; do
    say log "$1 $line"
  done
}

# say_new_failures KNOWN: of the units that have failed, those that are no lines of KNOWN. Sets new where there are any.
say_new_failures() {
  new=''
  for unit in $(failed_units); do
    case "
$1
" in *"
$unit
"*) continue ;; esac
    new=1
    say_failed "$unit"
  done
}

# reboot_parts SYSTEM: sets parts to what of it only a reboot brings into use, as far as it is known what was booted.
reboot_parts() {
  parts=''
  [ -e /run/booted-system ] || return 0
  for part in kernel initrd kernel-modules systemd; do
    [ -e "$1/$part" ] || [ -e "/run/booted-system/$part" ] || continue
    [ "$1/$part" -ef "/run/booted-system/$part" ] || parts="$parts $part"
  done
}
