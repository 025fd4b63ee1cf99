//! Random faults into deployment after deployment: whatever happens, the report is what the host says afterwards, and nothing
//! is left. The seed gives the faults and their moments; `tests/soak SEED N` makes N deployments.

use crate::Homelab;
use crate::aftermath::Aftermath;
use crate::told::Told;
use fastrand::Rng;
use std::time::{Duration, Instant};

const PIPELINE: &str = "
  soak:
    platform: nixos
    deploy: {action: switch, confirm: false, timeout: 30s, watchdog: 20s}
";
/// Deployments at the same time, each of hosts and of a repository of its own.
const LANES: usize = 6;
const HOSTS: usize = 4;
/// How long a host may need to come to rest.
const REST: Duration = Duration::from_secs(200);

/// The seed, and how many deployments.
fn asked_for() -> (u64, usize) {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    (number("FLEET_SOAK_SEED", 1), usize::try_from(number("FLEET_SOAK_RUNS", 6)).unwrap())
}

/// Something that goes wrong on a host.
#[derive(Debug, Clone)]
struct Fault {
    words: Vec<String>,
    when: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// It is there before the run.
    Before,
    /// The host makes it itself, in the middle of its activation or behind it.
    Activation(&'static str),
    /// It comes with the event of that number about this host.
    Event(usize),
}

impl Fault {
    /// Any, or none.
    fn any(rng: &mut Rng) -> Option<Self> {
        if rng.u8(..) < 90 {
            return None;
        }
        let words = match rng.u8(0..16) {
            0 => "down".to_owned(),
            1 => "blackhole".to_owned(),
            2 => format!("slow {} {}", rng.u8(20..150), rng.u8(2..20)),
            3 | 4 => format!("loss {}", rng.u8(5..25)),
            5 => "sshd-stop".to_owned(),
            6 => "sshd-stop hard".to_owned(),
            7 => format!("diskfull {}", rng.u16(0..600)),
            8 => "profile-ro".to_owned(),
            9 => "hostkey".to_owned(),
            10 | 11 => format!("drop {}", rng.u8(1..50)),
            12 | 13 => format!("activation-fails {}", rng.choice([1, 2, 4, 11, 100, 101]).unwrap()),
            14 => "activation-hangs".to_owned(),
            _ => format!("activation-slow {}", rng.u8(1..8)),
        };
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let itself = matches!(
            words[0].as_str(),
            "down" | "blackhole" | "sshd-stop" | "diskfull" | "profile-ro" | "hostkey" | "drop"
        );
        let moment = rng.choice(["begin", "activate", "verify"]).unwrap();
        let when = match rng.u8(0..3) {
            _ if words[0] == "drop" => When::Activation(moment),
            _ if words[0].starts_with("activation-") => When::Before,
            0 if itself => When::Activation(moment),
            1 => When::Before,
            // There are some 160 events about a host, most of them of the copy and the build.
            _ => When::Event(if rng.bool() { rng.usize(1..12) } else { rng.usize(1..160) }),
        };
        Some(Self { words, when })
    }

    fn make(&self, homelab: &Homelab, host: &str) {
        let words = self.words.iter().map(String::as_str);
        let moment = match self.when {
            When::Activation(moment) => vec!["at", moment],
            _ => Vec::new(),
        };
        homelab.fault(&[host].into_iter().chain(moment).chain(words).collect::<Vec<_>>());
    }
}

#[test]
fn random_faults_never_make_a_report_wrong() {
    let (seed, deployments) = asked_for();
    let lanes = LANES.min(deployments);
    let Some(homelab) = Homelab::up_with(lanes * HOSTS + 2, "soak::random_faults_never_make_a_report_wrong")
    else {
        return;
    };
    let begun = Instant::now();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..lanes)
            .map(|number| {
                let lane = Lane::new(homelab.beside(), number);
                scope.spawn(move || {
                    let mine = (number..deployments).step_by(lanes);
                    lane.first();
                    mine.flat_map(|deployment| lane.deploy(seed, deployment)).collect::<Vec<_>>()
                })
            })
            .collect();
        running.into_iter().flat_map(|lane| lane.join().unwrap()).collect()
    });
    let left = homelab.processes_left();
    eprintln!(
        "soak: seed {seed}, {deployments} deployments of {HOSTS} hosts in {:.0} s, {} wrong",
        begun.elapsed().as_secs_f64(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(left, Vec::<String>::new());
}

/// Four hosts and a repository.
struct Lane {
    homelab: Homelab,
    hosts: Vec<String>,
}

impl Lane {
    fn new(homelab: Homelab, number: usize) -> Self {
        let text = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINE;
        homelab.write("Fleetfile.yaml", &text);
        // nixos-bootstrap and nixpi, the third and the fourth, are special.
        let name = |n: usize| match n {
            0 => "luna".to_owned(),
            1 => "rydev".to_owned(),
            n => format!("host{}", n + 3),
        };
        Self { homelab, hosts: (0..HOSTS).map(|host| name(number * HOSTS + host)).collect() }
    }

    fn start(&self) -> Told {
        let selector = format!("host={}", self.hosts.join(","));
        Told::start(self.homelab.start(&["run", "soak", &selector, "--json"]))
    }

    /// So that there is something to go back to.
    fn first(&self) {
        let mut told = self.start();
        assert_eq!(told.listen(|_, _| {}), 0, "{}", told.printed());
    }

    /// One deployment of a new system; tells what is wrong with its report or with what it left.
    fn deploy(&self, seed: u64, number: usize) -> Vec<String> {
        let homelab = &self.homelab;
        let mut rng = Rng::with_seed(seed ^ (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let faults: Vec<Option<Fault>> = self.hosts.iter().map(|_| Fault::any(&mut rng)).collect();
        // One in eight is killed, at any event.
        let kill_at = (rng.u8(0..8) == 0).then(|| rng.usize(5..500));
        let before: Vec<Aftermath> = self.hosts.iter().map(|host| Aftermath::of(homelab, host)).collect();
        let version = (number + 2).to_string();
        for (host, fault) in self.hosts.iter().zip(&faults) {
            homelab.write(&format!("hosts/{host}/version"), &version);
            if let Some(fault) = fault
                && !matches!(fault.when, When::Event(_))
            {
                fault.make(homelab, host);
            }
        }
        let mut told = self.start();
        let mut seen = vec![0; self.hosts.len()];
        let mut all = 0;
        let code = std::thread::scope(|scope| {
            told.listen(|event, fleet| {
                all += 1;
                if kill_at == Some(all) {
                    fleet.kill().unwrap();
                }
                let Some(index) = self.hosts.iter().position(|host| event["host"] == **host) else { return };
                seen[index] += 1;
                if let Some(fault) = &faults[index]
                    && fault.when == When::Event(seen[index])
                {
                    let host = &self.hosts[index];
                    scope.spawn(move || fault.make(homelab, host));
                }
            })
        });
        // What is told is the last word: it is compared with what the host says at this moment.
        let at_once: Vec<Aftermath> = self.hosts.iter().map(|host| Aftermath::of(homelab, host)).collect();
        let mut wrong = Vec::new();
        let mut results = Vec::new();
        for (index, host) in self.hosts.iter().enumerate() {
            let result = told.result(host).to_owned();
            let mut say = |what: &str, now: &Aftermath| {
                let text = format!(
                    "seed {seed}, deployment {number}, {host} with {:?} (fleet killed: {kill_at:?}): {result}, but {what}: {now:?}, before {:?}; reported {:?}: {}\n{}",
                    faults[index],
                    before[index],
                    told.after(host),
                    told.reason(host),
                    told.log(homelab, host)
                );
                eprintln!("{text}\n");
                wrong.push(text);
            };
            let new = |path: &str| path.ends_with(&format!("-nixos-system-{host}-25.05.{version}"));
            if let Some(what) = lie(&result, told.after(host), &before[index], &at_once[index], &new) {
                say(what, &at_once[index]);
            }
            let until = Instant::now() + REST;
            let mut now = Aftermath::of(homelab, host);
            while !now.left.is_empty() && Instant::now() < until {
                std::thread::sleep(Duration::from_secs(1));
                now = Aftermath::of(homelab, host);
            }
            if !now.left.is_empty() {
                say("something is left", &now);
            }
            if new(&now.boots) && !new(&now.runs) {
                say("it would boot what was never proven", &now);
            }
            let known = !matches!(result.as_str(), "-" | "unknown");
            if known && (&now.runs, &now.boots) != (&at_once[index].runs, &at_once[index].boots) {
                say("it was something else afterwards", &now);
            }
            let fault = faults[index].as_ref().map_or_else(
                || "well".to_owned(),
                |fault| format!("{} {:?}", fault.words.join(" "), fault.when),
            );
            results.push(format!("{host}: {fault}: {result}"));
        }
        if told.reported.is_some_and(|reported| reported != i64::from(code))
            || (code == 0) != all_well(&told, &self.hosts)
        {
            wrong.push(format!(
                "seed {seed}, deployment {number}: exit code {code}, {:?} in the report",
                told.reported
            ));
        }
        eprintln!("soak {number}: {code}; {}", results.join("; "));
        for host in &self.hosts {
            homelab.testbed(&["heal", host]);
        }
        wrong
    }
}

fn all_well(told: &Told, hosts: &[String]) -> bool {
    hosts.iter().all(|host| matches!(told.result(host), "succeeded" | "unchanged"))
}

/// What of a result is not true.
fn lie(
    result: &str,
    after: Option<&str>,
    before: &Aftermath,
    now: &Aftermath,
    new: &dyn Fn(&str) -> bool,
) -> Option<&'static str> {
    let as_before = now.runs == before.runs && now.profile == before.profile && now.boots == before.boots;
    let why = match result {
        "succeeded" if !(new(&now.runs) && new(&now.profile) && new(&now.boots)) => {
            "it does not have the new system"
        }
        "succeeded" | "rolled_back" | "degraded" if !now.left.is_empty() => "something is left",
        "rolled_back" if !as_before => "it is not what it was",
        "degraded" if !new(&now.runs) => "it does not run the new system",
        "failed" if now.runs != before.runs && after.is_none() => "it runs something else",
        "unreachable" | "skipped" | "cancelled" | "unchanged" if !as_before => "it was changed",
        _ => "",
    };
    if !why.is_empty() {
        return Some(why);
    }
    let wrong = after.is_some_and(|after| after != now.runs) && !matches!(result, "-" | "unknown");
    wrong.then_some("it runs something else than is reported")
}
