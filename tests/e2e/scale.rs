//! Many hosts in one run, on whatever machine this is.

use crate::Homelab;
use crate::aftermath::Aftermath;

const HOSTS: usize = 32;
const PIPELINE: &str = "\n  all:\n    platform: nixos\n    deploy: {confirm: false, watchdog: 90s}\n";

#[test]
fn thirty_two_hosts_are_deployed_in_one_run() {
    // nixos-bootstrap trusts nobody and nixpi asks for a password: they stay out.
    let Some(homelab) = Homelab::up_with(HOSTS + 2, "scale::thirty_two_hosts_are_deployed_in_one_run") else {
        return;
    };
    let text = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap() + PIPELINE;
    homelab.write("Fleetfile.yaml", &text);
    let hosts: Vec<String> = ["luna".to_owned(), "rydev".to_owned()]
        .into_iter()
        .chain((5..=HOSTS + 2).map(|n| format!("host{n}")))
        .collect();
    let all: Vec<String> = hosts.iter().map(|host| format!("{host} succeeded")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    for version in ["1", "2"] {
        hosts.iter().for_each(|host| homelab.write(&format!("hosts/{host}/version"), version));
        let run = homelab.run(&["all", "host=*,!nixpi,!nixos-bootstrap"]);
        run.assert_results(&all);
        assert_eq!(run.code, 0, "{}", run.printed);
        for host in &hosts {
            let now = Aftermath::of(&homelab, host);
            assert!(now.runs.ends_with(&format!("-nixos-system-{host}-25.05.{version}")), "{host}: {now:?}");
            assert!(
                now.runs == now.profile && now.runs == now.boots && now.left.is_empty(),
                "{host}: {now:?}"
            );
        }
    }
}
