//! The hosts that can be selected: what the flake has, completed by `fleet:`. Knows neither nix nor ssh.

use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::model::{BinaryCache, BuildOn, Fleet, Host, HostName, HostOverride, Platform, Text};
use crate::source::Span;
use crate::template::{Map, Value};
use std::collections::{HashMap, HashSet};

/// A host as the flake has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlakeHost {
    /// Name of the configuration.
    pub name: String,
    /// Module system.
    pub platform: Platform,
    /// Nix system; `None` where the configuration does not evaluate.
    pub system: Option<String>,
    /// `networking.hostName`; `None` where the configuration does not evaluate.
    pub host_name: Option<String>,
}

/// Completes the hosts of the flake by what `fleet:` says of them, in the order of `found`.
///
/// `vars` are the project's global variables, for the templates of addresses and users. A host that does not evaluate
/// stays, without a system: what is wrong with it is told when it is built. What cannot be a host at all is left out
/// and told at once.
#[must_use]
pub fn resolve_hosts(fleet: &Fleet, found: &[FlakeHost], vars: &Map) -> (Vec<Host>, Diagnostics) {
    let mut resolver = Resolver { fleet, vars: vars.clone(), diagnostics: Diagnostics::default() };
    let names: HashSet<&str> = found.iter().map(|host| host.name.as_str()).collect();
    for (name, host) in &fleet.hosts {
        if !names.contains(name.as_str()) {
            resolver.not_in_flake(name, host, found);
        }
    }
    let mut seen = HashSet::new();
    let mut hosts = Vec::with_capacity(found.len());
    for host in found {
        match HostName::new(&host.name) {
            Ok(name) if seen.insert(host.name.as_str()) => hosts.extend(resolver.host(name, host)),
            Ok(_) => resolver.twice(&host.name),
            Err(error) => resolver.diagnostics.push(
                Diagnostic::warning(
                    "fleet::hosts::name",
                    format!("the flake has a configuration that is left out: {error}"),
                )
                .help("rename it in the flake"),
            ),
        }
    }
    name_builders(&mut hosts);
    (hosts, resolver.diagnostics)
}

/// The hosts of the Fleetfile alone, for a rehearsal without the flake: their systems are not known, and a host that
/// only the flake names is missing.
#[must_use]
pub fn rehearsed_hosts(fleet: &Fleet, vars: &Map) -> (Vec<Host>, Diagnostics) {
    let usual = match fleet.discover.as_slice() {
        [Platform::Darwin] => Platform::Darwin,
        _ => Platform::Nixos,
    };
    let found: Vec<FlakeHost> = fleet
        .hosts
        .iter()
        .map(|(name, host)| FlakeHost {
            name: name.to_string(),
            platform: host.platform.unwrap_or(usual),
            system: None,
            host_name: None,
        })
        .collect();
    resolve_hosts(fleet, &found, vars)
}

/// What a template sees of a host: `HOST` (the configuration's name), `HOST_NAME` (`networking.hostName`),
/// `HOST_ADDRESS`, `HOST_USER`, `HOST_SYSTEM`, `HOST_PLATFORM` and the list `HOST_TAGS`; what is not known is empty.
#[must_use]
pub fn host_variables(host: &Host) -> Map {
    let text = |text: Option<&String>| Value::string(text.map(String::as_str).unwrap_or_default());
    let tags = host.tags.iter().map(|tag| Value::string(tag.as_str()));
    Map::from_iter([
        ("HOST".into(), Value::string(host.name.as_str())),
        ("HOST_NAME".into(), Value::string(host.host_name.as_str())),
        ("HOST_ADDRESS".into(), Value::string(host.address.as_str())),
        ("HOST_USER".into(), text(host.user.as_ref())),
        ("HOST_SYSTEM".into(), text(host.system.as_ref())),
        ("HOST_PLATFORM".into(), Value::string(host.platform.word())),
        ("HOST_TAGS".into(), Value::list(tags)),
    ])
}

struct Resolver<'f> {
    fleet: &'f Fleet,
    vars: Map,
    diagnostics: Diagnostics,
}

impl Resolver<'_> {
    fn host(&mut self, name: HostName, found: &FlakeHost) -> Option<Host> {
        let none = HostOverride::default();
        let fleet = self.fleet;
        let own = fleet.hosts.get(&name).unwrap_or(&none);
        if own.platform.is_some_and(|platform| platform != found.platform) {
            self.other_platform(&name, own, found.platform);
            return None;
        }
        let host_name = found.host_name.clone().unwrap_or_else(|| name.to_string());
        let tags = fleet.defaults.tags.union(&own.tags).cloned().collect();
        let mut host = Host {
            platform: found.platform,
            system: found.system.clone(),
            address: host_name.clone(),
            host_name,
            user: None,
            port: own.port.or(fleet.defaults.port),
            build_on: own.build_on.clone().or(fleet.defaults.build_on.clone()).unwrap_or(BuildOn::Target),
            build_limits: own.build_limits.or(fleet.defaults.build_limits),
            cache: cache(own, &fleet.defaults),
            driver: own
                .driver
                .as_ref()
                .or(fleet.defaults.driver.as_ref())
                .map(|it| it.value)
                .unwrap_or_default(),
            tags,
            identity: own.identity.clone(),
            name,
        };
        self.vars.extend(host_variables(&host));
        if let Some(user) = own.user.as_ref().or(fleet.defaults.user.as_ref()) {
            host.user = Some(self.rendered(&host, user, "user", is_user)?);
            self.vars.extend(host_variables(&host));
        }
        match own.address.as_ref().or(fleet.defaults.address.as_ref()) {
            Some(address) => host.address = self.rendered(&host, address, "address", is_address)?,
            None if is_address(&host.address) => {}
            None => {
                self.unusable(&host, "address", &host.address, own.span.unwrap_or(fleet.span));
                return None;
            }
        }
        Some(host)
    }

    /// A text rendered for a host, if what comes out can go to ssh.
    fn rendered(
        &mut self,
        host: &Host,
        text: &Text,
        what: &str,
        is_good: fn(&str) -> bool,
    ) -> Option<String> {
        let rendered = match text.template() {
            Ok(template) => template.render(&self.vars),
            Err(error) => Err(error.clone()),
        };
        match rendered {
            Ok(rendered) if is_good(&rendered) => Some(rendered),
            Ok(rendered) => {
                self.unusable(host, what, &rendered, text.span());
                None
            }
            Err(error) => {
                let message = format!("the {what} of host `{}` cannot be rendered: {error}", host.name);
                self.diagnostics
                    .push(Diagnostic::error("fleet::hosts::template", message).at(text.span(), ""));
                None
            }
        }
    }

    fn unusable(&mut self, host: &Host, what: &str, value: &str, span: Span) {
        let message = format!("the {what} of host `{}` cannot be `{}`", host.name, value.escape_debug());
        let help = match what {
            "user" => "a user has letters, digits, `-`, `_` and `.`, and begins with a letter, digit or `_`",
            _ => "an address is a host name or an IP address",
        };
        self.diagnostics
            .push(Diagnostic::error("fleet::hosts::unusable", message).at(span, "written here").help(help));
    }

    fn not_in_flake(&mut self, name: &HostName, host: &HostOverride, found: &[FlakeHost]) {
        let outputs = self.fleet.discover.iter().map(|platform| match platform {
            Platform::Nixos => "nixosConfigurations",
            Platform::Darwin => "darwinConfigurations",
        });
        let outputs = outputs.collect::<Vec<_>>().join(" and ");
        let names = || found.iter().map(|host| host.name.as_str());
        let help = match did_you_mean(name.as_str(), names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if found.is_empty() => format!("the flake has no host in {outputs}"),
            None => {
                let mut known: Vec<String> =
                    names().take(12).map(|name| format!("`{}`", name.escape_debug())).collect();
                if found.len() > known.len() {
                    known.push(format!("and {} more", found.len() - known.len()));
                }
                format!("{outputs}: {}", known.join(", "))
            }
        };
        let message = format!("the flake has no host `{name}`");
        self.diagnostics.push(
            Diagnostic::error("fleet::hosts::unknown", message)
                .at(host.span.unwrap_or(self.fleet.span), "not in the flake")
                .help(help),
        );
    }

    fn other_platform(&mut self, name: &HostName, own: &HostOverride, platform: Platform) {
        let word = platform.word();
        let message = format!("the host `{name}` is a {word} host in the flake");
        self.diagnostics.push(
            Diagnostic::error("fleet::hosts::platform", message)
                .at(own.span.unwrap_or(self.fleet.span), "said to be another")
                .help(format!("write `platform: {word}`, or take the key out")),
        );
    }

    fn twice(&mut self, name: &str) {
        let message = format!("`{name}` is in nixosConfigurations and in darwinConfigurations");
        self.diagnostics.push(
            Diagnostic::error("fleet::hosts::twice", message)
                .at(self.fleet.span, "both are discovered")
                .help("rename it in one of them, or take one output out of `fleet.discover`"),
        );
    }
}

/// The binary cache of a host. One that pushes elsewhere than the others does not take from where they do.
fn cache(own: &HostOverride, defaults: &HostOverride) -> Option<BinaryCache> {
    let from = own.pull_from.as_ref();
    let (push_to, from) = match (&own.push_to, &defaults.push_to) {
        (Some(own), _) => (own, from),
        (None, Some(usual)) => (usual, from.or(defaults.pull_from.as_ref())),
        (None, None) => return None,
    };
    Some(BinaryCache { push_to: push_to.clone(), pull_from: from.unwrap_or(push_to).clone() })
}

/// A builder that is itself a host of the fleet is reached as that host is.
fn name_builders(hosts: &mut [Host]) {
    let destinations: HashMap<String, String> = hosts
        .iter()
        .map(|host| {
            let destination = match &host.user {
                Some(user) => format!("{user}@{}", host.address),
                None => host.address.clone(),
            };
            (host.name.to_string(), destination)
        })
        .collect();
    for host in hosts {
        let BuildOn::Builder(name) = &host.build_on else { continue };
        if **name == *host.name.as_str() {
            host.build_on = BuildOn::Target;
        } else if let Some(destination) = destinations.get(&**name) {
            host.build_on = BuildOn::Builder(destination.as_str().into());
        }
    }
}

/// Whether ssh reads it as a host and nothing else: a name, an IPv4 or an IPv6 address.
fn is_address(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'%');
    !text.is_empty() && text.len() <= 253 && !text.starts_with(['-', '.', '%']) && text.bytes().all(plain)
}

fn is_user(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= 64 && !text.starts_with(['-', '.']) && text.bytes().all(plain)
}
