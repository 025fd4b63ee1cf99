# Tells how to become root, and what sudo said where it cannot be that. PASSWORD is set when one is known.
uid=$(id -u) how='' said=''
# -k: a password that was typed a moment ago in some terminal does not count.
if [ "$uid" = 0 ]; then
  how=root
elif ! command -v sudo >/dev/null 2>&1; then
  how=missing
elif said=$(sudo -k -n true 2>&1); then
  how=free
else
  case $said in
    # sudo's words, then sudo-rs'.
    *'password is required'* | *'authentication is required'*)
      if [ -z "${PASSWORD+set}" ]; then
        how=asks
      elif said=$(printf '%s\n' "$PASSWORD" | sudo -k -S -p '' true 2>&1); then
        how=password
      else
        case $said in
          *'not in the sudoers'* | *'not allowed to'* | *'may not run sudo'* | *"I can't do that"*) how=barred ;;
          *'try again'* | *'incorrect '* | *'no password was provided'*) how=wrong ;;
          *) how=broken ;;
        esac
      fi
      ;;
    *) how=broken ;;
  esac
fi
say sudo "$how"
case $how in barred | broken) printf '%s\n' "$said" | while IFS= read -r line; do say sudo_said "$line"; done ;; esac
