# Asks a host how it is. Changes nothing.
say_state
failed_units | while read -r unit; do say failed "$unit"; done
booted=$(readlink -f /run/booted-system 2>/dev/null)
say booted "$booted"
# The link itself is as old as the activation, or the boot. GNU and busybox, then BSD.
since=$(stat -c %Y /run/current-system 2>/dev/null || stat -f %m /run/current-system 2>/dev/null)
[ -z "$since" ] || say age $(($(date +%s) - since))
for tool in nixos-version darwin-version; do
  tool=/run/current-system/sw/bin/$tool
  [ ! -x "$tool" ] || say revision "$("$tool" --configuration-revision 2>/dev/null)"
done
say_lock
say_returned
for job in "$base"/fleet-switch-*; do
  [ ! -d "$job" ] || say job "${job##*/}"
done
say now "$(date +%s)"
say end 1
