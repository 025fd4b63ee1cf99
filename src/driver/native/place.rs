//! Where a system is built whose `build_on` is `auto`: here where the nix here builds for it, else on the host itself.

use super::Native;
use crate::driver::nix::Means;
use crate::driver::{DriverError, ErrorKind, Io, Place, memory};
use crate::model::{BuildOn, Host};

/// Free memory without which nothing is built where nobody has said how much a build needs, MiB.
const USUAL_MIB: u64 = 1024;

impl Native {
    /// Where a host's system is built.
    ///
    /// # Errors
    /// Nothing can build it, or what has to be known for the choice cannot be found out.
    pub(super) fn place(&self, host: &Host, io: Io<'_>) -> Result<Place, DriverError> {
        match &host.build_on {
            BuildOn::Target => Ok(Place::Target),
            BuildOn::Local => Ok(Place::Local),
            BuildOn::Builder(name) => Ok(Place::Builder(name.clone())),
            BuildOn::Auto => {
                if let Some(place) = self.known(host).and_then(|known| known.place) {
                    return Ok(place);
                }
                // Where nobody knows what the configuration is for, its evaluation has failed.
                let Some(system) = &host.system else { return Ok(Place::Target) };
                let settings = self.settings(io)?;
                let free = || self.known_or_probed(host, io).map(|known| known.memory_free_mib);
                let chosen = choose(host, &settings.means(system), memory::free_mib(), free);
                chosen.map_err(|error| match error.kind {
                    ErrorKind::Refusal => DriverError {
                        message: format!("{}: the nix here builds for {}", error.message, settings.system),
                        ..error
                    },
                    _ => error,
                })
            }
        }
    }
}

/// The first that can: this machine, the builders of its nix, the host, this machine by emulation.
fn choose(
    host: &Host,
    means: &Means,
    here_mib: Option<u64>,
    there_mib: impl FnOnce() -> Result<Option<u64>, DriverError>,
) -> Result<Place, DriverError> {
    let needed = host.build_limits.job_memory_mib.unwrap_or(USUAL_MIB);
    // A machine that does not tell has enough.
    let holds = |free: Option<u64>| free.is_none_or(|free| free >= needed);
    if (means.native && holds(here_mib)) || means.builder.is_some() {
        return Ok(Place::Local);
    }
    let there = there_mib()?;
    if holds(there) {
        return Ok(Place::Target);
    }
    if means.emulated && holds(here_mib) {
        return Ok(Place::Local);
    }
    let name = &host.name;
    let system = host.system.as_deref().unwrap_or("it");
    let free = |free: Option<u64>| free.unwrap_or_default();
    let here = if means.native || means.emulated {
        format!("{} MiB of memory are free here", free(here_mib))
    } else {
        "this machine does not build for it and its nix has no builder that does".to_owned()
    };
    let message = format!(
        "nothing builds for {system}, which {name} is ({here}, {} MiB on {name}; {needed} MiB are needed)",
        free(there)
    );
    Err(DriverError::new(ErrorKind::Refusal, message).help(format!(
        "give nix a builder for {system} (`builders`), or emulate it (boot.binfmt.emulatedSystems), or lower `job_memory` of {name}; `build_on: target` builds there all the same"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BuildLimits, HostName, Platform};

    fn host(job_memory_mib: Option<u64>) -> Host {
        Host {
            name: HostName::new("nixpi").unwrap(),
            platform: Platform::Nixos,
            system: Some("aarch64-linux".to_owned()),
            host_name: "nixpi".to_owned(),
            address: "nixpi".to_owned(),
            user: None,
            port: None,
            build_on: BuildOn::Auto,
            build_limits: BuildLimits { job_memory_mib, ..BuildLimits::default() },
            cache: None,
            driver: Default::default(),
            tags: Default::default(),
            identity: Default::default(),
        }
    }

    fn means(word: &str) -> Means {
        Means {
            native: word == "native",
            emulated: word == "emulated",
            builder: (word == "builder").then(|| "ssh://big".to_owned()),
        }
    }

    #[test]
    fn the_first_that_can_build_it_does() {
        let table = [
            // Means here, memory here, memory there, memory of a build, where.
            ("native", 8000, 400, None, Ok(Place::Local)),
            ("native", 8000, 16_000, None, Ok(Place::Local)),
            ("native", 8000, 16_000, Some(9000), Ok(Place::Target)),
            ("native", 8000, 400, Some(9000), Err(())),
            ("builder", 100, 400, Some(9000), Ok(Place::Local)),
            ("none", 8000, 1024, None, Ok(Place::Target)),
            ("none", 8000, 1023, None, Err(())),
            ("none", 8000, 400, Some(300), Ok(Place::Target)),
            ("emulated", 8000, 2000, None, Ok(Place::Target)),
            ("emulated", 8000, 400, None, Ok(Place::Local)),
            ("emulated", 100, 400, None, Err(())),
        ];
        for (word, here, there, needed, expected) in table {
            let chosen = choose(&host(needed), &means(word), Some(here), || Ok(Some(there)));
            let chosen = chosen.map_err(|error| assert_eq!(error.kind, ErrorKind::Refusal, "{error}"));
            assert_eq!(chosen, expected, "{word} {here} {there} {needed:?}");
        }
    }

    #[test]
    fn a_host_is_asked_only_where_it_may_have_to_build() {
        let unasked = || -> Result<Option<u64>, DriverError> { panic!("nobody needs to know") };
        assert_eq!(choose(&host(None), &means("native"), Some(4000), unasked), Ok(Place::Local));
        assert_eq!(choose(&host(None), &means("none"), Some(4000), || Ok(None)), Ok(Place::Target));
    }

    #[test]
    fn a_refusal_says_what_was_looked_at_and_what_to_do() {
        let error =
            choose(&host(None), &means("none"), Some(4000), || Ok(Some(412))).unwrap_err().to_string();
        for part in [
            "aarch64-linux, which nixpi is",
            "no builder that does",
            "412 MiB on nixpi",
            "1024 MiB are needed",
            "`builders`",
            "binfmt",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
