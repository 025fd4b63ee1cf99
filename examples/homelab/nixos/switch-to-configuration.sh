#!@runtime@/bin/sh
# A stand-in for NixOS's switch-to-configuration: same actions, order and exit codes, much less to do.
#   0 done   1 refused, or failed before activation   2 an activation script failed   4 activated, but units failed
set -u
PATH=@runtime@/bin:$PATH:/usr/bin:/bin
export PATH
trap '' HUP PIPE # losing the terminal or the connection must not end a switch halfway
action=${1:-}
new=@toplevel@
log=/var/log/activations.jsonl

exec 3>&2
say() { echo "$*" >&3 2>/dev/null || :; }
record() { # record PHASE CODE
  printf '{"uptime":%s,"phase":"%s","action":"%s","path":"%s","unit":"%s","user":"%s","code":%s}\n' \
    "$(cut -d ' ' -f 1 /proc/uptime)" "$1" "$action" "$new" "${TESTBED_UNIT:-}" "${SUDO_USER:-root}" "$2" >>"$log"
}
finish() {
  record end "$1"
  exit "$1"
}
hook() { # test hosts carry one, to make activations fail
  if [ -x /etc/testbed/bin/activation-hook ]; then /etc/testbed/bin/activation-hook "$1"; fi
}
list() { # words as NixOS prints them: a, b, c
  echo "$*" | sed 's/ /, /g'
}

case $action in
  switch | boot | test | dry-activate | check) ;;
  *)
    say "Usage: $0 [check|switch|boot|test|dry-activate]"
    exit 1 ;;
esac
if [ ! -e /etc/NIXOS ]; then say "This is not a NixOS installation!"; exit 1; fi
if [ "$(id -u)" != 0 ]; then say "Error: switch-to-configuration must be run as the root user"; exit 1; fi
[ "$action" != check ] || exit 0

# What changes: compare the unit files of the running and of the new configuration.
old_units=/run/current-system/etc/systemd/system
new_units=$new/etc/systemd/system
stop='' start='' restart=''
for file in "$old_units"/*; do
  unit=${file##*/}
  if [ -e "$file" ] && [ ! -e "$new_units/$unit" ]; then stop="$stop $unit"; fi
done
for file in "$new_units"/*; do
  unit=${file##*/}
  [ -e "$file" ] || continue
  if [ ! -e "$old_units/$unit" ]; then start="$start $unit"
  elif ! cmp -s "$old_units/$unit" "$file"; then restart="$restart $unit"
  elif ! systemctl is-active -q "$unit"; then start="$start $unit"; fi
done

if [ "$action" = dry-activate ]; then
  [ -z "$stop" ] || say "would stop the following units: $(list $stop)"
  say "would activate the configuration..."
  [ -z "$restart" ] || say "would restart the following units: $(list $restart)"
  [ -z "$start" ] || say "would start the following units: $(list $start)"
  exit 0
fi

mkdir -p /run/nixos /boot/loader/entries
exec 9>/run/nixos/switch-to-configuration.lock
if ! flock -n 9; then
  say "Could not acquire lock"
  exit 1
fi
record start null
hook begin || finish $?

if [ "$action" != test ]; then
  # A boot entry for each generation, and the default that points to this one.
  generation=$(readlink /nix/var/nix/profiles/system 2>/dev/null || echo system-0-link)
  entry=nixos-generation-$(echo "$generation" | sed 's/^system-\(.*\)-link$/\1/').conf
  {
    printf 'title NixOS\nversion %s\nlinux %s\ninitrd %s\noptions init=%s/init\n' \
      "$(cat "$new/nixos-version")" "$(readlink "$new/kernel")" "$(readlink "$new/initrd")" "$new" >"/boot/loader/entries/$entry" &&
      printf 'timeout 5\ndefault %s\n' "$entry" >/boot/loader/loader.conf.new &&
      mv /boot/loader/loader.conf.new /boot/loader/loader.conf
  } || {
    say "Failed to install bootloader"
    finish 1
  }
fi
[ "$action" != boot ] || finish 0

code=0
if [ -n "$stop$restart" ]; then
  say "stopping the following units: $(list $stop $restart)"
  systemctl stop $stop $restart
fi
say "activating the configuration..."
hook activate 9>&-
activated=$?
case $activated in
  0) ;;
  2)
    say "Failed to run activate script"
    code=2 ;;
  *) finish "$activated" ;;
esac
say "setting up /etc..."
ln -sfn "$new" /run/current-system.new && mv -fT /run/current-system.new /run/current-system || finish 1
ln -sfn /run/current-system /nix/var/nix/gcroots/current-system

systemctl reset-failed
systemctl daemon-reload
if [ -n "$restart" ]; then
  say "restarting the following units: $(list $restart)"
  systemctl start $restart
fi
if [ -n "$start" ]; then
  say "starting the following units: $(list $start)"
  systemctl start $start
fi
hook units
failed=$(systemctl list-units --failed --plain --no-legend | cut -d ' ' -f 1)
if [ -n "$failed" ]; then
  say "warning: the following units failed: $(list $failed)"
  for unit in $failed; do systemctl status --no-pager "$unit" >&2; done
  code=4
fi
finish $code
