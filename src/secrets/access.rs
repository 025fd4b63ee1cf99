//! What each host has to open by its configuration, to be compared with the key that the host turns out to have. Asks no
//! host.

use super::key::to_age;
use super::recipient::Recipient;
use super::repository::Repository;
use crate::model::HostName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the key is that sshd shows to everybody who connects; below another directory where the root is not kept.
const SHOWN: &str = "/etc/ssh/ssh_host_ed25519_key";

/// Files of hosts and whom they are for. All of it is public.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Recipients by host and path, of hosts that open files with the key that sshd shows.
    hosts: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Keys that anybody has.
    test_keys: Vec<String>,
}

/// Why a host is not to get its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedOut {
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Access {
    pub(super) fn of(repository: &Repository<'_>) -> Self {
        let mut hosts = BTreeMap::new();
        for host in &repository.named.hosts {
            // A key in a file of its own is known to the host alone.
            if host.keys.is_empty() || !host.keys.iter().all(|key| key.ends_with(SHOWN)) {
                continue;
            }
            let own = repository.files.iter().filter(|file| {
                // A flake is what is there, staged or not.
                !file.staged
                    && host.files.contains(&file.path)
                    && !repository.policy.is_test(&file.path)
                    && !repository.policy.passes_over("host", &file.path)
            });
            let recipients =
                |file: &super::sops::SopsFile| file.recipients().map(|key| key.name.clone()).collect();
            let files: BTreeMap<String, Vec<String>> =
                own.map(|file| (file.path.clone(), recipients(file))).collect();
            if !files.is_empty() {
                hosts.insert(host.name.to_string(), files);
            }
        }
        let mut test_keys: Vec<String> =
            repository.test.recipients.keys().map(|key| key.name.clone()).collect();
        test_keys.sort();
        Self { hosts, test_keys }
    }

    /// Why a host that has this key (`ssh-ed25519 AAAA...`) cannot live with its configuration; `None` where it can, or
    /// where nothing is known of what it has to open.
    #[must_use]
    pub fn refuses(&self, host: &HostName, key: &str) -> Option<LockedOut> {
        let files = self.hosts.get(host.as_str())?;
        let key = Recipient::age(key);
        // What is no key tells nothing.
        let age = to_age(&key)?;
        let is_own = |name: &String| *name == key.name || *name == age.name;
        if self.test_keys.iter().any(is_own) {
            return Some(LockedOut {
                message: format!("the key that {host} has is a test key: anybody has its private half"),
                help: format!("give {host} a key of its own, and its files to that: `sops updatekeys`"),
            });
        }
        let locked: Vec<&str> = files
            .iter()
            .filter(|(_, recipients)| !recipients.iter().any(is_own))
            .map(|(path, _)| path.as_str())
            .collect();
        let first = locked.first()?;
        let paths: Vec<String> = locked.iter().map(|path| format!("`{path}`")).collect();
        Some(LockedOut {
            message: format!(
                "{host} cannot open {}, which its configuration names: it has the key `{age}`",
                paths.join(", ")
            ),
            help: format!(
                "if it is the machine, put this key into the rule in `.sops.yaml` (and `host_keys`), and run `sops updatekeys --yes {}`",
                super::rule::quoted(first)
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("key/testdata/ssh_ed25519.pub");

    fn access(recipients: &[&str], test_keys: &[&str]) -> Access {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let files = BTreeMap::from([("secrets/luna.yaml".to_owned(), owned(recipients))]);
        Access { hosts: BTreeMap::from([("luna".to_owned(), files)]), test_keys: owned(test_keys) }
    }

    fn refused(access: &Access, host: &str, key: &str) -> Option<String> {
        access.refuses(&HostName::new(host).unwrap(), key).map(|locked| locked.message)
    }

    #[test]
    fn a_host_opens_what_is_for_its_key_or_the_age_key_made_of_it() {
        let age = to_age(&Recipient::age(KEY)).unwrap().name;
        assert_eq!(refused(&access(&["age1x", &age], &[]), "luna", KEY), None);
        let ssh = Recipient::age(KEY).name;
        assert_eq!(refused(&access(&[&ssh], &[]), "luna", KEY), None);
        let locked = refused(&access(&["age1x", "age1y"], &[]), "luna", KEY).unwrap();
        assert_eq!(
            locked,
            format!(
                "luna cannot open `secrets/luna.yaml`, which its configuration names: it has the key `{age}`"
            )
        );
        let test = refused(&access(&[&age], &[&age]), "luna", KEY).unwrap();
        assert!(test.contains("luna has is a test key"), "{test}");
    }

    #[test]
    fn what_is_not_known_refuses_nobody() {
        let nobody = access(&["age1x"], &[]);
        assert_eq!(refused(&nobody, "rydev", KEY), None);
        for key in ["", "ssh-ed25519", "ssh-ed25519 !", "ssh-rsa AAAA", "age1q"] {
            assert_eq!(refused(&nobody, "luna", key), None, "{key}");
        }
    }
}
