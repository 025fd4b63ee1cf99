//! Hosts that are odd, commands that do not end, names that are attacks: the report stays true, and nothing is left.

use crate::Homelab;
use crate::aftermath::Aftermath;
use crate::told::Told;
use std::fs;
use std::path::Path;

/// `plain` alone is like the pipelines of everybody; each of the others has one thing that is wrong.
const PIPELINES: &str = "
  plain: &plain
    platform: nixos
    deploy: {action: switch, confirm: false, watchdog: 30s}
  hangs:
    <<: *plain
    deploy: {confirm: false, before: [{command: sleep 987654, timeout: 2s}]}
  floods:
    <<: *plain
    deploy: {confirm: false, before: [{command: 'yes gigabyte | head -c 2000000; yes x | head -c 100000000 | tr -d [:space:]'}]}
  silent:
    <<: *plain
    deploy: {confirm: false, health: [{http: 'http://{{.HOST}}:8099/', retries: 1, deadline: 3s}]}
  tells:
    <<: *plain
    notify: [{command: 'cat >report.json'}]
";

/// A login shell that, as fish does not, understands nothing of POSIX: it splits at blanks.
const SHELL: &str = r#"#!/bin/bash
[ "$1" = -c ] || exit 1
case $2 in *[!A-Za-z0-9\ ./_=-]*) echo "fish: Unknown command: $2" >&2; exit 127 ;; esac
exec $2
"#;

fn with_pipelines(hosts: usize, test: &str) -> Option<Homelab> {
    let homelab = Homelab::up_with(hosts, test)?;
    let fleetfile = fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINES;
    homelab.write("Fleetfile.yaml", &fleetfile);
    Some(homelab)
}

fn on(homelab: &Homelab, host: &str, script: &str) -> String {
    homelab.testbed(&["exec", host, "sh", "-euc", script])
}

#[test]
fn odd_hosts_are_deployed_or_refused_with_the_reason() {
    let Some(homelab) = with_pipelines(8, "bad_input::odd_hosts_are_deployed_or_refused_with_the_reason")
    else {
        return;
    };
    let hosts = "host=luna,rydev,host5,host6,host7,host8";
    let first = homelab.run(&["plain", hosts]);
    assert_eq!(first.code, 0, "{}", first.printed);

    homelab.testbed(&[
        "exec",
        "luna",
        "sh",
        "-euc",
        "printf %s \"$1\" >/etc/testbed/fish; chmod 755 /etc/testbed/fish; \
        sed -i 's,:/bin/bash$,:/etc/testbed/fish,' /etc/passwd",
        "sh",
        SHELL,
    ]);
    let reload = "kill -HUP \"$(cat /run/sshd.pid)\"";
    on(
        &homelab,
        "rydev",
        &format!(
            "printf 'Authorized use only\\nfleet:0:end=1\\n' >/etc/banner; echo 'Banner /etc/banner' >>/etc/ssh/sshd_config; {reload}"
        ),
    );
    on(&homelab, "host5", "echo 'echo Welcome to host5' >/home/ryan/.bashrc");
    on(
        &homelab,
        "host6",
        &format!(
            "mkdir /run/few; ln -s /usr/bin/* /run/few; rm /run/few/nix*; \
         sed -i 's,^SetEnv.*,SetEnv PATH=/run/few:/usr/sbin,' /etc/ssh/sshd_config; {reload}"
        ),
    );
    on(&homelab, "host7", "hostname liar");
    // All that a script can ask the clock; a year ahead of everybody.
    on(
        &homelab,
        "host8",
        "mkdir -p /run/wrappers/bin; cd /run/wrappers/bin; \
        printf '%s\\n' '#!/bin/sh' 'exec /usr/bin/date -d \"1 year $*\" ' >date.new; \
        printf '%s\\n' '#!/bin/sh' 'case $1 in +%s) echo $(($(/usr/bin/date +%s) + 31536000)) ;; *) exec /usr/bin/date \"$@\" ;; esac' >date; \
        printf '%s\\n' '#!/bin/sh' 'case \"$1 $2\" in \"-c %Y\") shift 2; echo $(($(/usr/bin/stat -c %Y \"$@\") + 31536000)) ;; *) exec /usr/bin/stat \"$@\" ;; esac' >stat; \
        rm date.new; chmod 755 date stat",
    );
    for host in ["luna", "rydev", "host5", "host6", "host7", "host8"] {
        homelab.write(&format!("hosts/{host}/version"), "2");
    }
    let before = Aftermath::of(&homelab, "host7");
    // sshd restarts by executing itself.
    for host in ["rydev", "host6"] {
        on(
            &homelab,
            host,
            "address=$(sed -n 's/^ListenAddress //p' /etc/ssh/sshd_config); \
            until ssh-keyscan -T 2 \"$address\" 2>/dev/null | grep -q ssh-; do sleep 0.1; done",
        );
    }
    let run = homelab.run(&["plain", hosts]);
    run.assert_results(&[
        "luna succeeded",
        "rydev succeeded",
        "host5 failed",
        "host6 failed",
        "host7 failed",
        "host8 succeeded",
    ]);
    for (host, words) in [("host5", "prints"), ("host6", "nix"), ("host7", "liar")] {
        assert!(run.reason(host).contains(words), "{host}: {}", run.reason(host));
    }
    assert_eq!(Aftermath::of(&homelab, "host7"), before);
    for host in ["luna", "rydev", "host5", "host6", "host8"] {
        let now = Aftermath::of(&homelab, host);
        let changed = run.results().contains(&format!("{host} succeeded"));
        assert_eq!(now.runs.ends_with("-25.05.2"), changed, "{host}: {now:?}");
        assert!(now.left.is_empty() && now.runs == now.profile && now.runs == now.boots, "{host}: {now:?}");
    }
    // Last week's lock, by the clock of a year ahead, is stale there; one of now is not.
    on(
        &homelab,
        "host8",
        "printf '%s\\n' 'version 1' 'owner eve@desk' 'run r' 'job fleet-switch-1' \"since $(date +%s)\" \
        \"boot $(cat /proc/sys/kernel/random/boot_id)\" >/run/fleet/lock",
    );
    homelab.write("hosts/host8/version", "3");
    let locked = homelab.run(&["plain", "host=host8"]);
    locked.assert_results(&["host8 failed"]);
    assert!(locked.reason("host8").contains("eve@desk"), "{}", locked.reason("host8"));
}

#[test]
fn what_does_not_end_or_answer_is_given_up_and_leaves_nothing() {
    let Some(homelab) =
        with_pipelines(4, "bad_input::what_does_not_end_or_answer_is_given_up_and_leaves_nothing")
    else {
        return;
    };
    let hangs = homelab.run(&["hangs", "host=luna"]);
    hangs.assert_results(&["luna failed"]);
    assert!(hangs.reason("luna").contains("takes too long"), "{}", hangs.reason("luna"));
    assert_eq!(Aftermath::of(&homelab, "luna").runs, "");

    // Lines without number, and one without end: it is neither held in memory nor a reason to stop.
    let mut floods = Told::start(homelab.start(&["run", "floods", "host=luna", "--json"]));
    let mut most = 0;
    let code = floods.listen(|event, fleet| {
        if event["event"] == "host_finished" {
            let status = fs::read_to_string(format!("/proc/{}/status", fleet.id())).unwrap();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
            most = peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
        }
    });
    assert_eq!((code, floods.result("luna")), (0, "succeeded"), "{}", floods.printed());
    assert!((1..200_000).contains(&most), "it took {most} kB of memory");

    // Takes connections and never says a word.
    on(
        &homelab,
        "rydev",
        "setsid python3 -c 'import socket, time; s = socket.create_server((\"\", 8099)); time.sleep(1000)' \
        </dev/null >/dev/null 2>&1 & until ss -ltn 2>/dev/null | grep -q :8099 || grep -q :1FA3 /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done",
    );
    let silent = homelab.run(&["silent", "host=rydev"]);
    silent.assert_results(&["rydev degraded"]);
    assert!(silent.reason("rydev").contains("http://rydev:8099/"), "{}", silent.reason("rydev"));
    assert!(Aftermath::of(&homelab, "rydev").left.is_empty());
    assert_eq!(homelab.processes_left(), Vec::<String>::new());
}

#[test]
fn two_fleets_in_one_repository_change_a_host_one_at_a_time() {
    let Some(homelab) =
        with_pipelines(4, "bad_input::two_fleets_in_one_repository_change_a_host_one_at_a_time")
    else {
        return;
    };
    homelab.run(&["plain", "host=luna,rydev"]).assert_results(&["luna succeeded", "rydev succeeded"]);
    homelab.write("hosts/luna/version", "2");
    homelab.write("hosts/rydev/version", "2");
    homelab.fault(&["luna", "at", "activate", "hold"]);
    let mut first = Told::start(homelab.start(&["run", "plain", "host=luna,rydev", "--json"]));
    let mut second = None;
    let code = first.listen(|event, _| {
        if second.is_none()
            && event["line"].as_str().is_some_and(|line| line.starts_with("activating"))
            && event["host"] == "luna"
        {
            second = Some(homelab.run(&["plain", "host=luna"]));
            on(&homelab, "luna", "rm /run/testbed/faults/held");
        }
    });
    let second = second.unwrap();
    second.assert_results(&["luna failed"]);
    assert!(second.reason("luna").contains(&first.run), "{}", second.reason("luna"));
    assert_eq!(code, 0, "{}", first.printed());
    assert_eq!((first.result("luna"), first.result("rydev")), ("succeeded", "succeeded"));
    assert!(homelab.current_system("luna").ends_with("-25.05.2"));
}

#[test]
fn secrets_in_the_environment_are_in_nothing_that_is_kept_or_sent() {
    let Some(homelab) =
        with_pipelines(4, "bad_input::secrets_in_the_environment_are_in_nothing_that_is_kept_or_sent")
    else {
        return;
    };
    let secret = "correct-horse-battery-staple";
    let mut command = homelab.start(&["run", "tells", "host=luna", "--json", "--verbose"]);
    command.env("RESTIC_PASSWORD", secret).env("FLEET_TOKEN", secret);
    let mut told = Told::start(command);
    let mut heard = String::new();
    let code = told.listen(|event, _| heard.push_str(&event.to_string()));
    assert_eq!(code, 0, "{}", told.printed());
    let report = fs::read_to_string(homelab.dir().join("report.json")).unwrap();
    assert!(report.contains("\"succeeded\""), "{report}");
    let mut kept = String::new();
    read_all(&homelab.dir().join(".fleet"), &mut kept);
    assert!(kept.contains("run_finished"));
    for text in [heard, told.printed(), report, kept] {
        assert!(!text.contains(secret));
    }
    let on_host =
        on(&homelab, "luna", "cat /run/fleet/* /var/log/testbed-journal/* 2>/dev/null || :; ps -eo args");
    assert!(!on_host.contains(secret));
}

fn read_all(directory: &Path, text: &mut String) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, text);
        } else {
            text.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_name_that_is_an_attack_reaches_no_shell() {
    let Some(homelab) = with_pipelines(4, "bad_input::a_name_that_is_an_attack_reaches_no_shell") else {
        return;
    };
    for name in ["-oProxyCommand=touch pwned", "$(touch pwned)", "a;touch pwned", "a\ntouch pwned"] {
        let directory = homelab.dir().join("hosts").join(name);
        fs::create_dir(&directory).unwrap();
        for (file, text) in
            [("default.nix", "{ runtime }: { }\n"), ("version", "1\n"), ("system", "x86_64-linux\n")]
        {
            homelab.write(&format!("hosts/{name}/{file}"), text);
        }
        let run = homelab.run(&["plain", "host=*,!nixpi"]);
        run.assert_results(&["luna succeeded", "nixos-bootstrap succeeded", "rydev succeeded"]);
        let said = format!("`{}` cannot name a", name.escape_debug());
        assert!(run.printed.contains(&said), "{name}: {}", run.printed);
        for host in ["luna", "nixos-bootstrap", "rydev"] {
            homelab.write(&format!("hosts/{host}/version"), &format!("{}\n", name.len()));
        }
        fs::remove_dir_all(directory).unwrap();
        homelab.forget("hosts");
    }
    // What is typed is a selector or a variable, and never a word of a shell or of ssh.
    for host in ["-oProxyCommand=touch pwned", "$(touch pwned)", "a;touch pwned", "a\ntouch pwned"] {
        let output = homelab.fleet(&["run", "plain", &format!("host={host}")]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let pwned = homelab.testbed(&["run", "find", homelab.dir().to_str().unwrap(), "-name", "pwned*"]);
    assert_eq!(pwned, "");
    for host in crate::homelab::HOSTS {
        assert_eq!(on(&homelab, host, "find / -xdev -name 'pwned*' 2>/dev/null || :"), "");
    }
}
