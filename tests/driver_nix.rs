//! The native engine against hosts that are real enough: `tests/testbed`. The tests named `inside_*` run in there, one
//! after another; `native_engine` brings the testbed up, runs them and takes it down.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, as the tests do")]

use fleet::driver::{
    Activation, Build, CheckOutcome, CommandEnvironment, Derivation, DriverError, ErrorKind, Flake,
    HealthOutcome, Holder, Io, Native, NativeOptions, Output, Probe, Proving, StorePath, Sudo, Target,
};
use fleet::model::{Action, BuildOn, Health, HealthKind, Host, HostName, Platform, Proof, Shims, Text};
use fleet::process::{Cancel, Stop, Stream};
use fleet::source::Span;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const TESTBED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testbed/testbed");
const NAME: &str = "FLEET_TESTBED";
const TIMEOUT: Duration = Duration::from_secs(60);

/// What this machine lacks for the testbed, if anything.
fn lacks() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("root".to_owned());
    }
    let missing: Vec<_> = ["nix", "ssh", "sudo", "python3", "git", "ip"]
        .into_iter()
        .filter(|name| which::which(name).is_err())
        .collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

fn testbed(arguments: &[&str]) -> String {
    let output = Command::new(TESTBED).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "testbed {arguments:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

struct Down;

impl Drop for Down {
    fn drop(&mut self) {
        let _ = Command::new(TESTBED).arg("down").env(NAME, name()).status();
    }
}

fn name() -> String {
    format!("driver-{}", std::process::id())
}

#[test]
fn native_engine() {
    if let Some(lacks) = lacks() {
        eprintln!(
            "SKIPPED: the native engine was not tested against hosts; that needs {lacks} (see tests/testbed/README.md)"
        );
        return;
    }
    let _down = Down;
    let up = Command::new(TESTBED).args(["up"]).env(NAME, name()).status().unwrap();
    assert!(up.success(), "the testbed did not come up");
    let filter = std::env::var("FLEET_TEST_FILTER").unwrap_or_else(|_| "inside_".to_owned());
    let tests = Command::new(TESTBED)
        .args(["run"])
        .arg(std::env::current_exe().unwrap())
        .args([filter.as_str(), "--ignored", "--test-threads=1", "--nocapture"])
        .env(NAME, name())
        .status()
        .unwrap();
    assert!(tests.success(), "see above");
}

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Output for Lines {
    fn line(&self, _: Stream, line: &str) {
        self.0.lock().unwrap().push(line.to_owned());
    }
}

impl Lines {
    fn has(&self, text: &str) -> bool {
        self.0.lock().unwrap().iter().any(|line| line.contains(text))
    }
}

/// An engine for a fresh copy of the homelab.
struct Lab {
    directory: tempfile::TempDir,
    native: Native,
    lines: Lines,
    cancel: Cancel,
    asked: Arc<AtomicUsize>,
}

impl Lab {
    fn new() -> Self {
        Self::with_password(Some("testbed"))
    }

    fn with_password(password: Option<&'static str>) -> Self {
        testbed(&["heal"]);
        let directory = tempfile::tempdir().unwrap();
        let flake = directory.path().join("flake");
        testbed(&["flake", flake.to_str().unwrap()]);
        let lab = Self::at(directory, password);
        // Systems of their own for each test, so that nothing is built or deployed already.
        for host in ["luna", "rydev", "nixos-bootstrap", "nixpi"] {
            lab.write(&format!("hosts/{host}/version"), &format!("{}.{}", std::process::id(), unique()));
        }
        lab
    }

    fn at(directory: tempfile::TempDir, password: Option<&'static str>) -> Self {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let native = Native::new(NativeOptions {
            directory: directory.path().join("flake"),
            flake: ".".to_owned(),
            state: directory.path().join("state"),
            password: Box::new(move |_: &Host| {
                count.fetch_add(1, Ordering::SeqCst);
                password.map(str::to_owned)
            }),
            commands: CommandEnvironment::new(Shims::default()),
            holder: Holder { owner: "tests@here".to_owned(), run: format!("run-{}", unique()) },
            eval_memory_mib: None,
            asks_secrets: false,
        })
        .unwrap();
        Self { directory, native, lines: Lines::default(), cancel: Cancel::new(), asked }
    }

    /// The same project in a new run.
    fn again(self) -> Self {
        Self::at(self.directory, Some("testbed"))
    }

    fn io(&self) -> Io<'_> {
        Io { output: &self.lines, cancel: &self.cancel }
    }

    fn flake(&self) -> PathBuf {
        self.directory.path().join("flake")
    }

    /// Writes a file that nix sees.
    fn write(&self, file: &str, text: &str) {
        fs::write(self.flake().join(file), format!("{text}\n")).unwrap();
        let added = Command::new("git").args(["add", "-A"]).current_dir(self.flake()).status().unwrap();
        assert!(added.success());
    }

    fn derivation(&self, host: &Host) -> Result<Derivation, DriverError> {
        let mut all = self.native.evaluate(std::slice::from_ref(host), self.io()).unwrap();
        all.remove(0).1
    }

    fn built(&self, host: &Host) -> StorePath {
        let derivation = self.derivation(host).unwrap();
        self.native.build(host, &derivation, self.io()).unwrap().path
    }

    /// Everything up to the activation.
    fn copied(&self, host: &Host) -> (StorePath, Probe) {
        let probe = self.native.probe(host, self.io()).unwrap();
        let path = self.built(host);
        self.native.copy(host, &path, self.io()).unwrap();
        (path, probe)
    }

    fn activate(
        &self,
        host: &Host,
        path: &StorePath,
        action: Action,
        probe: &Probe,
    ) -> Result<Activation, DriverError> {
        self.native.activate(
            host,
            path,
            action,
            probe,
            Proving { proof: &Proof { timeout: TIMEOUT, ..Proof::default() }, gate: None },
            self.io(),
        )
    }

    fn deploy(&self, host: &Host, action: Action) -> (StorePath, Probe, Result<Activation, DriverError>) {
        let (path, probe) = self.copied(host);
        let activation = self.activate(host, &path, action, &probe);
        (path, probe, activation)
    }
}

fn unique() -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    COUNT.fetch_add(1, Ordering::SeqCst)
}

fn host(name: &str) -> Host {
    Host {
        name: HostName::new(name).unwrap(),
        platform: Platform::Nixos,
        system: Some("x86_64-linux".to_owned()),
        host_name: name.to_owned(),
        address: name.to_owned(),
        user: Some("ryan".to_owned()),
        port: None,
        build_on: BuildOn::Local,
        build_limits: Default::default(),
        cache: None,
        driver: Default::default(),
        tags: Default::default(),
        identity: Default::default(),
    }
}

fn on_host(name: &str, script: &str) -> String {
    testbed(&["exec", name, "sh", "-c", script]).trim().to_owned()
}

/// Nothing that a run makes on a host is left.
fn assert_clean(name: &str) {
    let look = "ls -d /run/fleet/fleet-* 2>/dev/null; systemctl list-units --all --plain --no-legend | grep ^fleet- || :";
    // A job that waited for the proof ends a moment after it.
    let left = (0..20).map(|_| on_host(name, look)).find(String::is_empty);
    let left = left.unwrap_or_else(|| on_host(name, look));
    assert_eq!(left, "", "left on {name}");
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_discovers_hosts_and_remembers_them_while_the_flake_is_the_same() {
    let lab = Lab::new();
    let platforms = [Platform::Nixos, Platform::Darwin];
    let found = lab.native.discover(&platforms, lab.io()).unwrap();
    let names: Vec<_> =
        found.iter().map(|host| (host.name.as_str(), host.system.as_deref().unwrap())).collect();
    assert!(names.contains(&("luna", "x86_64-linux")), "{names:?}");
    assert!(names.contains(&("macbook", "aarch64-darwin")), "{names:?}");
    assert!(found.iter().all(|host| host.host_name.as_deref() == Some(host.name.as_str())));

    // Known without nix: an evaluation would fail with this on PATH.
    let lab = lab.again();
    let cache = fs::read_to_string(lab.directory.path().join("state/cache/discovery.json")).unwrap();
    assert!(cache.contains("macbook"));
    fs::write(
        lab.directory.path().join("state/cache/discovery.json"),
        cache.replace("macbook", "from-the-cache"),
    )
    .unwrap();
    let cached = lab.native.discover(&platforms, lab.io()).unwrap();
    assert!(cached.iter().any(|host| host.name == "from-the-cache"));

    let lab = lab.again();
    lab.write("hosts/luna/system", "aarch64-linux");
    let fresh = lab.native.discover(&platforms, lab.io()).unwrap();
    let luna = fresh.iter().find(|host| host.name == "luna").unwrap();
    assert_eq!(luna.system.as_deref(), Some("aarch64-linux"));
    assert!(lab.native.revision().unwrap().ends_with("-dirty"));
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_one_host_that_does_not_evaluate_hides_no_other() {
    for (file, text, why) in [
        ("hosts/rydev/eval-error", "", "this host is set not to evaluate"),
        ("hosts/rydev/default.nix", "{ runtime }: abort \"cannot be caught\"", "cannot be caught"),
        ("hosts/rydev/default.nix", "{ runtime }: { units = ({ }).missing; }", "missing"),
    ] {
        let lab = Lab::new();
        lab.write(file, text);
        let found = lab.native.discover(&[Platform::Nixos], lab.io()).unwrap();
        assert_eq!(found.len(), 4, "{found:?}");
        let hosts = [host("luna"), host("rydev"), host("nixpi")];
        let evaluated = lab.native.evaluate(&hosts, lab.io()).unwrap();
        let names: Vec<_> = evaluated.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["luna", "rydev", "nixpi"]);
        assert!(evaluated[0].1.as_ref().unwrap().as_str().contains("nixos-system-luna"));
        assert!(evaluated[2].1.is_ok());
        let error = evaluated[1].1.as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Evaluation);
        assert!(error.said.iter().any(|line| line.contains(why)), "{file}: {error}");
    }
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_a_flake_that_does_not_evaluate_is_one_error() {
    let lab = Lab::new();
    lab.write("flake.nix", "{ outputs = { self }: { nixosConfigurations = throw \"broken flake\"; }; }");
    let error = lab.native.discover(&[Platform::Nixos], lab.io()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Evaluation);
    assert!(error.to_string().contains("broken flake"), "{error}");
    let error = lab.native.evaluate(&[host("luna"), host("rydev")], lab.io()).unwrap_err();
    assert!(error.to_string().contains("broken flake"), "{error}");
    lab.write("flake.nix", "{ outputs = { self }: { }; }");
    assert_eq!(lab.native.discover(&[Platform::Nixos, Platform::Darwin], lab.io()).unwrap(), []);
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_switches_four_hosts_and_proves_it() {
    let lab = Lab::new();
    for (index, name) in ["luna", "rydev", "nixos-bootstrap", "nixpi"].into_iter().enumerate() {
        let mut host = host(name);
        host.build_on = if index % 2 == 0 { BuildOn::Local } else { BuildOn::Target };
        let (path, probe, activation) = lab.deploy(&host, Action::Switch);
        let activation = activation.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(probe.system, "x86_64-linux");
        assert_eq!(probe.host_name, name);
        assert_eq!(probe.sudo, if name == "nixpi" { Sudo::Password } else { Sudo::Free });
        assert!(probe.store_free_mib > 100);
        assert_eq!(activation.code, Some(0));
        assert_eq!(activation.failed_units, []);
        assert_eq!(activation.state.current.as_ref(), Some(&path));
        assert_eq!(activation.state.profile.as_ref(), Some(&path));
        assert!(activation.state.generation > probe.state.generation);
        assert_eq!(
            on_host(name, "readlink -f /run/current-system /nix/var/nix/profiles/system"),
            format!("{path}\n{path}")
        );
        assert_eq!(on_host(name, &format!("readlink /nix/var/nix/gcroots/fleet/{name}")), path.as_str());
        assert!(on_host(name, "cat /boot/loader/loader.conf").contains("default nixos-generation-"));
        let log = testbed(&["log", name]);
        assert!(log.contains("\"action\":\"test\"") && log.contains("\"unit\":\"fleet-switch-"), "{log}");
        assert_eq!(lab.native.state(&host, lab.io()).unwrap(), activation.state);
        assert_clean(name);
    }
    assert_eq!(lab.asked.load(Ordering::SeqCst), 1);

    // Once more: nothing to build, nothing to copy.
    let lab = lab.again();
    let luna = host("luna");
    let (path, probe) = lab.copied(&luna);
    assert_eq!(probe.state.current, Some(path.clone()));
    assert_eq!(probe.state.profile, Some(path));
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_each_action_does_what_it_says() {
    let lab = Lab::new();
    let luna = host("luna");
    let (path, probe, activation) = lab.deploy(&luna, Action::DryActivate);
    assert_eq!(activation.unwrap().state, probe.state);
    assert!(lab.lines.has("would activate the configuration"));
    assert_eq!(lab.native.state(&luna, lab.io()).unwrap(), probe.state);

    let boot = lab.activate(&luna, &path, Action::Boot, &probe).unwrap();
    assert_eq!((boot.code, &boot.state.current), (Some(0), &probe.state.current));
    assert_eq!(boot.state.profile.as_ref(), Some(&path));

    lab.write("hosts/luna/version", "test-only");
    let lab = lab.again();
    let (tested, probe, activation) = lab.deploy(&luna, Action::Test);
    let activation = activation.unwrap();
    assert_eq!(activation.state.current.as_ref(), Some(&tested));
    assert_eq!(activation.state.profile, probe.state.profile);
    assert_eq!(activation.state.profile.as_ref(), Some(&path));
    assert_clean("luna");
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_exit_codes_are_told_apart() {
    let rydev = host("rydev");
    // Activated, a unit fails: the new system runs, and is not made lasting.
    let lab = Lab::new();
    lab.deploy(&rydev, Action::Switch).2.unwrap();
    testbed(&["fault", "rydev", "activation-fails", "4"]);
    let lab = Lab::new();
    testbed(&["fault", "rydev", "activation-fails", "4"]);
    let (path, probe, activation) = lab.deploy(&rydev, Action::Switch);
    let activation = activation.unwrap();
    assert_eq!(activation.code, Some(4));
    assert_eq!(activation.state.current.as_ref(), Some(&path));
    assert_eq!(activation.state.profile, probe.state.profile);
    assert_eq!(activation.failed_units.len(), 1, "{activation:?}");
    // It does not become right by being tried again.
    let lab = lab.again();
    let (_, _, again) = lab.deploy(&rydev, Action::Switch);
    let again = again.unwrap();
    assert_eq!(again.failed_units.len(), 1);
    assert_eq!(again.state.profile, probe.state.profile);
    assert_clean("rydev");

    // An activation script fails.
    let lab = Lab::new();
    testbed(&["fault", "rydev", "activation-fails", "2"]);
    let (path, probe, activation) = lab.deploy(&rydev, Action::Switch);
    let activation = activation.unwrap();
    assert_eq!((activation.code, &activation.state.profile), (Some(2), &probe.state.profile));
    assert_eq!(activation.state.current, Some(path));

    // Refused, locked, in need of a reboot, or broken before it: the old system is still there.
    for (code, text) in
        [("1", "exit code 1"), ("11", "another activation"), ("100", "reboot"), ("101", "101")]
    {
        let lab = Lab::new();
        testbed(&["fault", "rydev", "activation-fails", code]);
        let (_, probe, activation) = lab.deploy(&rydev, Action::Switch);
        let error = activation.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Activation);
        assert!(error.message.contains(text), "{error}");
        assert_eq!(lab.native.state(&rydev, lab.io()).unwrap(), probe.state);
        assert_clean("rydev");
    }
    testbed(&["heal"]);
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_what_had_failed_before_is_not_held_against_the_deployment() {
    let lab = Lab::new();
    let luna = host("luna");
    testbed(&["fault", "luna", "degraded"]);
    let (path, probe, activation) = lab.deploy(&luna, Action::Switch);
    testbed(&["heal"]);
    let activation = activation.unwrap();
    assert!(!probe.failed_units.is_empty());
    assert_eq!(activation.failed_units, []);
    assert_eq!(activation.state.profile, Some(path));
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_an_activation_outlives_its_connection() {
    let lab = Lab::new();
    let luna = host("luna");
    let (path, probe) = lab.copied(&luna);
    testbed(&["fault", "luna", "activation-slow", "2"]);
    let cut = std::thread::spawn(|| {
        let begun = || !on_host("luna", "ls /run/fleet/fleet-*/pid 2>/dev/null || :").is_empty();
        assert!((0..200).any(|_| begun()), "no activation begins");
        on_host(
            "luna",
            "for p in /proc/[0-9]*; do case $(tr '\\0' ' ' <$p/cmdline 2>/dev/null) in 'sshd: ryan'*) kill -9 ${p#/proc/};; esac; done",
        );
    });
    let activation = lab.activate(&luna, &path, Action::Switch, &probe);
    cut.join().unwrap();
    let activation = activation.unwrap();
    assert_eq!(activation.code, Some(0));
    assert_eq!(activation.state.profile, Some(path));
    assert!(lab.lines.has("trying again"), "{:?}", lab.lines.0);
    let started = lab
        .lines
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|line| line.contains("activating the configuration"))
        .count();
    assert_eq!(started, 1, "each line of the log comes once");
    assert_clean("luna");
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_an_activation_that_hangs_is_stopped() {
    let lab = Lab::new();
    let luna = host("luna");
    let (path, probe) = lab.copied(&luna);
    testbed(&["fault", "luna", "activation-hangs"]);
    let error = lab
        .native
        .activate(
            &luna,
            &path,
            Action::Switch,
            &probe,
            Proving { proof: &Proof { timeout: Duration::from_secs(2), ..Proof::default() }, gate: None },
            lab.io(),
        )
        .unwrap_err();
    testbed(&["heal"]);
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    assert_eq!(lab.native.state(&luna, lab.io()).unwrap(), probe.state);
    assert_clean("luna");
    let (_, _, activation) = lab.deploy(&luna, Action::Switch);
    assert_eq!(activation.unwrap().code, Some(0));
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_rolls_back_to_what_the_probe_found() {
    let lab = Lab::new();
    let luna = host("luna");
    let (old, _, activation) = lab.deploy(&luna, Action::Switch);
    activation.unwrap();
    lab.write("hosts/luna/version", "newer");
    let lab = lab.again();
    let (new, probe, activation) = lab.deploy(&luna, Action::Switch);
    assert_eq!(activation.unwrap().state.profile, Some(new));
    let state = lab.native.roll_back(&luna, &probe, Action::Switch, lab.io()).unwrap();
    assert_eq!(state, probe.state);
    assert_eq!(state.current, Some(old));
    let generation = state.generation.unwrap();
    assert!(
        on_host("luna", "cat /boot/loader/loader.conf")
            .contains(&format!("nixos-generation-{generation}.conf"))
    );
    assert_clean("luna");
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_a_host_that_cannot_be_reached_says_why() {
    let luna = host("luna");
    let probe = |host: &Host| {
        let lab = Lab::at(tempfile::tempdir().unwrap(), None);
        lab.native.probe(host, lab.io()).unwrap_err().kind
    };
    for (fault, kind) in
        [("down", ErrorKind::NoAnswer), ("sshd-stop", ErrorKind::Refused), ("hostkey", ErrorKind::HostKey)]
    {
        testbed(&["fault", "luna", fault]);
        assert_eq!(probe(&luna), kind, "{fault}");
        testbed(&["heal", "luna"]);
    }
    assert_eq!(probe(&Host { user: Some("nobody".to_owned()), ..luna.clone() }), ErrorKind::Authentication);
    assert_eq!(
        probe(&Host { address: "nosuch.invalid".to_owned(), ..luna.clone() }),
        ErrorKind::NameResolution
    );
    for address in ["-oProxyCommand=touch /tmp/x", "$(id)", "a;b", "a\nb"] {
        assert_eq!(probe(&Host { address: address.to_owned(), ..luna.clone() }), ErrorKind::Refusal);
    }
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_sudo_is_settled_by_the_probe() {
    let nixpi = host("nixpi");
    for (password, asked, kind) in
        [(None, 1, "nobody to ask"), (Some("wrong"), 1, "does not take the password")]
    {
        let lab = Lab::with_password(password);
        let error = lab.native.probe(&nixpi, lab.io()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Sudo);
        assert!(error.message.contains(kind), "{error}");
        assert!(error.help.is_some());
        assert_eq!(lab.asked.load(Ordering::SeqCst), asked);
        assert!(!lab.lines.has("wrong"));
    }
    let root = Host { user: Some("root".to_owned()), ..nixpi };
    let lab = Lab::with_password(None);
    assert_eq!(lab.native.probe(&root, lab.io()).unwrap().sudo, Sudo::Root);
    assert_eq!(lab.asked.load(Ordering::SeqCst), 0);
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_builds_where_it_is_told_and_keeps_what_nix_says() {
    let lab = Lab::new();
    lab.write("hosts/rydev/broken", "");
    for build_on in [BuildOn::Local, BuildOn::Target, BuildOn::Builder("root@luna".into())] {
        let rydev = Host { build_on, ..host("rydev") };
        lab.native.probe(&rydev, lab.io()).unwrap();
        let derivation = lab.derivation(&rydev).unwrap();
        let error = lab.native.build(&rydev, &derivation, lab.io()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Build);
        assert!(error.said.iter().any(|line| line.contains("this host is set not to build")), "{error}");
    }
    fs::remove_file(lab.flake().join("hosts/rydev/broken")).unwrap();
    let lab = lab.again();
    let rydev = Host {
        build_on: BuildOn::Builder("root@luna".into()),
        user: Some("root".to_owned()),
        ..host("rydev")
    };
    let (path, _, activation) = lab.deploy(&rydev, Action::Switch);
    assert_eq!(activation.unwrap().state.current, Some(path.clone()));
    assert!(!Path::new(path.as_str()).exists(), "it came straight from the builder");
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_hosts_that_are_built_together_fail_and_speak_for_themselves() {
    let lab = Lab::new();
    lab.write("hosts/rydev/broken", "");
    let hosts = ["luna", "rydev", "nixos-bootstrap", "nixpi"].map(host);
    let evaluated = lab.native.evaluate(&hosts, lab.io()).unwrap();
    let lines: Vec<Lines> = hosts.iter().map(|_| Lines::default()).collect();
    let results: Vec<_> = std::thread::scope(|scope| {
        let builds: Vec<_> = hosts
            .iter()
            .zip(&evaluated)
            .zip(&lines)
            .map(|((host, (_, derivation)), lines)| {
                let io = Io { output: lines, cancel: &lab.cancel };
                let native = &lab.native;
                scope.spawn(move || native.build(host, derivation.as_ref().unwrap(), io))
            })
            .collect();
        builds.into_iter().map(|build| build.join().unwrap()).collect()
    });
    for ((host, result), lines) in hosts.iter().zip(&results).zip(&lines) {
        let broken = host.name.as_str() == "rydev";
        assert_eq!(result.is_err(), broken, "{}: {result:?}", host.name);
        assert_eq!(lines.has("this host is set not to build"), broken, "{}: {:?}", host.name, lines.0);
        assert!(lines.has(&format!("nixos-system-{}", host.name)), "{}: {:?}", host.name, lines.0);
    }
    let error = results[1].as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Build);
    assert!(error.said.iter().any(|line| line.contains("set not to build")), "{error}");
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_what_a_login_prints_is_no_answer() {
    let lab = Lab::new();
    let luna = host("luna");
    on_host(
        "luna",
        "echo 'echo noise; echo fleet:0:current=/nix/store/x; echo more noise >&2' >/home/ryan/.bashrc",
    );
    let probe = lab.native.probe(&luna, lab.io());
    on_host("luna", "rm /home/ryan/.bashrc");
    assert_eq!(probe.unwrap().host_name, "luna");
    assert!(lab.lines.has("noise"));
    // And where the login knows neither nix nor sudo.
    on_host("luna", "echo 'PATH=/bin' >/home/ryan/.bashrc");
    let probe = lab.native.probe(&luna, lab.io());
    on_host("luna", "rm /home/ryan/.bashrc");
    assert_eq!(probe.unwrap().sudo, Sudo::Free);
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_a_request_to_stop_is_heard_while_a_host_does_not_answer() {
    let lab = Lab::new();
    testbed(&["fault", "luna", "blackhole"]);
    let stopper = lab.cancel.clone();
    let stop = std::thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        stopper.stop(Stop::Interrupt);
    });
    let error = lab.native.probe(&host("luna"), lab.io()).unwrap_err();
    stop.join().unwrap();
    testbed(&["heal", "luna"]);
    assert_eq!(error.kind, ErrorKind::Cancelled);
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_a_darwin_host_is_activated_by_its_own_script() {
    let lab = Lab::new();
    let file = lab.flake().join("nixos/default.nix");
    let text = fs::read_to_string(&file).unwrap();
    let script = text.replace(
        r"'#!/bin/sh\necho activating %s\n' $host",
        r"'#!/bin/sh\necho activating %s\nln -sfn %s /run/current-system\n' $host $out",
    );
    assert_ne!(script, text);
    lab.write("nixos/default.nix", &script);
    lab.write("darwin/macbook/system", "x86_64-linux");
    let mac = Host { platform: Platform::Darwin, address: "rydev".to_owned(), ..host("macbook") };
    let (path, _, activation) = lab.deploy(&mac, Action::Switch);
    let activation = activation.unwrap();
    assert!(path.as_str().contains("darwin-system-macbook"));
    assert_eq!(activation.state.current.as_ref(), Some(&path));
    assert_eq!(activation.state.profile.as_ref(), Some(&path));
    let error = lab.deploy(&mac, Action::DryActivate).2.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refusal);
    on_host(
        "rydev",
        "rm /run/current-system; nix-env -p /nix/var/nix/profiles/system --rollback 2>/dev/null || :",
    );
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_refuses_and_tells_before_anything_is_changed() {
    let lab = Lab::new();
    let luna = host("luna");
    lab.native.probe(&luna, lab.io()).unwrap();
    let path = lab.built(&luna);
    let wrong = Host { system: Some("aarch64-linux".to_owned()), ..luna.clone() };
    let error = lab.native.copy(&wrong, &path, lab.io()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refusal);
    assert!(error.message.contains("x86_64-linux") && error.message.contains("aarch64-linux"), "{error}");
    assert_eq!(on_host("luna", &format!("ls -d {path} 2>/dev/null || :")), "");

    testbed(&["fault", "luna", "diskfull"]);
    let error = lab.native.copy(&luna, &path, lab.io()).unwrap_err();
    testbed(&["heal"]);
    assert_eq!(error.kind, ErrorKind::DiskFull, "{error}");

    let lab = lab.again();
    let (path, probe) = lab.copied(&luna);
    testbed(&["fault", "luna", "profile-ro"]);
    let error = lab.activate(&luna, &path, Action::Switch, &probe).unwrap_err();
    testbed(&["heal"]);
    assert_eq!(error.kind, ErrorKind::Refusal, "{error}");
    assert_eq!(lab.native.state(&luna, lab.io()).unwrap(), probe.state);
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_checks_of_other_systems_are_skipped_and_not_passed() {
    let lab = Lab::new();
    let check = lab.native.check(lab.io()).unwrap();
    assert!(check.skipped.iter().any(|name| name.starts_with("checks.aarch64-linux.")), "{check:?}");
    assert!(check.skipped.iter().all(|name| !name.contains("x86_64")), "{check:?}");
    let names: Vec<&str> = check.skipped.iter().filter_map(|name| name.rsplit('.').next()).collect();
    let first = names[0];
    // `nix flake check` has built it.
    assert_eq!(lab.native.build_check(first, None, lab.io()).unwrap(), CheckOutcome::Cached);
    let error = lab.native.build_check(&format!("{first}x"), None, lab.io()).unwrap_err();
    assert!(error.help.unwrap().contains(first));
    let error = lab.native.build_check("a\"b${c}", None, lab.io()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Evaluation);
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_health_checks_tell_how_it_is() {
    let lab = Lab::new();
    let luna = host("luna");
    lab.deploy(&luna, Action::Switch).2.unwrap();
    let health = |kind| Health { kind, retries: 0, deadline: Duration::from_secs(5), span: Span::NONE };
    let text = |text: &str| Text::nowhere(text);
    let command = |script: &str, on_host| HealthKind::Command { script: text(script), on_host };
    let cases = [
        (HealthKind::Unit(text("status-page.service")), true),
        (HealthKind::Unit(text("nosuch.service")), false),
        (HealthKind::Http(text("http://luna/")), true),
        (HealthKind::Http(text("http://luna/nosuch")), false),
        (HealthKind::Tcp(text("luna:80")), true),
        (HealthKind::Tcp(text("luna:81")), false),
        (command("test \"$(uname -n)\" = luna", true), true),
        (command("exit 3", true), false),
        (command("test \"$(uname -n)\" != luna", false), true),
        (command("exit 3", false), false),
    ];
    for (kind, healthy) in cases {
        let outcome = lab.native.health(&luna, &health(kind.clone()), lab.io()).unwrap();
        assert_eq!(outcome == HealthOutcome::Healthy, healthy, "{kind:?}: {outcome:?}");
    }
}

#[test]
#[ignore = "runs in the testbed"]
fn inside_no_connection_is_left_behind() {
    let lab = Lab::new();
    lab.native.probe(&host("luna"), lab.io()).unwrap();
    // Those of this network only: other tests may run beside this one.
    let masters = || {
        let network = |process: &Path| fs::read_link(process.join("ns/net")).ok();
        let ours = network(Path::new("/proc/self"));
        let is_master = |process: &Path| {
            let words = fs::read(process.join("cmdline")).unwrap_or_default();
            let words = String::from_utf8_lossy(&words).into_owned();
            words.starts_with("ssh: ") && words.contains("fleet-") && words.contains("[mux]")
        };
        let processes = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes.filter(|process| network(process) == ours && is_master(process)).count()
    };
    assert_eq!(masters(), 1);
    drop(lab);
    // A master that is told to end answers before it has ended.
    let deadline = Instant::now() + Duration::from_secs(20);
    while masters() > 0 && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(masters(), 0);
}
