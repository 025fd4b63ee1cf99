# Where TRUST is 1, tells whether nix here takes unsigned paths from this user: it must, unless sudo can step in for it.
case "$TRUST $how" in
  '1 asks' | '1 password')
    settings=$(NIX_USER_CONF_FILES=/dev/null nix --extra-experimental-features nix-command show-config 2>/dev/null) || settings=''
    [ -n "$settings" ] || settings=$(NIX_USER_CONF_FILES=/dev/null nix --extra-experimental-features nix-command config show 2>/dev/null) || settings=''
    me=" $(id -un) * $(id -Gn | sed 's/[^ ][^ ]*/@&/g') "
    printf '%s\n' "$settings" | while read -r key _ value; do
      case $key in
        require-sigs) [ "$value" != false ] || say takes_unsigned 1 ;;
        trusted-users)
          set -f
          for one in $value; do
            case $me in *" $one "*) say takes_unsigned 1 ;; esac
          done
          ;;
      esac
    done
    [ -z "$settings" ] || say trust_asked 1
    ;;
esac
