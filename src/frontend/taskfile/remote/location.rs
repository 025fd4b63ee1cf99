//! Where a remote Taskfile is: a URL, or a file of a git repository (go-task 3.54 `taskfile/node.go`, `node_http.go`,
//! `node_git.go`, which reads repositories as `git-urls` does).

use super::super::path::clean;
use crate::template::Url;
use std::path::Path;

/// Schemes that `git-urls` takes for URLs; anything else may be `user@host:path`.
const TRANSPORTS: [&str; 9] = ["ssh", "git", "git+ssh", "http", "https", "ftp", "ftps", "rsync", "file"];

/// The place of a remote Taskfile.
#[derive(Debug, Clone)]
pub struct Location {
    /// The whole URL; for a file of a repository that of the repository.
    url: Url,
    /// As it is shown, without its password; two of the same are one file.
    shown: String,
    file: Option<RepositoryFile>,
}

#[derive(Debug, Clone)]
struct RepositoryFile {
    path: String,
    reference: Option<String>,
}

/// What a file of a git repository is read from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GitSource {
    /// The URL of the repository, as `git clone` takes it. It may hold a password.
    pub repository: String,
    /// The same as it may be shown.
    pub shown: String,
    /// A branch, tag or commit; the default branch where it is absent.
    pub reference: Option<String>,
}

/// Whether a Taskfile of this name is on the network: an `http` or `https` URL, or a git repository such as
/// `https://host/repo.git//path?ref=x` and `git@host:repo.git`.
#[must_use]
pub fn is_remote(entrypoint: &str) -> bool {
    scheme(entrypoint).is_some()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Scheme {
    Git,
    Http,
}

fn scheme(entrypoint: &str) -> Option<Scheme> {
    if !entrypoint.contains(':') {
        return None;
    }
    if let Some(url) = git_url(entrypoint) {
        let repository = url.path.split("//").next().unwrap_or_default();
        let is_git = repository.ends_with(".git") || url.path.contains("/_git/");
        if is_git && matches!(&*url.scheme, "git" | "ssh" | "http" | "https") {
            return Some(Scheme::Git);
        }
    }
    match entrypoint.split_once("://")?.0 {
        "git" => Some(Scheme::Git),
        "http" | "https" => Some(Scheme::Http),
        _ => None,
    }
}

/// A URL, or `user@host:path` as one.
fn git_url(text: &str) -> Option<Url> {
    match Url::parse(text) {
        Ok(url) if TRANSPORTS.contains(&&*url.scheme) => Some(url),
        _ => short_url(text),
    }
}

fn short_url(text: &str) -> Option<Url> {
    let (before, after) = text.split_once(':')?;
    let (user, host) = before.split_once('@').map_or((None, before), |(user, host)| (Some(user), host));
    let word = |text: &str, more: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    if !word(host, b"._-") || user.is_some_and(|user| !word(user, b"_")) {
        return None;
    }
    let end = after.bytes().position(|byte| !byte.is_ascii_alphanumeric() && !b"./_-".contains(&byte));
    let (path, rest) = after.split_at(end.unwrap_or(after.len()));
    let query = rest.strip_prefix('?').unwrap_or(rest);
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    let mut url = Url::parse(&format!("ssh://{user}{host}")).ok().filter(|_| !path.is_empty())?;
    url.set_path(path).ok()?;
    url.query = Some(query.to_owned()).filter(|query| !query.is_empty());
    Some(url)
}

impl Location {
    /// The place of a remote entry point.
    ///
    /// # Errors
    /// It is no URL; the text is Go's.
    pub fn parse(entrypoint: &str) -> Result<Self, String> {
        let git = || git_url(entrypoint).ok_or_else(|| format!("task: {entrypoint:?} is no URL"));
        match scheme(entrypoint) {
            Some(Scheme::Git) => Ok(Self::git(git()?)),
            _ => Url::parse(entrypoint).map(|url| Self { shown: url.redacted(), url, file: None }),
        }
    }

    fn git(mut url: Url) -> Self {
        let shown = url.redacted();
        let reference = url.query_value("ref").filter(|reference| !reference.is_empty());
        let mut parts = url.path.split("//");
        let (repository, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (repository, path) = (repository.to_owned(), path.to_owned());
        url.path = repository;
        url.raw_path = None;
        url.query = None;
        url.fragment.clear();
        Self { url, shown, file: Some(RepositoryFile { path, reference }) }
    }

    /// As it is shown, without its password.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Its host, with the port where it has one.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.url.host
    }

    /// Whether it would be read over plain HTTP.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.url.scheme == "http"
    }

    /// What go-task shows of one that it refuses: of a repository no path and reference.
    pub(super) fn shown_when_refused(&self) -> String {
        self.url.redacted()
    }

    /// The repository; `None` for a plain URL.
    #[must_use]
    pub fn git_source(&self) -> Option<GitSource> {
        let file = self.file.as_ref()?;
        Some(GitSource {
            repository: self.url.text(),
            shown: self.url.redacted(),
            reference: file.reference.clone(),
        })
    }

    /// The path inside the repository, of a file or a directory; empty for its root and for a plain URL.
    #[must_use]
    pub fn path(&self) -> &str {
        self.file.as_ref().map_or("", |file| &file.path)
    }

    /// The URL to ask for, without credentials and fragment.
    #[must_use]
    pub fn request_url(&self) -> String {
        let mut url = self.url.clone();
        url.user = None;
        url.fragment.clear();
        url.text()
    }

    /// The URL of a file of this name below it, for servers that have a directory here.
    #[must_use]
    pub fn request_url_of(&self, name: &str) -> Option<String> {
        let mut url = self.url.clone();
        url.user = None;
        url.fragment.clear();
        if url.path.is_empty() {
            "/".clone_into(&mut url.path);
        }
        url.join(&[name]).ok()?;
        Some(url.text())
    }

    /// Name and password in the URL, decoded.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let user = self.url.user.as_ref()?;
        Some((&user.name, user.password.as_deref().unwrap_or_default()))
    }

    /// The entry point of an include in the file that is here.
    ///
    /// # Errors
    /// The include is no URL; the text is Go's.
    pub(in super::super) fn include(&self, entrypoint: &str) -> Result<String, String> {
        let Some(file) = &self.file else {
            return Ok(self.url.resolve(&Url::parse(entrypoint)?)?.text());
        };
        if is_remote(entrypoint) {
            return Ok(entrypoint.to_owned());
        }
        let directory = file.path.rfind('/').map_or("", |slash| &file.path[..=slash]);
        let path = match directory {
            "" => clean(Path::new(entrypoint)),
            directory => clean(Path::new(&format!("{directory}{}", entrypoint.trim_start_matches('/')))),
        };
        let mut include = format!("{}//{}", self.url.text(), path.display());
        if let Some(reference) = &file.reference {
            include.push_str("?ref=");
            include.push_str(reference);
        }
        Ok(include)
    }

    /// The directory that `dir` of an include in the file that is here counts from. `own` and `parents` are the
    /// directories that this file and the one that includes it were included with.
    pub(in super::super) fn include_base<'d>(&self, own: &'d Path, parents: Option<&'d Path>) -> &'d Path {
        if self.file.is_some() {
            // Above what it was included with: so go-task has it.
            return own.parent().unwrap_or(Path::new(if own.has_root() { "/" } else { "" }));
        }
        parents.unwrap_or(own)
    }

    /// The stem of its files in the cache.
    pub(super) fn cache_key(&self) -> String {
        let (kind, directory, name) = match &self.file {
            Some(file) => ("git", base(dir(&file.path)), base(&file.path)),
            None => {
                let slash = self.url.path.rfind('/').map_or(0, |slash| slash + 1);
                let (directory, name) = self.url.path.split_at(slash);
                ("http", base(directory), name)
            }
        };
        let prefix = if directory.len() > 1 { format!("{directory}.{name}") } else { name.to_owned() };
        format!("{kind}.{}.{prefix}.{}", self.url.host, super::cache::sha256(self.shown.as_bytes()))
    }
}

/// Go's `filepath.Dir`, as far as [`base`] can tell.
fn dir(path: &str) -> &str {
    path.rfind('/').map_or(".", |slash| if slash == 0 { "/" } else { &path[..slash] })
}

/// Go's `filepath.Base`.
fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        _ if path.is_empty() => ".",
        Some(name) if !name.is_empty() => name,
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::{Location, is_remote};

    #[test]
    fn urls_are_told_from_paths() {
        for (entrypoint, remote) in [
            ("https://example.org/Taskfile.yml", true),
            ("http://example.org", true),
            ("git@example.org:me/repo.git//Taskfile.yml?ref=main", true),
            ("host:repo.git", true),
            ("ssh://git@example.org/me/repo.git", true),
            ("https://example.org/me/_git/repo", true),
            ("git://example.org/repo", true),
            ("http://[bad/x.yml", true),
            ("HTTPS://example.org/Taskfile.yml", false),
            ("ssh://example.org/repo", false),
            ("git+ssh://example.org/repo.git", false),
            ("ftp://example.org/Taskfile.yml", false),
            ("file:///repo.git", false),
            ("./Taskfile.yml", false),
            ("a:b/Taskfile.yml", false),
            ("../repo.git", false),
            ("/a:b/repo.git", false),
        ] {
            assert_eq!(is_remote(entrypoint), remote, "{entrypoint}");
        }
    }

    /// The digests are those of the shown locations.
    #[test]
    fn files_in_the_cache_are_named_as_by_go_task() {
        for (entrypoint, key) in [
            (
                "http://127.0.0.1:8791/a/Taskfile.yml",
                "http.127.0.0.1:8791.Taskfile.yml.be43ad000219be250367a6cac70031d0f3258dd9f193f4e9ed22e4f96c4dcb7e",
            ),
            (
                "http://127.0.0.1:8791/inc/b.yml",
                "http.127.0.0.1:8791.inc.b.yml.f7145111bd9e9fa8d9b279a3b5edf4ac9e9dd2fdb863d72e6e522015589d66c8",
            ),
            (
                "http://127.0.0.1:8791/inc/sub/",
                "http.127.0.0.1:8791.sub..9d9121a58588b2d5d3dd807205e7fb5ea128097edc95bcd1de8a0bea3a166a88",
            ),
            (
                "http://user:secret@127.0.0.1:8791/a/Taskfile.yml",
                "http.127.0.0.1:8791.Taskfile.yml.0797252c13efa4d6be5061baa9282dad3011c83ac123139bb232eb63d63d8fb6",
            ),
            (
                "git://127.0.0.1:8793/repo.git",
                "git.127.0.0.1:8793...ce9f19b40e2741b8c6ba72bbc4d9780659ccc9fd1f762c1b88f2a582e8fc09e9",
            ),
            (
                "git://127.0.0.1:8793/repo.git//sub/Taskfile.yml",
                "git.127.0.0.1:8793.sub.Taskfile.yml.517461e9f740a70b84b6f7a637d968d7a2f2441f3e533d41d88c4c8be5ba8c6d",
            ),
            (
                "git://127.0.0.1:8793/repo.git//../other.yml?ref=feat/x",
                "git.127.0.0.1:8793....other.yml.e8089f6d4a4969e29bf5647128de5a89cbbb2875928bc988dc9833201e8d8640",
            ),
        ] {
            assert_eq!(Location::parse(entrypoint).unwrap().cache_key(), key, "{entrypoint}");
        }
    }

    #[test]
    fn includes_are_relative_to_the_file_that_has_them() {
        for (file, include, entrypoint) in [
            ("https://h/a/b.yml", "../c.yml", "https://h/c.yml"),
            ("https://u:p@h/a/b.yml?x", "/c.yml", "https://u:p@h/c.yml"),
            ("https://h/a/b.yml", "http://other/c.yml", "http://other/c.yml"),
            ("https://h/a/b.yml", "a:b.yml", "a:b.yml"),
            ("git@h:me/r.git//a/b.yml?ref=v1", "../c.yml", "ssh://git@h/me/r.git//c.yml?ref=v1"),
            ("https://h/r.git", "./sub/", "https://h/r.git//sub"),
            ("https://h/r.git//a/b.yml", "/c.yml", "https://h/r.git//a/c.yml"),
            ("https://h/r.git//sub", "../c.yml", "https://h/r.git//../c.yml"),
            ("https://h/r.git//a/b.yml", "https://other/c.yml", "https://other/c.yml"),
        ] {
            assert_eq!(
                Location::parse(file).unwrap().include(include).unwrap(),
                entrypoint,
                "{file} {include}"
            );
        }
        let error = Location::parse("https://h/a.yml").unwrap().include("git@h:r.git//a.yml").unwrap_err();
        assert_eq!(error, "parse \"git@h:r.git//a.yml\": first path segment in URL cannot contain colon");
    }

    #[test]
    fn a_repository_is_told_from_the_file_in_it() {
        let location = Location::parse("https://me:secret@h/r.git//a/b.yml?ref=v%2F1").unwrap();
        let source = location.git_source().unwrap();
        assert_eq!((location.path(), source.reference.as_deref()), ("a/b.yml", Some("v/1")));
        assert_eq!(
            (&*source.repository, &*source.shown),
            ("https://me:secret@h/r.git", "https://me:xxxxx@h/r.git")
        );
        assert_eq!(location.shown(), "https://me:xxxxx@h/r.git//a/b.yml?ref=v%2F1");
    }
}
