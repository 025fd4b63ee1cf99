# Tells which generations the host has and which one its profile points to.
for link in "$profile"-*-link; do
  number=${link#"$profile"-}
  [ ! -e "$link" ] || say has "${number%-link} $(readlink -f "$link")"
done
at=$(readlink "$profile")
at=${at##*/}
at=${at#system-}
say at "${at%-link}"
say end 1
