//! Remote Taskfiles from the network: over HTTP, and out of git repositories. Knows no cache and nobody to ask.

mod git;
mod http;
pub(super) mod tls;

use crate::frontend::taskfile::remote::{Fetch, FetchError, Location};
use git::Git;
use http::Http;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Files that are fetched side by side, at most.
const AT_ONCE: usize = 8;

/// How hosts are spoken to.
#[derive(Debug, Clone, Default)]
pub struct FetchOptions {
    /// Plain HTTP is accepted, and any certificate of a host.
    pub insecure: bool,
    /// The authority that certificates of hosts have to come from, a PEM file.
    pub cacert: Option<PathBuf>,
    /// Our own certificate and its key, PEM files.
    pub client: Option<(PathBuf, PathBuf)>,
}

/// The network.
pub struct Fetcher {
    options: FetchOptions,
    /// Made when first used.
    http: OnceLock<Result<Http, FetchError>>,
    git: Git,
}

impl Fetcher {
    /// Opens no connection yet.
    #[must_use]
    pub fn new(options: FetchOptions) -> Self {
        Self { options, http: OnceLock::new(), git: Git::default() }
    }

    fn one(&self, location: &Location, deadline: Instant) -> Result<Vec<u8>, FetchError> {
        if let Some(source) = location.git_source() {
            return self.git.read(&source, location.path(), deadline);
        }
        match self.http.get_or_init(|| Http::new(&self.options)) {
            Ok(http) => http.read(location, deadline),
            Err(error) => Err(error.clone()),
        }
    }
}

impl Fetch for Fetcher {
    fn fetch(&self, locations: &[&Location], timeout: Duration) -> Vec<Result<Vec<u8>, FetchError>> {
        let deadline = Instant::now() + timeout;
        if let [location] = locations {
            return vec![self.one(location, deadline)];
        }
        let answers: Vec<OnceLock<Result<Vec<u8>, FetchError>>> =
            locations.iter().map(|_| OnceLock::new()).collect();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..locations.len().min(AT_ONCE) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let (Some(location), Some(answer)) = (locations.get(index), answers.get(index))
                        else {
                            return;
                        };
                        answer.get_or_init(|| self.one(location, deadline));
                    }
                });
            }
        });
        let lost = || Err(FetchError::Failed("it was not fetched".to_owned()));
        answers.into_iter().map(|answer| answer.into_inner().unwrap_or_else(lost)).collect()
    }
}
