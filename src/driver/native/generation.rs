//! Finds the generations that a host has.

use super::{Native, probe};
use crate::driver::ssh::{Answer, Destination, Script};
use crate::driver::{DriverError, ErrorKind, Io, StorePath};
use crate::model::Host;
use std::collections::BTreeMap;

/// Generations that an error names.
const NAMED: usize = 12;

impl Native {
    pub(super) fn find_generation(
        &self,
        host: &Host,
        number: Option<u64>,
        io: Io<'_>,
    ) -> Result<StorePath, DriverError> {
        self.known_or_probed(host, io)?;
        let script = Script::new(concat!(include_str!("state.sh"), include_str!("generation.sh")));
        let answer = self.ssh.ask(&Destination::of(host)?, &script, io);
        probe::complete(host, &answer)?;
        let (number, path) = choose(host, number, &answer)?;
        self.remember(host, |known| known.chosen = Some((number, path.clone())));
        Ok(path)
    }
}

fn choose(host: &Host, number: Option<u64>, answer: &Answer) -> Result<(u64, StorePath), DriverError> {
    let generations: BTreeMap<u64, StorePath> = answer
        .values("has")
        .filter_map(|value| {
            let (number, path) = value.split_once(' ')?;
            Some((number.parse().ok()?, StorePath::new(path).ok()?))
        })
        .collect();
    let at: Option<u64> = answer.value("at").and_then(|at| at.parse().ok());
    let found = match (number, at) {
        (Some(number), _) => generations.get_key_value(&number),
        (None, Some(at)) => generations.range(..at).next_back(),
        (None, None) => None,
    };
    if let Some((number, path)) = found {
        return Ok((*number, path.clone()));
    }
    let what = match (number, at) {
        (Some(number), _) => format!("no generation {number}"),
        (None, Some(at)) => format!("no generation before its current one, {at}"),
        (None, None) => "no generation at all".to_owned(),
    };
    let newest: Vec<String> = generations.keys().rev().take(NAMED).map(u64::to_string).collect();
    let help = match newest.as_slice() {
        [] => "deploy it first".to_owned(),
        newest => format!("it has {} (newest first); `--to N` names one", newest.join(", ")),
    };
    Err(DriverError::new(ErrorKind::Refusal, format!("{} has {what}", host.name)).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BuildOn, HostName, Platform};

    fn chosen(number: Option<u64>, at: &str, has: &[&str]) -> Result<u64, String> {
        let host = Host {
            name: HostName::new("luna").unwrap(),
            platform: Platform::Nixos,
            system: None,
            host_name: "luna".to_owned(),
            address: "luna".to_owned(),
            user: None,
            port: None,
            build_on: BuildOn::Target,
            build_limits: Default::default(),
            cache: None,
            driver: Default::default(),
            tags: Default::default(),
            identity: Default::default(),
        };
        let mut answer = Answer::new();
        for number in has {
            let path = "/nix/store/0ccvc3mflpbaw51cm2n4ypf34sljm9yx-nixos-system-luna";
            assert_eq!(answer.take("m:", &format!("m:has={number} {path}")), None);
        }
        assert_eq!(answer.take("m:", &format!("m:at={at}")), None);
        choose(&host, number, &answer).map(|(number, _)| number).map_err(|error| error.to_string())
    }

    #[test]
    fn the_generation_before_is_the_newest_older_one() {
        assert_eq!(chosen(None, "9", &["10", "9", "7", "x", "2"]), Ok(7));
        assert_eq!(chosen(Some(10), "9", &["10", "9"]), Ok(10));
        let error = chosen(Some(3), "9", &["10", "9"]).unwrap_err();
        assert_eq!(
            error,
            "luna has no generation 3\n  help: it has 10, 9 (newest first); `--to N` names one"
        );
        assert!(
            chosen(None, "9", &["9"])
                .unwrap_err()
                .starts_with("luna has no generation before its current one, 9")
        );
        assert!(chosen(None, "", &[]).unwrap_err().contains("no generation at all\n  help: deploy it first"));
    }
}
