//! Hosts: that no host's own key is a test key, and that each can open the files that its configuration names.

use super::quoted;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::HostName;
use crate::secrets::key::to_age;
use crate::secrets::named::NamedHost;
use crate::secrets::recipient::Recipient;
use crate::secrets::repository::Repository;
use crate::secrets::sops::SopsFile;
use crate::source::Span;

pub(super) const CODE: &str = "fleet::secrets::host";

pub(super) fn check(repository: &Repository<'_>, findings: &mut Diagnostics) {
    for (host, key) in &repository.policy.host_keys {
        if with_age(Recipient::age(key)).iter().any(|recipient| repository.test.contains(recipient)) {
            findings.push(
                Diagnostic::error(CODE, format!("the key of the host `{host}` is a test key"))
                    .at(key.span, "anybody has its private half")
                    .help(format!("give the host a key of its own: `ssh-keyscan -t ed25519 {host}`")),
            );
        }
    }
    for host in &repository.named.hosts {
        let (keys, place) = keys_of(repository, &host.name);
        if keys.is_empty() {
            findings.push(unknown(repository, host));
        }
        for path in &host.files {
            let Some(file) = repository.files.iter().find(|file| file.path == *path) else { continue };
            if repository.policy.is_test(path) {
                findings.push(test_file(host, file, repository));
            } else if !keys.is_empty() && !file.recipients().any(|recipient| keys.contains(recipient)) {
                findings.push(locked_out(host, file, &keys, place));
            }
        }
        for path in &host.untraced {
            let message = format!("`{}` names `{path}`, which is no file of this repository", host.name);
            findings.push(
                Diagnostic::warning(CODE, message)
                    .at(repository.policy.span, "not checked")
                    .help("name the file by its path (`./secrets.yaml`), not by a copy of it in the store"),
            );
        }
    }
}

/// A key, and the age key that it stands for.
fn with_age(key: Recipient) -> Vec<Recipient> {
    let age = to_age(&key);
    std::iter::once(key).chain(age).collect()
}

/// The keys of a host: of `host_keys`, else those whose anchor in a `.sops.yaml` is called as the host is.
fn keys_of(repository: &Repository<'_>, host: &HostName) -> (Vec<Recipient>, Span) {
    if let Some((_, key)) = repository.policy.host_keys.iter().find(|(name, _)| name == host) {
        return (with_age(Recipient::age(key)), key.span);
    }
    let names = repository.configs.iter().flat_map(|config| &config.names);
    let own = names.filter(|(_, name)| ***name == *host.as_str());
    (own.flat_map(|(recipient, _)| with_age(recipient.clone())).collect(), Span::NONE)
}

fn locked_out(host: &NamedHost, file: &SopsFile, keys: &[Recipient], place: Span) -> Diagnostic {
    let (name, path) = (&host.name, &file.path);
    let first = file.metadata.entries().next().map_or_else(|| file.first(), |entry| entry.span);
    let key = keys.last().map(ToString::to_string).unwrap_or_default();
    Diagnostic::error(CODE, format!("the host `{name}` cannot open `{path}`, which its configuration names"))
        .at(first, "none of these keys is the host's")
        .at(place, "the host's key")
        .help(format!(
            "add `{key}` to the rule for it in `.sops.yaml`, and run `sops updatekeys --yes {}`",
            quoted(path)
        ))
}

fn test_file(host: &NamedHost, file: &SopsFile, repository: &Repository<'_>) -> Diagnostic {
    let (name, path) = (&host.name, &file.path);
    Diagnostic::error(CODE, format!("the configuration of `{name}` names the test file `{path}`"))
        .at(file.first(), "a test file")
        .help(format!("name a real file, outside of {}", super::test_paths(repository)))
}

fn unknown(repository: &Repository<'_>, host: &NamedHost) -> Diagnostic {
    let name = &host.name;
    let message = format!("whether `{name}` can open the files that its configuration names is not known");
    Diagnostic::warning(CODE, message)
        .at(repository.policy.span, "has no key of this host")
        .help(format!("add its key to `host_keys`: `ssh-keyscan -t ed25519 {name}` prints it"))
}
