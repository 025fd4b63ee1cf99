#!@runtime@/bin/sh
case ${1:-} in
  --json) echo '{"nixosVersion":"@label@","configurationRevision":"@revision@"}' ;;
  --configuration-revision) echo '@revision@' ;;
  *) echo '@label@ (Homelab)' ;;
esac
