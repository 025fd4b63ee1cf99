//! How hosts are evaluated where there are many of them.

use crate::Homelab;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Does what nix-eval-jobs is documented to do with `--flake` and `--select`: a line of JSON for each attribute of what the
/// function gives, with `error` for one that does not evaluate.
const EVAL_JOBS: &str = r#"#!/bin/sh
set -eu
[ "$1" != --help ] || { echo '  --select  Apply provided Nix function'; exit 0; }
echo "$*" >>"$STAND_IN/calls"
while [ $# -gt 0 ]; do
  case $1 in
    --select) select=$2; shift 2 ;;
    --flake) flake=$2; shift 2 ;;
    --option) shift 3 ;;
    *) shift 2 ;;
  esac
done
evaluate() { nix eval --option eval-cache false --json "$flake" --apply "$1"; }
names=$(evaluate "cs: builtins.attrNames (($select) cs)" | tr -d '[]"' | tr , ' ')
for name in $names; do
  [ "$name" != "${DIES:-}" ] || continue
  one="cs: let d = (($select) cs).\"$name\"; plain = builtins.unsafeDiscardStringContext; in
    { attr = \"$name\"; attrPath = [ \"$name\" ]; drvPath = plain d.drvPath; outputs.out = plain d.outPath; }"
  evaluate "$one" 2>"$STAND_IN/error" ||
    printf '{"attr":"%s","attrPath":["%s"],"error":"error: %s"}' "$name" "$name" "$(grep -o 'this host is set.*' "$STAND_IN/error" | head -n 1)"
  echo
done
"#;

#[test]
fn nix_eval_jobs_is_used_where_it_is_there() {
    let Some(homelab) = Homelab::up("evaluation::nix_eval_jobs_is_used_where_it_is_there") else { return };
    let programs = tempfile::tempdir().unwrap();
    let program = programs.path().join("nix-eval-jobs");
    fs::write(&program, EVAL_JOBS).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.path().display(), std::env::var("PATH").unwrap());
    let environment =
        [("PATH", path.as_str()), ("STAND_IN", programs.path().to_str().unwrap()), ("DIES", "luna")];
    let fleetfile = fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    homelab.write("Fleetfile.yaml", &fleetfile.replace("  flake: .\n", "  flake: .\n  eval_memory: 3GiB\n"));
    homelab.write("hosts/rydev/eval-error", "");

    // One host does not evaluate, and the process of another died over it: neither stops a third.
    let run = homelab.run_with(&environment, "", &["preview-nixos", "host=luna,rydev,nixos-bootstrap"]);
    run.assert_results(&["luna succeeded", "nixos-bootstrap succeeded", "rydev failed"]);
    assert!(run.reason("rydev").contains("this host is set not to evaluate"), "{}", run.reason("rydev"));
    let calls = fs::read_to_string(programs.path().join("calls")).unwrap();
    assert_eq!(calls.lines().count(), 1, "{calls}");
    assert!(calls.contains("--flake .#nixosConfigurations"), "{calls}");
    let after = |option: &str| {
        let mut words = calls.split_whitespace().skip_while(|word| *word != option);
        words.nth(1).unwrap().parse::<u64>().unwrap()
    };
    assert!(after("--workers") * after("--max-memory-size") <= 3072, "{calls}");

    // An old one is passed over: nix itself is asked.
    fs::write(&program, "#!/bin/sh\n[ \"$1\" = --help ] || exit 7\n").unwrap();
    homelab.change_all("2");
    let run = homelab.run_with(&environment, "", &["preview-nixos", "host=luna,rydev,nixos-bootstrap"]);
    run.assert_results(&["luna succeeded", "nixos-bootstrap succeeded", "rydev failed"]);
    assert!(!run.printed.contains("is busy"), "{}", run.printed);
}

#[test]
fn an_evaluation_that_wants_more_memory_than_it_may_have_is_an_error_of_its_hosts() {
    let Some(homelab) = Homelab::up(
        "evaluation::an_evaluation_that_wants_more_memory_than_it_may_have_is_an_error_of_its_hosts",
    ) else {
        return;
    };
    let fleetfile = fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    homelab
        .write("Fleetfile.yaml", &fleetfile.replace("  flake: .\n", "  flake: .\n  eval_memory: 512MiB\n"));
    let greedy = "{ runtime }: { units = if builtins.length (builtins.sort (a: b: a.a < b.a) \
                  (builtins.genList (x: { a = x; b = [ x x x ]; }) 20000000)) > 0 then { } else { }; }";
    homelab.write("hosts/rydev/default.nix", greedy);
    let run = homelab.run(&["preview-nixos", "host=luna,rydev"]);
    run.assert_results(&["luna succeeded", "rydev failed"]);
    assert!(run.reason("rydev").contains("out of memory"), "{}", run.reason("rydev"));
}
