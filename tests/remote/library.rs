//! What a person is asked, and what is fetched together; with a network and a person made of closures.

use fleet::frontend::taskfile::remote::{Fetch, FetchError, Location, Person, Remote, RemoteOptions};
use fleet::frontend::taskfile::{Entry, LoadOptions, TASKFILE_NAMES, load};
use fleet::source::SourceMap;
use fleet::template::Map;
use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

/// Files by URL; remembers what was fetched together.
struct Network {
    files: Vec<(&'static str, &'static str)>,
    batches: RefCell<Vec<Vec<String>>>,
}

impl Fetch for Network {
    fn fetch(&self, locations: &[&Location], _timeout: Duration) -> Vec<Result<Vec<u8>, FetchError>> {
        let shown: Vec<String> = locations.iter().map(|location| location.shown().to_owned()).collect();
        let find = |url: &String| self.files.iter().find(|(known, _)| known == url);
        let file =
            |url: &String| find(url).map(|(_, text)| text.as_bytes().to_vec()).ok_or(FetchError::NotFound);
        let answers = shown.iter().map(file).collect();
        self.batches.borrow_mut().push(shown);
        answers
    }
}

/// Trusts what contains a word; remembers the questions.
struct Someone {
    trusts: &'static str,
    questions: RefCell<Vec<String>>,
}

impl Person for Someone {
    fn trusts(&self, question: &str) -> bool {
        self.questions.borrow_mut().push(question.lines().next().unwrap_or_default().to_owned());
        question.contains(self.trusts)
    }

    fn note(&self, _text: &str) {}
}

/// Loads `https://h/Taskfile.yml`; gives exit code and messages of a failure.
fn load_root(network: &Network, someone: &Someone, cache: &Path) -> Result<usize, (u8, Vec<String>)> {
    let options = RemoteOptions {
        insecure: false,
        download: false,
        offline: false,
        timeout: Duration::from_secs(10),
        expiry: 0,
        cache_dir: cache.to_owned(),
        trusted_hosts: Vec::new(),
    };
    let remote = Remote { options, fetch: network, person: someone };
    let options = LoadOptions {
        dir: None,
        working_dir: cache,
        environment: &Map::new(),
        names: TASKFILE_NAMES,
        extra_root_keys: &[],
        queries: false,
        remote: Some(&remote),
    };
    let entry = Entry::Remote { url: "https://h/Taskfile.yml".to_owned(), dir: cache.to_owned() };
    match load(&mut SourceMap::default(), &entry, &options) {
        Ok(loaded) => Ok(loaded.project.tasks.len()),
        Err(error) => {
            Err((error.exit_code, error.diagnostics.iter().map(|found| found.message.clone()).collect()))
        }
    }
}

fn network() -> Network {
    Network {
        files: vec![
            (
                "https://h/Taskfile.yml",
                "version: '3'\nincludes: {a: ./a.yml, b: ./b.yml, c: {taskfile: ./a.yml}}",
            ),
            ("https://h/a.yml", "version: '3'\nincludes: {deep: ./deep.yml}\ntasks: {x: echo}"),
            ("https://h/b.yml", "version: '3'\nincludes: {deep: ./deep.yml}\ntasks: {x: echo}"),
            ("https://h/deep.yml", "version: '3'\ntasks: {x: echo}"),
        ],
        batches: RefCell::default(),
    }
}

#[test]
fn each_file_is_asked_for_once_in_the_order_of_the_includes() {
    let (network, cache) = (network(), tempfile::tempdir().unwrap());
    let someone = Someone { trusts: "", questions: RefCell::default() };
    assert_eq!(load_root(&network, &someone, cache.path()), Ok(6));
    let asked = ["Taskfile", "a", "deep", "b"].map(|name| {
        format!(
            "The task you are attempting to run depends on the remote Taskfile at \"https://h/{name}.yml\"."
        )
    });
    assert_eq!(*someone.questions.borrow(), asked);
    let again = Someone { trusts: "", questions: RefCell::default() };
    assert_eq!(load_root(&network, &again, cache.path()), Ok(6));
    assert!(again.questions.borrow().is_empty());
}

#[test]
fn the_includes_of_a_file_are_fetched_together() {
    let (network, cache) = (network(), tempfile::tempdir().unwrap());
    let someone = Someone { trusts: "", questions: RefCell::default() };
    load_root(&network, &someone, cache.path()).unwrap();
    let batches = [
        vec!["https://h/Taskfile.yml"],
        vec!["https://h/a.yml", "https://h/b.yml"],
        vec!["https://h/deep.yml"],
    ];
    assert_eq!(*network.batches.borrow(), batches);
}

#[test]
fn everything_that_is_not_trusted_is_told_at_once() {
    let (network, cache) = (network(), tempfile::tempdir().unwrap());
    let someone = Someone { trusts: "Taskfile.yml", questions: RefCell::default() };
    let messages = ["a", "b"].map(|name| format!("https://h/{name}.yml is not trusted")).to_vec();
    assert_eq!(load_root(&network, &someone, cache.path()), Err((104, messages)));
}
