# The smallest thing with the outputs that a deployment looks at: no nixpkgs, no module system, but real derivations, a
# real closure and a switch-to-configuration with the actions, effects and exit codes of NixOS's own.
{ revision }:
let
  inherit (builtins) attrValues concatStringsSep elemAt genList mapAttrs pathExists readFile split toFile toString;

  firstLine = text: elemAt (split "\n" text) 0;
  fileOr = default: path: if pathExists path then firstLine (readFile path) else default;

  # Builder and shell of everything: a static busybox, which is not in the repository (see README.md).
  hasRuntime = pathExists ./runtime/bin/busybox;
  runtime = if hasRuntime then builtins.path { path = ./runtime; name = "busybox"; } else "/missing-runtime";

  build = system: name: environment: script: derivation ({
    inherit name system;
    builder = if hasRuntime then "${runtime}/bin/sh" else "/bin/sh";
    args = [ "-euc" (if hasRuntime then script else "echo 'nixos/runtime is missing: see README.md' >&2; exit 1") ];
    PATH = "${runtime}/bin";
  } // environment);

  # Many small files, as closures have them, and some big ones.
  documents = genList
    (number: toFile "chapter-${toString number}.txt" ''
      Chapter ${toString number} of the manual of these hosts.
      ${concatStringsSep " " (genList (word: toString (number * word)) 120)}
    '') 120;
  megabytes = system: name: count: seed: build system name { inherit seed; count = toString count; } ''
    for i in $(seq 1 $count); do echo "$seed $i"; head -c 1040000 $PATH/busybox; done > $out
  '';

  # Shell commands that write the unit's file into the current directory.
  writeUnit = name: unit: ''
    cat > ${name} <<'END'
    [Unit]
    Description=${unit.description}

    [Service]
    Type=${unit.type or "simple"}
    ExecStart=${unit.exec}
    END
  '';

  nixosSystem = name: directory:
    let
      system = fileOr "x86_64-linux" (directory + "/system");
      version = fileOr "1" (directory + "/version");
      label = "25.05.${version}";
      is = switch: pathExists (directory + "/${switch}");

      host = import directory { inherit runtime; };
      page = build system "status-page" { inherit label; host = name; } ''
        mkdir $out; echo "$host runs $label" > $out/index.html
      '';
      units = {
        "status-page.service" = {
          description = "Status page";
          exec = "${runtime}/bin/busybox httpd -f -p 80 -h ${page}";
        };
      } // (host.units or { }) // (if is "failing-unit" then {
        "failing.service" = { description = "Set to fail"; type = "oneshot"; exec = "${runtime}/bin/false"; };
      } else { });

      manual = build system "manual" { inherit documents; } ''
        mkdir $out; for file in $documents; do ln -s $file $out/''${file#*-}; done
      '';
      etc = build system "etc" {
        inherit manual;
          host = name;
        data = megabytes system "${name}-data" 2 "${name} ${version}";
      } ''
        mkdir -p $out/systemd/system; cd $out/systemd/system
        ${concatStringsSep "\n" (attrValues (mapAttrs writeUnit units))}
        ln -s $manual $out/manual; ln -s $data $out/data; echo $host > $out/hostname
      '';
      path = build system "system-path" { inherit label runtime revision; script = readFile ./nixos-version.sh; } ''
        mkdir -p $out/bin
        printf '%s' "$script" | sed -e "s,@runtime@,$runtime,g" -e "s,@label@,$label,g" -e "s,@revision@,$revision,g" > $out/bin/nixos-version
        chmod +x $out/bin/nixos-version
      '';
      toplevel = build system "nixos-system-${name}-${label}"
        {
          inherit runtime path etc label;
          host = name;
          platform = system;
          kernel = megabytes system "linux-6.12.0" 6 (fileOr "kernel" (directory + "/kernel"));
          initrd = megabytes system "initrd-linux-6.12.0" 1 "initrd";
          seconds = fileOr "0" (directory + "/slow");
          broken = if is "broken" then "1" else "";
          script = readFile ./switch-to-configuration.sh;
        } ''
        sleep $seconds
        if [ -n "$broken" ]; then echo "hosts/$host/broken: this host is set not to build" >&2; exit 1; fi
        mkdir -p $out/bin
        ln -s $path $out/sw; ln -s $etc $out/etc; ln -s $kernel $out/kernel; ln -s $initrd $out/initrd
        printf '%s' $label > $out/nixos-version; printf '%s' $platform > $out/system
        printf '%s' "$script" | sed -e "s,@runtime@,$runtime,g" -e "s,@toplevel@,$out,g" > $out/bin/switch-to-configuration
        chmod +x $out/bin/switch-to-configuration
      '';
      vm = build system "nixos-vm" { inherit toplevel runtime; host = name; } ''
        mkdir -p $out/bin
        printf '#!%s/bin/sh\necho "would start %s in a virtual machine, from %s"\n' $runtime $host $toplevel > $out/bin/run-$host-vm
        chmod +x $out/bin/run-$host-vm
      '';
    in
    {
      _type = "configuration";
      options = { };
      pkgs = { inherit system; stdenv.hostPlatform = { inherit system; }; };
      config = {
        # As sops-nix has them: which files the host is to open, and with which key.
        sops = host.sops or { };
        networking = { hostName = name; domain = null; fqdnOrHostName = name; };
        nixpkgs.hostPlatform = { inherit system; };
        system = {
          inherit name;
          stateVersion = "25.05";
          nixos = { inherit label version; release = "25.05"; };
          configurationRevision = revision;
          build = {
            toplevel = if is "eval-error" then throw "hosts/${name}/eval-error: this host is set not to evaluate" else toplevel;
            inherit vm;
          };
        };
      };
    };

  darwinSystem = name: directory:
    let
      system = fileOr "aarch64-darwin" (directory + "/system");
      toplevel = build system "darwin-system-${name}" { host = name; } ''
        mkdir -p $out/sw/bin; printf '#!/bin/sh\necho activating %s\n' $host > $out/activate; chmod +x $out/activate
      '';
    in
    {
      _type = "configuration";
      options = { };
      pkgs = { inherit system; stdenv.hostPlatform = { inherit system; }; };
      system = toplevel;
      config = {
        networking.hostName = name;
        nixpkgs.hostPlatform = { inherit system; };
        system.build.toplevel = toplevel;
      };
    };
in
{ inherit nixosSystem darwinSystem build fileOr; }
