# Tells how to become root. PASSWORD is set when one is known.
uid=$(id -u)
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
