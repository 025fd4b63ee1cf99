//! Taskfiles on the network (go-task 3.54): told from paths, kept in a cache, trusted by a person. The network itself
//! is behind [`Fetch`], the person behind [`Person`].

mod cache;
mod error;
mod library;
mod location;

pub use error::FetchError;
pub use location::{GitSource, Location, is_remote};

pub(super) use cache::sha256;
pub(super) use error::RemoteError;
pub(super) use library::Library;

use std::path::PathBuf;
use std::time::Duration;

/// Gets what is on the network.
pub trait Fetch {
    /// The files of the locations, one answer for each in their order; what takes longer than `timeout` altogether is
    /// given up.
    fn fetch(&self, locations: &[&Location], timeout: Duration) -> Vec<Result<Vec<u8>, FetchError>>;
}

/// Who is asked and told.
pub trait Person {
    /// Whether a file is trusted; where nobody can be asked, it is not.
    fn trusts(&self, question: &str) -> bool;

    /// Hears what is done, one line each (go-task prints them with `--verbose`).
    fn note(&self, text: &str);
}

/// How remote Taskfiles are read (go-task's flags of the same names).
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    /// Plain HTTP is accepted.
    pub insecure: bool,
    /// Files are fetched although the cache has them.
    pub download: bool,
    /// Only the cache is used.
    pub offline: bool,
    /// The longest time for all fetching together.
    pub timeout: Duration,
    /// Nanoseconds that a file in the cache is good for.
    pub expiry: i64,
    /// Where `remote/` is; a relative path counts from the working directory.
    pub cache_dir: PathBuf,
    /// Hosts, with their ports where they have one, whose files need no question.
    pub trusted_hosts: Vec<String>,
}

/// All that reading remote Taskfiles takes.
pub struct Remote<'a> {
    /// How.
    pub options: RemoteOptions,
    /// The network.
    pub fetch: &'a dyn Fetch,
    /// The person.
    pub person: &'a dyn Person,
}
