//! Hosts that share something are changed so many at once.

use crate::Homelab;
use crate::run::Span;

const PIPELINES: &str = "
  pooled: {platform: nixos, deploy: {confirm: false, reboot: always}}
";

#[test]
fn one_host_of_a_tag_is_activated_or_rebooted_at_a_time() {
    let Some(homelab) = Homelab::up("pool::one_host_of_a_tag_is_activated_or_rebooted_at_a_time") else {
        return;
    };
    let fleetfile = std::fs::read_to_string(homelab.dir().join("Fleetfile.yaml")).unwrap();
    let with = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        text.replacen(from, to, 1)
    };
    let tagged = with(&fleetfile, "  defaults: {", "  pools: {power: 1}\n  defaults: {tags: [power], ");
    homelab.write("Fleetfile.yaml", &(tagged + PIPELINES));

    let run = homelab.run(&["pooled", "host=luna,rydev,nixos-bootstrap"]);
    run.assert_results(&["luna succeeded", "nixos-bootstrap succeeded", "rydev succeeded"]);
    let mut away: Vec<Span> = run.spans("activate");
    away.extend(run.spans("reboot"));
    away.sort_by_key(|span| (span.from, span.to));
    assert_eq!(away.len(), 6);
    for pair in away.windows(2) {
        assert!(
            pair[0].to <= pair[1].from,
            "{} and {} were away together: {away:?}",
            pair[0].host,
            pair[1].host
        );
    }
}
