# Compares the closure of NEW with that of OLD, which may be empty, and where it is to be TRIED tells what activating it would
# do. Changes nothing.
new=$(nix-store --query --requisites "$NEW") || exit 1
old=''
[ -z "$OLD" ] || old=$(nix-store --query --requisites "$OLD") || exit 1
only=$({
  printf '%s\n' "$old" | sed 's/^/- /'
  printf '%s\n' "$new" | sed 's/^/+ /'
} | grep / | sort -k 2 | uniq -u -f 1)
if [ -n "$only" ]; then
  # Paths hold no blanks, and sizes come in their order.
  # shellcheck disable=SC2046
  sizes=$(nix-store --query --size $(printf '%s\n' "$only" | cut -c 3-)) || exit 1
  # shellcheck disable=SC2086
  set -- $sizes
  while read -r sign path; do
    say "$sign" "$1 $path"
    shift
  done <<END
$only
END
fi
reboot_parts "$NEW"
say reboot "$parts"
if [ "$TRIED" = 1 ]; then
  said=$("$NEW/bin/switch-to-configuration" dry-activate 2>&1 </dev/null)
  say rc $?
  printf '%s\n' "$said" | while IFS= read -r line; do
    case $line in would\ *) say would "$line" ;; *) printf '%s\n' "$line" ;; esac
  done
fi
say end 1
