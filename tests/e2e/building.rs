//! Where systems are built, and how they come to their hosts.

use crate::Homelab;
use crate::run::Run;

/// Lets luna be built with these settings.
fn luna_is(homelab: &Homelab, settings: &str) {
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    let other = fleetfile.replace("luna: {", &format!("luna: {{{settings}, "));
    assert_ne!(fleetfile, other);
    homelab.write("Fleetfile.yaml", &other);
}

/// Ends with the test.
struct Server(std::process::Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn built_on(run: &Run) -> String {
    run.host("luna")["built_on"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn auto_builds_where_the_system_can_be_built() {
    let Some(homelab) = Homelab::up("building::auto_builds_where_the_system_can_be_built") else { return };
    luna_is(&homelab, "build_on: auto, max_jobs: 2, cores: 1");
    let luna = ["apply-nixos", "host=luna", "--yes"];
    let run = homelab.run(&luna);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(built_on(&run), "local", "{}", run.printed);
    assert!(run.printed.contains("built on") && run.printed.contains("local"), "{}", run.printed);

    // A nix here that builds nothing leaves it to the host.
    homelab.change_all("2");
    let run = homelab.run_with(&[], "max-jobs = 0", &luna);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(built_on(&run), "target", "{}", run.printed);
    assert!(run.logs["luna"].contains("nixos-system-luna-25.05.2"), "{}", run.logs["luna"]);

    // ... unless it has another machine for that.
    homelab.change_all("3");
    let system = std::env::consts::ARCH;
    let builders = format!("max-jobs = 0\nbuilders = ssh://rydev {system}-linux");
    let before = homelab.testbed(&["exec", "rydev", "ls", "/nix/store"]);
    assert!(!before.contains("nixos-system-luna"), "{before}");
    let run = homelab.run_with(&[], &builders, &luna);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(built_on(&run), "local", "{}", run.printed);
    let after = homelab.testbed(&["exec", "rydev", "ls", "/nix/store"]);
    assert!(after.contains("nixos-system-luna-25.05.3"), "{after}");

    // Where nothing has the memory, the host is left alone.
    homelab.change_all("4");
    luna_is(&homelab, "job_memory: 900TiB");
    let activations = homelab.activations("luna");
    let run = homelab.run(&luna);
    run.assert_results(&["luna failed"]);
    let reason = run.reason("luna");
    assert!(reason.contains(&format!("nothing builds for {system}-linux, which luna is")), "{reason}");
    assert!(reason.contains("`builders`") && reason.contains("`job_memory` of luna"), "{reason}");
    assert_eq!((homelab.activations("luna"), built_on(&run)), (activations, String::new()));
}

#[test]
fn a_binary_cache_brings_what_is_built_elsewhere() {
    let Some(homelab) = Homelab::up("building::a_binary_cache_brings_what_is_built_elsewhere") else {
        return;
    };
    let cache = homelab.dir().join("cache");
    // Compressing takes longer than all the rest.
    let url = format!("file://{}?compression=none", cache.display());
    luna_is(
        &homelab,
        &format!("build_on: local, push_to: '{url}', pull_from: 'http://192.0.2.1:8099?trusted=true'"),
    );
    // The host has no way to a directory of this machine: a web server is what a cache is to it.
    let serve = "cd \"$1\" && exec python3 -m http.server --bind 192.0.2.1 8099";
    let served = homelab.dir().join("cache");
    std::fs::create_dir(&served).unwrap();
    let server = homelab
        .start_program(&["sh", "-c", serve, "sh", served.to_str().unwrap()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let _server = Server(server.unwrap());
    let luna = ["apply-nixos", "host=luna", "--yes"];
    let run = homelab.run(&luna);
    run.assert_results(&["luna succeeded"]);
    assert_eq!(built_on(&run), "local");
    let system = homelab.current_system("luna");
    let digest = system.strip_prefix("/nix/store/").unwrap().split('-').next().unwrap().to_owned();
    assert!(cache.join(format!("{digest}.narinfo")).exists(), "it was not pushed");
    assert!(run.logs["luna"].contains("from 'http://192.0.2.1:8099"), "{}", run.logs["luna"]);

    // A cache that the host has no reason to trust, and one that cannot be pushed to.
    homelab.change_all("2");
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    homelab.write("Fleetfile.yaml", &fleetfile.replace("?trusted=true", ""));
    let run = homelab.run(&luna);
    run.assert_results(&["luna failed"]);
    let reason = run.reason("luna");
    assert!(reason.contains("luna did not get its system from http://192.0.2.1:8099"), "{reason}");
    assert!(reason.contains("trusted-public-keys of luna"), "{reason}");
    assert_eq!(homelab.current_system("luna"), system);

    homelab.write("Fleetfile.yaml", &fleetfile.replace(&url, "http://192.0.2.1:1"));
    let run = homelab.run(&luna);
    run.assert_results(&["luna failed"]);
    assert!(
        run.reason("luna").contains("could not be pushed to http://192.0.2.1:1"),
        "{}",
        run.reason("luna")
    );
}

/// Whether a process runs whose command line is this.
fn runs(words: &[&str]) -> bool {
    let wanted = format!("{}\0", words.join("\0"));
    std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
        std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| line.ends_with(wanted.as_bytes()))
    })
}

/// Looks for a minute whether something comes true.
fn comes_true(is_so: impl Fn() -> bool) -> bool {
    (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        is_so()
    })
}

#[test]
fn what_fleet_has_started_ends_when_it_is_killed() {
    let Some(homelab) = Homelab::up("building::what_fleet_has_started_ends_when_it_is_killed") else {
        return;
    };
    luna_is(&homelab, "build_on: local");
    // The build sleeps so long, under nix, which is fleet's child.
    let seconds = (100_000 + std::process::id()).to_string();
    homelab.write("hosts/luna/slow", &seconds);
    let fleet = homelab
        .start(&["run", "apply-nixos", "host=luna", "--yes"])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    let mut fleet = Server(fleet.unwrap());
    assert!(comes_true(|| runs(&["sleep", &seconds])), "the build did not begin");
    fleet.0.kill().unwrap();
    fleet.0.wait().unwrap();
    assert!(comes_true(|| !runs(&["sleep", &seconds])), "the build goes on without fleet");
}
