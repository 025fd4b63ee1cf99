//! What a new system would change on a host: packages, size, units. Pure: made of what a host was asked.

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The difference between the system that a host runs and the one that it would get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SystemDiff {
    /// Packages that one closure has and the other has not, or in another version or build; by name.
    pub packages: Vec<PackageChange>,
    /// Other store paths that one closure alone has, such as configuration files.
    pub other_paths: usize,
    /// Bytes that the new closure takes more than the old one.
    pub bytes: i64,
    /// What activating would do to units, in the order in which it would be done; `None` where the host cannot tell.
    pub units: Option<Vec<UnitChange>>,
    /// Parts of the new system that only a reboot brings into use.
    pub needs_reboot: Vec<String>,
}

/// A package that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub change: PackageChangeKind,
    /// Versions that go.
    pub before: Vec<String>,
    /// Versions that come.
    pub after: Vec<String>,
    /// Bytes that it takes more.
    pub bytes: i64,
}

/// What happens to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageChangeKind {
    /// Another version.
    Changed,
    /// It comes, or one more version of it.
    Added,
    /// It goes, or one version of it.
    Removed,
    /// The same version, built from something else.
    Rebuilt,
}

/// A unit that activating would touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitChange {
    /// Its name.
    pub unit: String,
    /// What would be done to it.
    pub change: UnitChangeKind,
    /// The connection to the host may hang on it: sshd, network, firewall, VPN.
    pub carries_connection: bool,
}

/// What would be done to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitChangeKind {
    /// Stopped, and not started again.
    Stop,
    /// Stopped and started, or restarted.
    Restart,
    /// Told to read its configuration again.
    Reload,
    /// Started.
    Start,
}

impl UnitChangeKind {
    /// The verb.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
            Self::Start => "start",
        }
    }
}

/// A store path that only one of two closures has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OnlyIn<'a> {
    /// The new closure has it.
    pub(super) new: bool,
    /// What follows the digest in its name.
    pub(super) name: &'a str,
    /// Its size.
    pub(super) bytes: i64,
}

/// Outputs that nix appends to a version.
const OUTPUTS: [&str; 10] = ["bin", "data", "debug", "dev", "doc", "info", "lib", "man", "modules", "static"];

/// Units by which a connection may come, by the part of the name before `.`, `@` or a further `-`.
const CARRIERS: [&str; 27] = [
    "NetworkManager",
    "bird",
    "cloudflared",
    "connman",
    "dhcpcd",
    "dropbear",
    "firewall",
    "frr",
    "ifstate",
    "ipsec",
    "iptables",
    "iwd",
    "nebula",
    "netbird",
    "network",
    "networking",
    "nftables",
    "openvpn",
    "ssh",
    "sshd",
    "strongswan",
    "systemd-networkd",
    "tailscaled",
    "ufw",
    "wireguard",
    "wpa_supplicant",
    "zerotierone",
];

impl SystemDiff {
    /// Compares by the paths that only one closure has, and by what `switch-to-configuration dry-activate` said, where it
    /// was asked.
    pub(super) fn new<'a>(
        paths: impl IntoIterator<Item = OnlyIn<'a>>,
        said: Option<&[&str]>,
        needs_reboot: Vec<String>,
    ) -> Self {
        #[derive(Default)]
        struct Versions<'a> {
            before: BTreeSet<&'a str>,
            after: BTreeSet<&'a str>,
            bytes: i64,
        }
        let mut packages: BTreeMap<&str, Versions<'_>> = BTreeMap::new();
        let (mut other_paths, mut total) = (0, 0);
        for path in paths {
            let signed = if path.new { path.bytes } else { -path.bytes };
            total += signed;
            let Some((name, version)) = package(path.name) else {
                other_paths += 1;
                continue;
            };
            let versions = packages.entry(name).or_default();
            versions.bytes += signed;
            if path.new { &mut versions.after } else { &mut versions.before }.insert(version);
        }
        let change = |(name, versions): (&str, Versions<'_>)| {
            let own = |versions: &BTreeSet<&str>, others: &BTreeSet<&str>| -> Vec<String> {
                versions.difference(others).map(|version| (*version).to_owned()).collect()
            };
            let before = own(&versions.before, &versions.after);
            let after = own(&versions.after, &versions.before);
            let change = match (before.is_empty(), after.is_empty()) {
                (true, true) => PackageChangeKind::Rebuilt,
                (true, false) => PackageChangeKind::Added,
                (false, true) => PackageChangeKind::Removed,
                (false, false) => PackageChangeKind::Changed,
            };
            PackageChange { name: name.to_owned(), change, before, after, bytes: versions.bytes }
        };
        Self {
            packages: packages.into_iter().map(change).collect(),
            other_paths,
            bytes: total,
            units: said.map(units),
            needs_reboot,
        }
    }

    /// The units by which the connection may come.
    pub fn carriers(&self) -> impl Iterator<Item = &UnitChange> {
        self.units.iter().flatten().filter(|unit| unit.carries_connection)
    }
}

/// Name and version of what follows the digest of a store path: the version begins behind the first dash that no letter
/// follows (nix `src/libstore/names.cc`), and outputs do not belong to it.
fn package(name: &str) -> Option<(&str, &str)> {
    let dashes = name.match_indices('-').map(|(at, _)| at);
    let at = dashes.into_iter().find(|at| {
        let next = name.as_bytes().get(at + 1);
        next.is_some_and(|byte| !byte.is_ascii_alphabetic())
    })?;
    let (name, version) = (name.get(..at)?, name.get(at + 1..)?);
    let version = match version.rsplit_once('-') {
        Some((version, output)) if OUTPUTS.contains(&output) => version,
        _ => version,
    };
    Some((name, version))
}

/// The lines of `dry-activate` (nixpkgs switch-to-configuration-ng, `would ... the following units: a, b`). What is
/// stopped and started is restarted.
fn units(said: &[&str]) -> Vec<UnitChange> {
    use UnitChangeKind::{Reload, Restart, Start, Stop};
    let mut found: Vec<(String, UnitChangeKind)> = Vec::new();
    for line in said {
        let Some((verb, names)) =
            line.trim().strip_prefix("would ").and_then(|rest| rest.split_once(" the following units: "))
        else {
            continue;
        };
        let kind = match verb {
            "stop" => Stop,
            "restart" => Restart,
            "reload" => Reload,
            "start" => Start,
            _ => continue,
        };
        for name in names.split(", ").map(str::trim).filter(|name| !name.is_empty()) {
            match found.iter_mut().find(|(unit, _)| unit == name) {
                Some((_, known)) if *known == Stop && matches!(kind, Start | Restart) => *known = Restart,
                Some(_) => {}
                None => found.push((name.to_owned(), kind)),
            }
        }
    }
    let change = |(unit, change): (String, UnitChangeKind)| {
        let carries_connection = carries_connection(&unit);
        UnitChange { unit, change, carries_connection }
    };
    found.into_iter().map(change).collect()
}

fn carries_connection(unit: &str) -> bool {
    let stem = unit.rsplit_once('.').map_or(unit, |(stem, _)| stem);
    let stem = stem.split('@').next().unwrap_or(stem);
    let is = |carrier: &str| {
        stem.strip_prefix(carrier).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    // nixpkgs `network-interfaces-scripted.nix` makes a `NAME-netdev.service` for each bridge, bond or tunnel.
    CARRIERS.iter().any(|carrier| is(carrier)) || stem.starts_with("wg-quick") || stem.ends_with("-netdev")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(new: bool, name: &str, bytes: i64) -> OnlyIn<'_> {
        OnlyIn { new, name, bytes }
    }

    #[test]
    fn packages_are_compared_by_name_and_outputs_count_as_one() {
        let paths = [
            only(false, "nginx-1.24.0", 100),
            only(true, "nginx-1.26.1", 130),
            only(true, "nginx-1.26.1-doc", 5),
            only(true, "hello-2.12", 50),
            only(false, "python3.11-requests-2.31.0", 20),
            only(false, "glibc-2.39-bin", 7),
            only(true, "glibc-2.39-bin", 7),
            only(true, "etc", 1),
            only(false, "unit-nginx.service", 1),
        ];
        let diff = SystemDiff::new(paths, None, Vec::new());
        let lines: Vec<String> = diff
            .packages
            .iter()
            .map(|it| format!("{:?} {} {:?} {:?} {}", it.change, it.name, it.before, it.after, it.bytes))
            .collect();
        assert_eq!(
            lines,
            [
                "Rebuilt glibc [] [] 0",
                "Added hello [] [\"2.12\"] 50",
                "Changed nginx [\"1.24.0\"] [\"1.26.1\"] 35",
                "Removed python3.11-requests [\"2.31.0\"] [] -20",
            ]
        );
        assert_eq!((diff.other_paths, diff.bytes, diff.units), (2, 65, None));
    }

    #[test]
    fn what_is_stopped_and_started_is_restarted_and_what_carries_the_connection_is_marked() {
        let said = [
            "would stop the following units: nginx.service, old.service, wireguard-wg0.service",
            "would NOT stop the following changed units: display-manager.service",
            "would activate the configuration...",
            "would restart systemd",
            "would reload the following units: firewall.service",
            "would restart the following units: sshd.service, sshd@1-2.service",
            "would start the following units: nginx.service, wireguard-wg0.service, new.service, br0-netdev.service",
        ];
        let diff = SystemDiff::new([], Some(&said), Vec::new());
        let lines: Vec<String> = diff
            .units
            .unwrap()
            .into_iter()
            .map(|it| {
                format!("{} {}{}", it.change.word(), it.unit, if it.carries_connection { " !" } else { "" })
            })
            .collect();
        assert_eq!(
            lines,
            [
                "restart nginx.service",
                "stop old.service",
                "restart wireguard-wg0.service !",
                "reload firewall.service !",
                "restart sshd.service !",
                "restart sshd@1-2.service !",
                "start new.service",
                "start br0-netdev.service !",
            ]
        );
    }

    #[test]
    fn a_name_that_only_looks_like_a_carrier_is_none() {
        assert!(!carries_connection("bird2mqtt.service"));
        assert!(!carries_connection("sshfs.service"));
        assert!(carries_connection("ssh.socket"));
        assert!(carries_connection("NetworkManager-dispatcher.service"));
        assert!(carries_connection("openvpn-home.service"));
    }
}
