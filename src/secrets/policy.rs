//! `fleet.secrets`, ready to be asked: which paths are for tests, which keys, and what is to be passed over.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{HostName, SecretsPolicy, Text};
use crate::source::{Span, Spanned};
use globset::{Glob, GlobBuilder, GlobMatcher};

const CODE: &str = "fleet::secrets::policy";

/// What a project says about its secrets.
#[derive(Debug)]
pub(crate) struct Policy {
    /// The project's directory within what is checked, with a `/` at the end where it is not the root.
    pub(crate) prefix: String,
    /// Recipients, or paths of files with test identities from the root of what is checked.
    pub(crate) test_keys: Vec<Spanned<String>>,
    /// Where `fleet.secrets` stands.
    pub(crate) span: Span,
    /// Keys of hosts.
    pub(crate) host_keys: Vec<(HostName, Spanned<String>)>,
    test_paths: Vec<(String, GlobMatcher)>,
    ignore: Vec<Ignored>,
}

#[derive(Debug)]
struct Ignored {
    rule: String,
    path: GlobMatcher,
    span: Span,
}

impl Ignored {
    fn fits(&self, rule: &str) -> bool {
        self.rule == "*" || self.rule == rule
    }
}

impl Policy {
    /// Takes what a project says; `prefix` is its directory within what is checked. `is_rule` knows the names of rules.
    pub(crate) fn new(
        policy: &SecretsPolicy,
        prefix: &str,
        is_rule: impl Fn(&str) -> bool,
        findings: &mut Diagnostics,
    ) -> Self {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let mut matcher = |text: &Text| glob(text, findings);
        let test_paths = policy.test_paths.iter().filter_map(|text| {
            let matcher = matcher(text)?;
            Some((text.raw().to_owned(), matcher))
        });
        let test_paths = test_paths.collect();
        let mut ignore = Vec::new();
        for ignored in &policy.ignore {
            if !is_rule(ignored.rule.raw()) && ignored.rule.raw() != "*" {
                findings.push(
                    Diagnostic::error(CODE, format!("there is no rule `{}`", ignored.rule.raw()))
                        .at(ignored.rule.span(), "no such rule")
                        .help("`fleet secrets check --rules` lists them"),
                );
                continue;
            }
            if let Some(path) = glob(&ignored.path, findings) {
                ignore.push(Ignored { rule: ignored.rule.raw().to_owned(), path, span: ignored.path.span() });
            }
        }
        let test_keys = policy.test_keys.iter().map(|text| {
            let raw = text.raw().trim();
            let is_file = !raw.starts_with("age1") && !raw.starts_with("ssh-");
            let value = if is_file { join(&prefix, raw) } else { raw.to_owned() };
            Spanned::new(value, text.span())
        });
        let test_keys = test_keys.collect();
        let host_keys = policy
            .host_keys
            .iter()
            .map(|(host, text)| (host.clone(), Spanned::new(text.raw().trim().to_owned(), text.span())));
        Self {
            test_keys,
            span: policy.span.unwrap_or(Span::NONE),
            host_keys: host_keys.collect(),
            test_paths,
            ignore,
            prefix,
        }
    }

    /// Whether a file is for tests.
    #[must_use]
    pub(crate) fn is_test(&self, path: &str) -> bool {
        let relative = path.strip_prefix(self.prefix.as_str());
        relative.is_some_and(|path| self.test_paths.iter().any(|(_, glob)| glob.is_match(path)))
    }

    /// Whether the project has tests with secrets at all.
    #[must_use]
    pub(crate) fn has_tests(&self) -> bool {
        !self.test_paths.is_empty()
    }

    /// The globs of files for tests, as written.
    pub(crate) fn test_paths(&self) -> impl Iterator<Item = &str> {
        self.test_paths.iter().map(|(text, _)| text.as_str())
    }

    /// Whether findings of a rule about a file are to be passed over.
    pub(crate) fn passes_over(&self, rule: &str, path: &str) -> bool {
        let below = path.strip_prefix(self.prefix.as_str());
        below.is_some_and(|path| {
            self.ignore.iter().any(|ignored| ignored.fits(rule) && ignored.path.is_match(path))
        })
    }

    /// Takes out the findings that are to be passed over, and tells of entries that nothing fell to.
    #[must_use]
    pub(crate) fn without_ignored(
        &self,
        findings: Diagnostics,
        rule_of: impl Fn(&Diagnostic) -> Option<&'static str>,
        path_of: impl Fn(&Diagnostic) -> Option<String>,
    ) -> Diagnostics {
        let mut used = vec![false; self.ignore.len()];
        let mut kept = Diagnostics::default();
        for finding in findings.into_list() {
            let (rule, path) = (rule_of(&finding), path_of(&finding));
            let index = self.ignore.iter().position(|ignored| {
                let fits = ignored.rule == "*" || rule.is_some_and(|rule| ignored.fits(rule));
                fits && path
                    .as_deref()
                    .and_then(|path| path.strip_prefix(self.prefix.as_str()))
                    .is_some_and(|path| ignored.path.is_match(path))
            });
            match index {
                Some(index) => used[index] = true,
                None => kept.push(finding),
            }
        }
        for (ignored, _) in self.ignore.iter().zip(&used).filter(|(_, used)| !**used) {
            kept.push(
                Diagnostic::warning(CODE, format!("nothing is passed over for `{}`", ignored.rule))
                    .at(ignored.span, "no finding of this rule is here")
                    .help("take the entry out of `fleet.secrets.ignore`"),
            );
        }
        kept
    }
}

fn glob(text: &Text, findings: &mut Diagnostics) -> Option<GlobMatcher> {
    let built: Result<Glob, _> =
        GlobBuilder::new(text.raw().trim_start_matches("./")).literal_separator(true).build();
    match built {
        Ok(glob) => Some(glob.compile_matcher()),
        Err(error) => {
            findings.push(
                Diagnostic::error(CODE, format!("`{}` is no glob: {}", text.raw(), error.kind()))
                    .at(text.span(), "no glob")
                    .help("write a path, with `*` for part of a name and `**` for any directories"),
            );
            None
        }
    }
}

/// A path from a directory with `.` and `..` taken away; as it is where it leads out.
pub(super) fn join(dir: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    if path.starts_with('/') {
        return path.to_owned();
    }
    for part in dir.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
