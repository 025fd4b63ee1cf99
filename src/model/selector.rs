//! Which hosts are meant: names, globs, `@tag`, `system:NAME`, `!`, `&` and `,`.
//!
//! `,` joins terms from left to right: a plain term adds its hosts, a term that begins with `!` takes its hosts away
//! (from all hosts, when it is the first). `&` binds tighter and intersects: `@edge&system:aarch64-linux,!nixpi`.
//! Knows neither the flake nor where the text came from.

use super::Host;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::Span;
use globset::{Glob, GlobMatcher};
use std::fmt;
use std::sync::Arc;

/// A parsed selector.
#[derive(Debug, Clone)]
pub struct Selector {
    text: Arc<str>,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    remove: bool,
    /// Intersected; each may be negated.
    atoms: Vec<(bool, Atom)>,
}

#[derive(Debug, Clone)]
enum Atom {
    Name(Arc<str>),
    Glob(GlobMatcher),
    Tag(Arc<str>),
    System(Arc<str>),
}

/// Why a selector selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Two separators in a row, or an operator without a term.
    #[error("the selector `{}` has an empty term", .selector.escape_debug())]
    EmptyTerm {
        /// As written.
        selector: String,
    },
    /// A glob that is none.
    #[error("the selector `{}` has a bad glob `{}`: {reason}", .selector.escape_debug(), .glob.escape_debug())]
    BadGlob {
        /// As written.
        selector: String,
        /// The part that is no glob.
        glob: String,
        /// Why.
        reason: String,
    },
    /// No such host, tag or system.
    #[error("the selector `{}` names no host: {reason}", .selector.escape_debug())]
    Unknown {
        /// As written.
        selector: String,
        /// What no host is or has.
        reason: String,
        /// A near name.
        suggestion: Option<String>,
        /// What there is to choose from.
        known: Vec<String>,
    },
    /// Every part matches something, but together nothing is left.
    #[error("the selector `{}` leaves no host", .selector.escape_debug())]
    Nothing {
        /// As written.
        selector: String,
    },
}

impl SelectorError {
    /// What to do.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::EmptyTerm { .. } => {
                "write terms such as `luna`, `rack-*`, `@edge` or `system:aarch64-linux` between `,` and `&`"
                    .into()
            }
            Self::BadGlob { .. } => "globs have `*`, `?` and `[a-z]`".into(),
            Self::Unknown { suggestion: Some(near), .. } => format!("did you mean `{near}`?"),
            Self::Unknown { known, .. } if known.is_empty() => {
                "`fleet hosts` lists hosts, systems and tags".into()
            }
            Self::Unknown { known, .. } => format!("there is: {}", some_of(known)),
            Self::Nothing { .. } => "`fleet hosts SELECTOR` shows what each part selects".into(),
        }
    }

    /// The error at the place where the selector was written; [`Span::NONE`] for the command line.
    #[must_use]
    pub fn diagnostic(&self, span: Span) -> Diagnostic {
        let label = match self {
            Self::EmptyTerm { .. } => "a term is missing here",
            Self::BadGlob { .. } => "not a glob",
            Self::Unknown { .. } | Self::Nothing { .. } => "selects no host",
        };
        Diagnostic::error("fleet::selector", self.to_string()).at(span, label).help(self.help())
    }
}

/// The first of a list that may be long.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

impl Selector {
    /// The selector that selects every host.
    #[must_use]
    pub fn all() -> Self {
        Self { text: "*".into(), terms: vec![Term { remove: true, atoms: Vec::new() }] }
    }

    /// Parses a selector; empty text and `*` mean all hosts.
    ///
    /// # Errors
    /// [`SelectorError::EmptyTerm`] and [`SelectorError::BadGlob`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        if matches!(text.trim(), "" | "*") {
            return Ok(Self::all());
        }
        let mut terms = Vec::new();
        for term in text.split(',') {
            let mut atoms = Vec::new();
            for atom in term.split('&') {
                let atom = atom.trim();
                let (negated, atom) = match atom.strip_prefix('!') {
                    Some(rest) => (true, rest.trim()),
                    None => (false, atom),
                };
                atoms.push((negated, Atom::parse(atom, text)?));
            }
            // `!a` alone takes away; `!a&b` is an intersection with a negated part and adds.
            let remove = atoms.len() == 1 && atoms.first().is_some_and(|(negated, _)| *negated);
            if remove {
                atoms = atoms.into_iter().map(|(_, atom)| (false, atom)).collect();
            }
            terms.push(Term { remove, atoms });
        }
        Ok(Self { text: text.into(), terms })
    }

    /// As written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The selected hosts, in the order of `hosts`, as indices.
    ///
    /// # Errors
    /// [`SelectorError::Unknown`] for a part that no host matches, [`SelectorError::Nothing`] when none is left.
    pub fn select(&self, hosts: &[Host]) -> Result<Vec<usize>, SelectorError> {
        // An empty fleet is a matter of its own: `Nothing` tells it better than `Unknown` would.
        if !hosts.is_empty() {
            for (_, atom) in self.terms.iter().flat_map(|term| &term.atoms) {
                if !hosts.iter().any(|host| atom.matches(host)) {
                    return Err(atom.unknown(hosts, &self.text));
                }
            }
        }
        let selected = self.matching(hosts);
        if selected.is_empty() {
            return Err(SelectorError::Nothing { selector: self.text.to_string() });
        }
        Ok(selected)
    }

    /// The hosts that match, in the order of `hosts`, as indices; parts that match no host are no error, as for waves
    /// over a part of the fleet.
    #[must_use]
    pub fn matching(&self, hosts: &[Host]) -> Vec<usize> {
        (0..hosts.len()).filter(|index| self.matches(&hosts[*index])).collect()
    }

    /// The tags it speaks of.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().flat_map(|term| &term.atoms).filter_map(|(_, atom)| match atom {
            Atom::Tag(tag) => Some(&**tag),
            _ => None,
        })
    }

    /// Whether it can mean a host of which the name and tags are known, but not the system.
    #[must_use]
    pub fn may_mean(&self, name: &str, has_tag: &dyn Fn(&str) -> bool) -> bool {
        let matches = |atom: &Atom| match atom {
            Atom::Name(wanted) => Some(**wanted == *name),
            Atom::Glob(glob) => Some(glob.is_match(name)),
            Atom::Tag(tag) => Some(has_tag(tag)),
            Atom::System(_) => None,
        };
        let is_open = self.terms.iter().flat_map(|term| &term.atoms).any(|(_, atom)| matches(atom).is_none());
        is_open || self.decide(|atom| matches(atom).unwrap_or(true))
    }

    fn matches(&self, host: &Host) -> bool {
        self.decide(|atom| atom.matches(host))
    }

    fn decide(&self, matches: impl Fn(&Atom) -> bool) -> bool {
        // The last term that speaks of the host decides. Before a leading `!`, all hosts are in.
        let decides = |term: &&Term| term.atoms.iter().all(|(negated, atom)| matches(atom) != *negated);
        match self.terms.iter().rev().find(|term| !term.atoms.is_empty() && decides(term)) {
            Some(term) => !term.remove,
            None => self.terms.first().is_some_and(|term| term.remove),
        }
    }
}

impl PartialEq for Selector {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Atom {
    fn parse(text: &str, selector: &str) -> Result<Self, SelectorError> {
        if matches!(text, "" | "@" | "system:") || text.starts_with('!') {
            return Err(SelectorError::EmptyTerm { selector: selector.to_owned() });
        }
        if let Some(tag) = text.strip_prefix('@') {
            return Ok(Self::Tag(tag.into()));
        }
        if let Some(system) = text.strip_prefix("system:") {
            return Ok(Self::System(system.into()));
        }
        if !text.contains(['*', '?', '[', '{']) {
            return Ok(Self::Name(text.into()));
        }
        let glob = Glob::new(text).map_err(|error| SelectorError::BadGlob {
            selector: selector.to_owned(),
            glob: text.to_owned(),
            reason: error.kind().to_string(),
        })?;
        Ok(Self::Glob(glob.compile_matcher()))
    }

    fn matches(&self, host: &Host) -> bool {
        match self {
            Self::Name(name) => host.name.as_str() == &**name,
            Self::Glob(glob) => glob.is_match(host.name.as_str()),
            Self::Tag(tag) => host.tags.contains(&**tag),
            Self::System(system) => host.system.as_deref() == Some(system),
        }
    }

    /// The error of a part that no host matches.
    fn unknown(&self, hosts: &[Host], selector: &str) -> SelectorError {
        let names = || hosts.iter().map(|host| host.name.as_str());
        let tags = || hosts.iter().flat_map(|host| host.tags.iter().map(String::as_str));
        let systems = || hosts.iter().filter_map(|host| host.system.as_deref());
        let (reason, suggestion, known) = match self {
            Self::Name(name) => {
                // A tag written without its `@` is nearer than any name.
                let tag = tags().any(|tag| tag == &**name).then(|| format!("@{name}"));
                let near = tag.or_else(|| did_you_mean(name, names()).map(ToOwned::to_owned));
                (format!("no host is called `{name}`"), near, all_of(names(), ""))
            }
            Self::Glob(glob) => {
                (format!("no host's name matches `{}`", glob.glob()), None, all_of(names(), ""))
            }
            Self::Tag(tag) => {
                let near = did_you_mean(tag, tags()).map(|near| format!("@{near}"));
                (format!("no host has the tag `{tag}`"), near, all_of(tags(), "@"))
            }
            Self::System(system) => {
                let near = did_you_mean(system, systems()).map(|near| format!("system:{near}"));
                (format!("no host is a `{system}`"), near, all_of(systems(), "system:"))
            }
        };
        SelectorError::Unknown { selector: selector.to_owned(), reason, suggestion, known }
    }
}

fn all_of<'a>(names: impl Iterator<Item = &'a str>, sigil: &str) -> Vec<String> {
    let mut names: Vec<String> = names.map(|name| format!("{sigil}{name}")).collect();
    names.sort_unstable();
    names.dedup();
    names
}
