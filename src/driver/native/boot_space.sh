# boot_fits SYSTEM: whether /boot has room for the kernel and initrd of a system. Where it is no file system of its own, or
# holds them already because the profile's system has the same ones, there is nothing to ask. Sets boot_needs and
# boot_free, in MiB.
boot_fits() {
  [ -d /boot ] || return 0
  # The same files already: the common case starts no program.
  ! [ "$1/kernel" -ef "$profile/kernel" ] || ! [ "$1/initrd" -ef "$profile/initrd" ] || return 0
  set -- "$1" "$(df -Pk /boot 2>/dev/null | while read -r device _ _ available _; do echo "$device $available"; done | tail -n 1)"
  boot_free=$((${2##* } / 1024)) boot_needs=0
  [ "${2% *}" != "$(df -Pk /nix/store 2>/dev/null | while read -r device _; do echo "$device"; done | tail -n 1)" ] || return 0
  for part in kernel initrd; do
    if [ -e "$1/$part" ] && [ "$(readlink -f "$1/$part")" != "$(readlink -f "$profile/$part")" ]; then
      boot_needs=$((boot_needs + $(wc -c <"$1/$part") / 1048576 + 1))
    fi
  done
  [ "$boot_needs" -le "$boot_free" ]
}
