# Asks a host what it is. Changes nothing. PASSWORD is set when one is known.
uid=$(id -u)
uname -smn | {
  read -r kernel host_name machine
  say kernel "$kernel"
  say host_name "$host_name"
  say machine "$machine"
}

[ ! -r /etc/machine-id ] || { read -r machine_id </etc/machine-id && say machine_id "$machine_id"; }
for tool in nixos-version darwin-version; do
  tool=/run/current-system/sw/bin/$tool
  [ ! -x "$tool" ] || say revision "$("$tool" --configuration-revision 2>/dev/null)"
done
boot_id
say boot_id "$boot"
say_state
say_lock
failed_units | while read -r unit; do say failed "$unit"; done

free() {
  [ ! -d "$1" ] || df -Pk "$1" 2>/dev/null | {
    read -r _
    read -r _ _ _ available _ && say "$2" "$available"
  }
}
free /nix/store store_free_kib
free /boot boot_free_kib

command -v nix-store >/dev/null 2>&1 || say lacks nix-store

# -k: a password that was typed a moment ago in some terminal does not count.
if [ "$uid" = 0 ]; then
  say sudo root
elif ! command -v sudo >/dev/null 2>&1; then
  say sudo missing
elif sudo -k -n true >/dev/null 2>&1; then
  say sudo free
elif [ -z "${PASSWORD+set}" ]; then
  say sudo asks
elif printf '%s\n' "$PASSWORD" | sudo -k -S -p '' true >/dev/null 2>&1; then
  say sudo password
else
  say sudo wrong
fi
say end 1
