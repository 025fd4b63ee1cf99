# Asks a host that may just have booted how it is. Units of UNITS had failed before.
boot_id
say boot_id "$boot"
say booted "$(readlink -f /run/booted-system 2>/dev/null)"
say_state
say running "$(systemctl is-system-running 2>/dev/null)"
say_new_failures "$UNITS"
say end 1
