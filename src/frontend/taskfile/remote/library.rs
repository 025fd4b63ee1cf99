//! Which copy of a remote Taskfile counts: the kept one, or one that is fetched, trusted and kept (go-task 3.54
//! `taskfile/reader.go`). Decodes nothing.

use super::cache::{Cache, sha256};
use super::{FetchError, Location, Remote, RemoteError};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The remote Taskfiles of one project.
pub(in super::super) struct Library<'a> {
    remote: &'a Remote<'a>,
    /// What is left of the time for fetching. Answering questions takes none of it.
    left: Duration,
    /// What was fetched and not asked for yet, by shown location.
    fetched: HashMap<String, Fetched>,
    now: Timestamp,
}

struct Fetched {
    kept: Kept,
    answer: Result<Vec<u8>, FetchError>,
}

/// What the cache has to say.
struct Kept {
    bytes: Option<Vec<u8>>,
    path: String,
    expires: Timestamp,
    is_valid: bool,
}

impl<'a> Library<'a> {
    pub(in super::super) fn new(remote: &'a Remote<'a>) -> Self {
        Self { remote, left: remote.options.timeout, fetched: HashMap::new(), now: Timestamp::now() }
    }

    /// Whether it may not be read at all.
    pub(in super::super) fn refuse(&self, location: &Location) -> Option<RemoteError> {
        (location.is_plain_http() && !self.remote.options.insecure)
            .then(|| RemoteError::NotSecure(location.shown_when_refused()))
    }

    /// Fetches side by side what of these has to be fetched at all.
    pub(in super::super) fn fetch(&mut self, locations: &[Location]) {
        let mut wanted: Vec<(&Location, Kept)> = Vec::new();
        for location in locations {
            let is_new = !self.fetched.contains_key(location.shown())
                && !wanted.iter().any(|(other, _)| other.shown() == location.shown());
            if !is_new || self.refuse(location).is_some() {
                continue;
            }
            // What is wrong with the cache is told when the file is asked for.
            if let Ok(kept) = self.kept(location)
                && !self.is_final(&kept)
            {
                self.tell(location, &kept);
                self.note(format!("downloading remote file: {}", location.shown()));
                wanted.push((location, kept));
            }
        }
        if wanted.is_empty() {
            return;
        }
        let answers = if self.left.is_zero() {
            wanted.iter().map(|_| Err(FetchError::TimedOut)).collect()
        } else {
            let start = Instant::now();
            let locations: Vec<&Location> = wanted.iter().map(|(location, _)| *location).collect();
            let answers = self.remote.fetch.fetch(&locations, self.left);
            self.left = self.left.saturating_sub(start.elapsed());
            answers
        };
        for ((location, kept), answer) in wanted.into_iter().zip(answers) {
            self.fetched.insert(location.shown().to_owned(), Fetched { kept, answer });
        }
    }

    /// The file of a location. `pin` is the digest that an include names.
    pub(in super::super) fn read(
        &mut self,
        location: &Location,
        pin: Option<&str>,
    ) -> Result<Vec<u8>, RemoteError> {
        if let Some(error) = self.refuse(location) {
            return Err(error);
        }
        if !self.fetched.contains_key(location.shown()) {
            let kept = self.kept(location)?;
            if self.is_final(&kept) {
                self.tell(location, &kept);
                if kept.bytes.is_some() && !kept.is_valid {
                    self.note("in offline mode, using expired cache");
                }
                return kept.bytes.ok_or(RemoteError::NotCached);
            }
            self.fetch(std::slice::from_ref(location));
        }
        let Some(Fetched { kept, answer }) = self.fetched.remove(location.shown()) else {
            return Err(RemoteError::Fetch(FetchError::Failed("it was not fetched".to_owned())));
        };
        match (answer, kept.bytes) {
            (Ok(bytes), _) => self.receive(location, pin, bytes),
            (Err(FetchError::TimedOut), Some(bytes)) => {
                let which = if kept.is_valid { "cache" } else { "expired cache" };
                self.note(format!("failed to fetch remote file: context deadline exceeded: using {which}"));
                Ok(bytes)
            }
            (Err(error), _) => Err(RemoteError::Fetch(error)),
        }
    }

    fn kept(&self, location: &Location) -> Result<Kept, RemoteError> {
        let cache = self.cache(location);
        let expiry = SignedDuration::from_nanos(self.remote.options.expiry);
        let expires = cache.timestamp().checked_add(expiry).unwrap_or(Timestamp::MAX);
        let bytes = cache.read().map_err(RemoteError::Cache)?;
        let path = cache.path().display().to_string();
        Ok(Kept { bytes, path, expires, is_valid: self.now < expires })
    }

    /// Whether nothing is to be fetched, be there a copy or not.
    fn is_final(&self, kept: &Kept) -> bool {
        let options = &self.remote.options;
        options.offline || kept.bytes.is_some() && kept.is_valid && !options.download
    }

    fn tell(&self, location: &Location, kept: &Kept) {
        self.note(format!("checking cache for {:?} in {:?}", location.shown(), kept.path));
        self.note(match &kept.bytes {
            None => "no cache found".to_owned(),
            Some(_) if kept.is_valid => "cache found".to_owned(),
            Some(_) => format!("cache expired at {}", kept.expires.strftime("%Y-%m-%dT%H:%M:%SZ")),
        });
    }

    /// Has a fetched file trusted, and keeps it.
    fn receive(
        &self,
        location: &Location,
        pin: Option<&str>,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, RemoteError> {
        let shown = location.shown();
        self.note(format!("found remote file at {shown:?}"));
        let checksum = sha256(&bytes);
        if pin.is_some_and(|pin| pin != checksum) {
            // It is refused by whoever decodes it; nothing of it is kept.
            return Ok(bytes);
        }
        let cache = self.cache(location);
        if pin.is_none() && !self.remote.options.trusted_hosts.iter().any(|host| host == location.host()) {
            let known = cache.checksum();
            let what = if known.is_empty() {
                format!("The task you are attempting to run depends on the remote Taskfile at {shown:?}.")
            } else {
                format!("The Taskfile at {shown:?} has changed since you last used it!")
            };
            let question = format!(
                "{what}\n--- Make sure you trust the source of this Taskfile before continuing ---\nContinue?"
            );
            if known != checksum && !self.remote.person.trusts(&question) {
                return Err(RemoteError::NotTrusted);
            }
        }
        self.note(format!("caching {shown:?} to {:?}", cache.path().display().to_string()));
        cache.store(&bytes, self.now).map_err(RemoteError::Cache)?;
        Ok(bytes)
    }

    fn cache(&self, location: &Location) -> Cache {
        Cache::new(&self.remote.options.cache_dir, location.cache_key())
    }

    fn note(&self, text: impl AsRef<str>) {
        self.remote.person.note(text.as_ref());
    }
}
