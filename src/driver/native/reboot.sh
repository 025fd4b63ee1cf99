# Reboots into OUT, as the run RUN of OWNER, and says so before it happens.
refuse() {
  lock_free fleet-reboot
  say refused "$1"
  say end 1
  exit 0
}

boots=$(readlink -f "$profile" 2>/dev/null)
[ "$boots" = "$OUT" ] || { say refused "it would boot ${boots:-nothing known}, not $OUT"; say end 1; exit 0; }
base_make || { say refused "$base cannot be written"; say end 1; exit 0; }
if ! lock_take "$OWNER" "$RUN" fleet-reboot; then
  say_lock
  say locked 1
  say end 1
  exit 0
fi
say boot_id "$boot"
if has_units; then
  unit_start fleet-reboot --on-active=1s --timer-property=AccuracySec=100ms -- systemctl reboot ||
    refuse "the reboot could not be asked for"
else
  (sleep 1 && exec reboot) >/dev/null 2>&1 </dev/null &
fi
say end 1
