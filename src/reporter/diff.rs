//! What a host would get, for people. Knows no terminal.

use super::text::{clean, counted};
use super::{Paint, colour};
use crate::driver::{PackageChange, PackageChangeKind, SystemDiff, UnitChange, UnitChangeKind};
use crate::executor::event::HostDiff;
use std::fmt::Write as _;

/// Packages of a kind that are named; an upgrade of everything fills no screen.
const NAMED: usize = 30;

/// The difference: what there is at all on the first line, the rest below it.
pub(super) fn text(diff: &HostDiff, paint: Paint) -> String {
    let HostDiff { before, diff, .. } = diff;
    let mut text = match before {
        None => "nothing runs there yet".to_owned(),
        Some(_) => "would change".to_owned(),
    };
    let _ =
        write!(text, ": {}, the closure by {}", counted(diff.packages.len(), "package"), size(diff.bytes));
    packages(&mut text, diff, before.is_none());
    units(&mut text, diff, paint);
    if !diff.needs_reboot.is_empty() {
        let parts = diff.needs_reboot.join(", ");
        let _ = write!(text, "\n  {}", paint.paint(colour::WARN, &format!("needs a reboot for {parts}")));
    }
    text
}

fn packages(text: &mut String, diff: &SystemDiff, first: bool) {
    use PackageChangeKind::{Added, Changed, Rebuilt, Removed};
    for kind in [Changed, Added, Removed] {
        // Of a first system everything is new.
        if first && kind == Added {
            continue;
        }
        let own = || diff.packages.iter().filter(move |package| package.change == kind);
        for package in own().take(NAMED) {
            let _ = write!(text, "\n  {}", line(package));
        }
        if let more @ 1.. = own().count().saturating_sub(NAMED) {
            let _ = write!(text, "\n  and {} more", counted(more, "package"));
        }
    }
    let rebuilt: Vec<&PackageChange> = diff.packages.iter().filter(|it| it.change == Rebuilt).collect();
    if !rebuilt.is_empty() {
        let bytes = rebuilt.iter().map(|package| package.bytes).sum();
        let _ = write!(text, "\n  rebuilt {} ({})", counted(rebuilt.len(), "package"), size(bytes));
    }
}

fn line(package: &PackageChange) -> String {
    let PackageChange { name, before, after, bytes, .. } = package;
    let (before, after, size) = (before.join(", "), after.join(", "), size(*bytes));
    match package.change {
        PackageChangeKind::Added => format!("added   {name} {after} ({size})"),
        PackageChangeKind::Removed => format!("removed {name} {before} ({size})"),
        PackageChangeKind::Changed | PackageChangeKind::Rebuilt => {
            format!("changed {name} {before} -> {after} ({size})")
        }
    }
}

fn units(text: &mut String, diff: &SystemDiff, paint: Paint) {
    let Some(units) = &diff.units else { return };
    use UnitChangeKind::{Reload, Restart, Start, Stop};
    for kind in [Stop, Restart, Reload, Start] {
        let of_kind = |unit: &&UnitChange| unit.change == kind && !unit.carries_connection;
        let names: Vec<&str> = units.iter().filter(of_kind).map(|unit| unit.unit.as_str()).collect();
        if !names.is_empty() {
            let _ = write!(text, "\n  {:7} {}", kind.word(), clean(&names.join(", "), false));
        }
    }
    for unit in diff.carriers() {
        // The host has named it.
        let name = clean(&unit.unit, false);
        let line = format!("{:7} {name}: the connection may hang on it", unit.change.word());
        let _ = write!(text, "\n{} {}", paint.paint(colour::BAD, "!"), paint.paint(colour::WARN, &line));
    }
    if units.is_empty() {
        text.push_str("\n  no unit is touched");
    }
}

/// Bytes with a sign, in the unit that gives a short number.
fn size(bytes: i64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let sign = if bytes < 0 { '-' } else { '+' };
    let bytes = bytes.unsigned_abs();
    match UNITS.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            format!("{sign}{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{sign}{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reporter::fixture::host;

    fn package(
        change: PackageChangeKind,
        name: &str,
        before: &[&str],
        after: &[&str],
        bytes: i64,
    ) -> PackageChange {
        let owned = |versions: &[&str]| versions.iter().map(|version| (*version).to_owned()).collect();
        PackageChange { name: name.to_owned(), change, before: owned(before), after: owned(after), bytes }
    }

    fn unit(change: UnitChangeKind, unit: &str, carries_connection: bool) -> UnitChange {
        UnitChange { unit: unit.to_owned(), change, carries_connection }
    }

    #[test]
    fn it_names_packages_and_units_and_marks_the_connection() {
        let diff = SystemDiff {
            packages: vec![
                package(PackageChangeKind::Added, "hello", &[], &["2.12"], 2048),
                package(PackageChangeKind::Changed, "nginx", &["1.24"], &["1.26"], 3 << 20),
                package(PackageChangeKind::Rebuilt, "perl", &[], &[], 0),
                package(PackageChangeKind::Removed, "zsh", &["5"], &[], -(1 << 30)),
            ],
            other_paths: 4,
            bytes: -1_000_000,
            units: Some(vec![
                unit(UnitChangeKind::Restart, "nginx.service", false),
                unit(UnitChangeKind::Restart, "sshd.service", true),
                unit(UnitChangeKind::Stop, "zsh.service", false),
            ]),
            needs_reboot: vec!["kernel".to_owned()],
        };
        let before = Some("/nix/store/x".to_owned());
        let diff = HostDiff { host: host("luna"), before, after: String::new(), diff };
        assert_eq!(
            text(&diff, Paint::default()),
            "would change: 4 packages, the closure by -976.5 KiB\n  changed nginx 1.24 -> 1.26 (+3.0 MiB)\n  \
             added   hello 2.12 (+2.0 KiB)\n  removed zsh 5 (-1.0 GiB)\n  rebuilt 1 package (+0 B)\n  \
             stop    zsh.service\n  restart nginx.service\n! restart sshd.service: the connection may hang on it\n  \
             needs a reboot for kernel"
        );
    }

    #[test]
    fn many_packages_are_counted() {
        let packages = (0..100)
            .map(|number| package(PackageChangeKind::Changed, &format!("p{number}"), &["1"], &["2"], 0));
        let diff = SystemDiff { packages: packages.collect(), ..SystemDiff::default() };
        let before = Some("/nix/store/x".to_owned());
        let diff = HostDiff { host: host("luna"), before, after: String::new(), diff };
        let text = text(&diff, Paint::default());
        assert_eq!(text.lines().count(), 32);
        assert!(text.ends_with("and 70 packages more"), "{text}");
    }
}
