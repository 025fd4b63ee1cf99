# Asks a host what it is. Changes nothing.
uname -smn | {
  read -r kernel host_name machine
  say kernel "$kernel"
  say host_name "$host_name"
  say machine "$machine"
}

[ ! -r /etc/machine-id ] || { read -r machine_id </etc/machine-id && say machine_id "$machine_id"; }
# Where the root is not kept, the key is in what is.
for kept in '' /persist /persistent /nix/persist; do
  kept=$kept/etc/ssh/ssh_host_ed25519_key.pub
  [ ! -r "$kept" ] || { read -r host_key <"$kept" && say host_key "$host_key" && break; }
done
for tool in nixos-version darwin-version; do
  tool=/run/current-system/sw/bin/$tool
  [ ! -x "$tool" ] || say revision "$("$tool" --configuration-revision 2>/dev/null)"
done
boot_id
say boot_id "$boot"
say_state
say_lock
say_returned
failed_units | while read -r unit; do say failed "$unit"; done

free() {
  [ ! -d "$1" ] || df -Pk "$1" 2>/dev/null | {
    read -r _
    read -r _ _ _ available _ && say "$2" "$available"
  }
}
free /nix/store store_free_kib
free /boot boot_free_kib

while read -r key value _; do
  case $key in MemAvailable:) say memory_free_kib "$value" ;; esac
done 2>/dev/null </proc/meminfo

command -v nix-store >/dev/null 2>&1 || say lacks nix-store
