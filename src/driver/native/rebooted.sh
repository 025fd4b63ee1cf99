# Asks a host that may just have booted how it is. Units of UNITS had failed before.
boot_id
say boot_id "$boot"
say booted "$(readlink -f /run/booted-system 2>/dev/null)"
say_state
say running "$(systemctl is-system-running 2>/dev/null)"
failed_units | while read -r unit; do
  case "
$UNITS
" in *"
$unit
"*) continue ;; esac
  say_failed "$unit"
done
say end 1
