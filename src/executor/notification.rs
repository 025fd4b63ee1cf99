//! Who is told of a run, and what. Pure: the same report gives the same answers. Knows no targets.

use super::duration;
use super::event::{HostReport, HostResult, RunReport};
use crate::driver::{Guarded, Message};
use crate::model::NotifyWhen;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Longest text, in bytes; targets may cut it further.
const TEXT: usize = 3_500;
/// Longest reason of one host, in characters.
const REASON: usize = 300;

/// Whether a notification with these cases is sent for the run. Without any case it always is.
#[must_use]
pub fn applies(when: &BTreeSet<NotifyWhen>, report: &RunReport) -> bool {
    when.is_empty() || when.iter().any(|case| is_case(*case, report))
}

fn is_case(case: NotifyWhen, report: &RunReport) -> bool {
    let any = |results: &[HostResult]| report.hosts.iter().any(|host| results.contains(&host.result));
    match case {
        NotifyWhen::Succeeded => {
            report.failures.is_empty() && report.hosts.iter().all(|host| host.result.is_good())
        }
        NotifyWhen::Changed => any(&[HostResult::Succeeded, HostResult::Degraded]),
        NotifyWhen::Failed => {
            !report.failures.is_empty()
                || any(&[HostResult::Failed, HostResult::Unreachable, HostResult::Unknown])
        }
        NotifyWhen::Degraded => any(&[HostResult::Degraded]),
        NotifyWhen::RolledBack => any(&[HostResult::RolledBack]),
    }
}

/// What is told of a run: the results in the title, each host that is not good with its reason in the text.
#[must_use]
pub fn message(report: &RunReport) -> Message {
    let cases = [NotifyWhen::Failed, NotifyWhen::Degraded, NotifyWhen::RolledBack];
    Message {
        title: title(report),
        text: text(report),
        urgent: cases.into_iter().any(|case| is_case(case, report)),
        // Its keys are strings, so it has a JSON form.
        report: serde_json::to_value(report).unwrap_or_default(),
    }
}

fn title(report: &RunReport) -> String {
    let mut parts: Vec<String> = by_result(report)
        .iter()
        .map(|(result, hosts)| format!("{} {}", hosts.len(), result.word()))
        .collect();
    if !report.failures.is_empty() {
        let plural = if report.failures.len() == 1 { "" } else { "s" };
        parts.push(format!("{} step{plural} failed", report.failures.len()));
    }
    if parts.is_empty() {
        parts.push("succeeded".to_owned());
    }
    let rehearsal = if report.rehearsal { "REHEARSAL: " } else { "" };
    format!("{rehearsal}{}: {}", report.name, parts.join(", "))
}

/// Hosts by their result, the worst first.
fn by_result(report: &RunReport) -> Vec<(HostResult, Vec<&HostReport>)> {
    const WORST_FIRST: [HostResult; 9] = [
        HostResult::Unknown,
        HostResult::Failed,
        HostResult::Unreachable,
        HostResult::RolledBack,
        HostResult::Degraded,
        HostResult::Cancelled,
        HostResult::Skipped,
        HostResult::Succeeded,
        HostResult::Unchanged,
    ];
    let of = |result| report.hosts.iter().filter(|host| host.result == result).collect::<Vec<_>>();
    WORST_FIRST
        .into_iter()
        .map(|result| (result, of(result)))
        .filter(|(_, hosts)| !hosts.is_empty())
        .collect()
}

fn text(report: &RunReport) -> String {
    let mut lines = Vec::new();
    if report.rehearsal {
        lines.push("No host was touched.".to_owned());
    }
    lines.extend(
        report.failures.iter().map(|failure| format!("{}: {}", failure.step, first(&failure.reason))),
    );
    for (result, hosts) in by_result(report) {
        if result.is_good() || hosts.iter().all(|host| host.reason.is_none()) {
            let names: Vec<_> = hosts.iter().map(|host| host.host.as_str()).collect();
            lines.push(format!("{}: {}", result.word(), names.join(", ")));
            continue;
        }
        for host in hosts {
            let mut line = format!("{} {} in {}", host.host, result.word(), host.stage.word());
            if let Some(reason) = &host.reason {
                let _ = write!(line, ": {}", first(reason));
            }
            lines.push(line);
        }
    }
    lines.extend(
        report.skipped.iter().map(|check| format!("not checked: {}: {}", check.step, first(&check.reason))),
    );
    lines.extend(
        less_guarded(&report.hosts)
            .into_iter()
            .map(|(lack, hosts)| format!("less guarded: {lack}: {}", hosts.join(", "))),
    );
    let last = format!("{}, run {}", duration(report.took_ms), report.run);
    limited(&lines, &last)
}

/// What guarded activations less than usual, each with its hosts.
#[must_use]
pub fn less_guarded(hosts: &[HostReport]) -> BTreeMap<&'static str, Vec<&str>> {
    let mut lacks: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for host in hosts {
        if let Some(lack) = host.guarded.and_then(Guarded::lack) {
            lacks.entry(lack).or_default().push(host.host.as_str());
        }
    }
    lacks
}

/// The first line of a reason, shortened: the rest is in the report.
fn first(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    match line.char_indices().nth(REASON) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// As many lines as there is room for, and the last one.
fn limited(lines: &[String], last: &str) -> String {
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        if out.len() + line.len() + last.len() > TEXT {
            let _ = writeln!(out, "… and {} more lines", lines.len() - index);
            break;
        }
        let _ = writeln!(out, "{line}");
    }
    out.push_str(last);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::event::Failure;
    use crate::model::HostName;
    use crate::plan::Stage;

    fn host(name: &str, result: HostResult, reason: Option<&str>) -> HostReport {
        HostReport {
            host: HostName::new(name).unwrap(),
            result,
            stage: Stage::Build,
            reason: reason.map(str::to_owned),
            before: None,
            after: None,
            needs_reboot: Vec::new(),
            built_on: None,
            guarded: None,
            took_ms: 0,
        }
    }

    fn report(hosts: Vec<HostReport>) -> RunReport {
        RunReport {
            version: 1,
            run: "20261123T091500Z-abc123".to_owned(),
            name: "apply-nixos".to_owned(),
            rehearsal: false,
            exit_code: 0,
            hosts,
            failures: Vec::new(),
            skipped: Vec::new(),
            notifications: Vec::new(),
            took_ms: 42_000,
        }
    }

    fn cases(report: &RunReport) -> Vec<NotifyWhen> {
        use NotifyWhen::{Changed, Degraded, Failed, RolledBack, Succeeded};
        let all = [Succeeded, Changed, Failed, Degraded, RolledBack];
        all.into_iter().filter(|case| applies(&BTreeSet::from([*case]), report)).collect()
    }

    #[test]
    fn a_run_is_one_case_or_several() {
        use HostResult as R;
        use NotifyWhen::{Changed, Degraded, Failed, RolledBack, Succeeded};
        let of =
            |results: &[R]| cases(&report(results.iter().map(|result| host("a", *result, None)).collect()));
        assert_eq!(of(&[R::Unchanged]), [Succeeded]);
        assert_eq!(of(&[R::Unchanged, R::Succeeded]), [Succeeded, Changed]);
        assert_eq!(of(&[R::Succeeded, R::Failed]), [Changed, Failed]);
        assert_eq!(of(&[R::Unreachable]), [Failed]);
        assert_eq!(of(&[R::Unknown]), [Failed]);
        assert_eq!(of(&[R::Degraded]), [Changed, Degraded]);
        assert_eq!(of(&[R::RolledBack]), [RolledBack]);
        assert_eq!(of(&[R::Cancelled, R::Skipped]), []);
        assert_eq!(of(&[]), [Succeeded]);
        let mut checks = report(vec![host("a", R::Skipped, None)]);
        checks.failures.push(Failure { step: "flake".to_owned(), reason: "no".to_owned() });
        assert_eq!(cases(&checks), [Failed]);
        assert!(applies(&BTreeSet::new(), &checks));
        assert!(applies(&BTreeSet::from([Degraded, Failed]), &checks));
    }

    #[test]
    fn a_message_says_the_worst_first() {
        let mut report = report(vec![
            host("luna", HostResult::Succeeded, None),
            host("rydev", HostResult::Failed, Some("it does not build\nerror: at line 3")),
            host("nixpi", HostResult::Unchanged, None),
            host("pi2", HostResult::Unchanged, None),
        ]);
        report
            .skipped
            .push(Failure { step: "flake".to_owned(), reason: "aarch64-linux: no builder".to_owned() });
        let told = message(&report);
        assert_eq!(told.title, "apply-nixos: 1 failed, 1 succeeded, 2 unchanged");
        assert_eq!(
            told.text,
            "rydev failed in build: it does not build\nsucceeded: luna\nunchanged: nixpi, pi2\n\
             not checked: flake: aarch64-linux: no builder\n42.0s, run 20261123T091500Z-abc123"
        );
        assert!(told.urgent);
        assert_eq!(told.report["hosts"][1]["reason"], "it does not build\nerror: at line 3");

        report.rehearsal = true;
        report.hosts.truncate(1);
        let told = message(&report);
        assert_eq!(told.title, "REHEARSAL: apply-nixos: 1 succeeded");
        assert!(told.text.starts_with("No host was touched.\n"));
        assert!(!told.urgent);
    }

    #[test]
    fn a_message_of_a_large_fleet_is_cut() {
        let reason = "ä".repeat(1_000);
        let hosts = (0..200).map(|n| host(&format!("h{n}"), HostResult::Failed, Some(&reason))).collect();
        let text = message(&report(hosts)).text;
        assert!(text.len() <= TEXT + 40, "{}", text.len());
        assert!(text.lines().next().unwrap().ends_with("ä…"));
        assert!(text.contains("\n… and 195 more lines\n42.0s"), "{text}");
    }
}
