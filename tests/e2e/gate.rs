//! What stops a run before anything is built: a breach of the fence around secrets, a test that fails, a host that nobody
//! has heard of. Nothing is built, no host is touched, and the report names the place.

use crate::Homelab;
use crate::homelab::HOSTS;
use crate::run::Run;
use std::fs;

/// Whose private half stands in `tests/keys/age.txt`.
const TEST_KEY: &str = "age1zdskkttk0urr742yww4rlhr8g0la44r6hpn682wx0rmpz9krcqzsxr6s8u";

/// Something in the repository that is broken, until it is dropped.
struct Broken<'a> {
    homelab: &'a Homelab,
    file: &'a str,
    whole: String,
}

impl<'a> Broken<'a> {
    fn by(homelab: &'a Homelab, file: &'a str, from: &str, to: &str) -> Self {
        let whole = fs::read_to_string(homelab.dir().join(file)).unwrap();
        assert!(whole.contains(from), "{file} has no {from:?}");
        homelab.write(file, &whole.replacen(from, to, 1));
        Self { homelab, file, whole }
    }
}

impl Drop for Broken<'_> {
    fn drop(&mut self) {
        self.homelab.write(self.file, &self.whole);
    }
}

/// No system is in the store of the one who deploys, none was begun, and no host was told anything.
#[track_caller]
fn nothing_was_built(homelab: &Homelab, run: &Run) {
    for step in ["build", "copy", "activate"] {
        assert!(run.spans(step).is_empty(), "{step}: {:?}\n{}", run.spans(step), run.printed);
    }
    let stored = homelab.testbed(&["run", "sh", "-c", "ls /nix/store 2>/dev/null || :"]);
    let built: Vec<&str> =
        stored.lines().filter(|path| path.contains("-nixos-system-") && !path.ends_with(".drv")).collect();
    assert!(built.is_empty(), "{built:?}");
    for host in HOSTS {
        assert!(homelab.activations(host).is_empty(), "{host}");
        assert_eq!(homelab.testbed(&["exec", host, "ls", "/nix/store"]), "", "{host}");
    }
}

/// The key that the rules call as a host.
fn key_of(homelab: &Homelab, host: &str) -> String {
    let rules = fs::read_to_string(homelab.dir().join(".sops.yaml")).unwrap();
    let (_, rest) = rules.split_once(&format!("&{host} ")).unwrap();
    rest.lines().next().unwrap().to_owned()
}

/// What the report says of a step that failed for the whole run.
#[track_caller]
fn failure(run: &Run, step: &str) -> String {
    let failures = run.report()["failures"].as_array().unwrap();
    let failed = failures.iter().find(|failure| failure["step"] == step);
    failed.unwrap_or_else(|| panic!("no {step} in {failures:?}"))["reason"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_broken_stops_a_run_before_anything_is_built() {
    let Some(homelab) = Homelab::up("gate::what_is_broken_stops_a_run_before_anything_is_built") else {
        return;
    };
    let apply = ["apply-nixos", "host=luna,rydev", "--yes"];
    {
        // The label of a data key says that it is for the test key.
        let real = key_of(&homelab, "luna");
        let _broken = Broken::by(&homelab, "secrets/luna.sops.yaml", &real, TEST_KEY);
        let run = homelab.run(&apply);
        nothing_was_built(&homelab, &run);
        run.assert_results(&["luna skipped", "rydev skipped"]);
        assert_eq!(run.code, 5, "{}", run.printed);
        let told = failure(&run, "secrets");
        let place = "secrets/luna.sops.yaml:13:22: the real file `secrets/luna.sops.yaml` is encrypted for a test key";
        assert!(told.contains(place) && run.printed.contains(place), "{told}\n{}", run.printed);
    }
    {
        let (well, ill) = ("\"services\" \"true\"", "\"services\" \"echo the page is empty >&2; exit 1\"");
        let _broken = Broken::by(&homelab, "checks/default.nix", well, ill);
        let run = homelab.run(&apply);
        nothing_was_built(&homelab, &run);
        run.assert_results(&["luna skipped", "rydev skipped"]);
        assert_eq!(run.code, 5, "{}", run.printed);
        let told = failure(&run, "vm services");
        let (place, log) =
            ("checks.x86_64-linux.services does not build", "check-services> the page is empty");
        assert!(
            told.contains(&place.replace("x86_64", std::env::consts::ARCH)) && told.contains(log),
            "{told}"
        );
        assert!(run.printed.contains(log), "{}", run.printed);
    }
    // There is no run to report: the file and the words are shown.
    let run = homelab.run(&["apply-nixos", "host=lunar", "--yes"]);
    nothing_was_built(&homelab, &run);
    assert_eq!(run.code, 1, "{}", run.printed);
    for words in ["no host is called `lunar`", "Fleetfile.yaml:28:12", "did you mean `luna`?"] {
        assert!(run.printed.contains(words), "no {words:?}: {}", run.printed);
    }

    // Nothing else was in the way.
    let run = homelab.run(&apply);
    run.assert_results(&["luna succeeded", "rydev succeeded"]);
}

/// By all that stands in the repository luna can open its file. But the host has another key.
#[test]
fn a_host_that_cannot_open_its_secrets_gets_no_system() {
    let Some(homelab) = Homelab::up("gate::a_host_that_cannot_open_its_secrets_gets_no_system") else {
        return;
    };
    let (luna, other) =
        (key_of(&homelab, "luna"), "age144qrgcx8jhkfps7mkzuxa8830d2aups6atstjgsn9ajwnzd0cs2qgs5gkj");
    assert_ne!(luna, other);
    {
        let _rules = Broken::by(&homelab, ".sops.yaml", &luna, other);
        let _file = Broken::by(&homelab, "secrets/luna.sops.yaml", &luna, other);
        // Twice: what the fence found is remembered, and with it what hosts have to open.
        for _ in 0..2 {
            let run = homelab.run(&["apply-nixos", "host=luna", "--yes"]);
            assert_eq!(run.code, 3, "{}", run.printed);
            nothing_was_built(&homelab, &run);
            let reason = run.reason("luna");
            let words =
                "luna cannot open `secrets/luna.sops.yaml`, which its configuration names: it has the key `";
            assert!(reason.contains(&format!("{words}{luna}`")), "{reason}");
            assert!(reason.contains("sops updatekeys --yes secrets/luna.sops.yaml"), "{reason}");
        }
        // Nor does it when the run is gone on with.
        let output = homelab.fleet(&["resume", "last", "--yes"]);
        let run = Run::read(homelab.dir(), &output);
        assert_eq!(run.code, 3, "{}", run.printed);
        nothing_was_built(&homelab, &run);
    }
    let run = homelab.run(&["apply-nixos", "host=luna", "--yes"]);
    run.assert_results(&["luna succeeded"]);
}
