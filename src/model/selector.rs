//! Which hosts are meant: names, globs, `@tag`, `system:NAME`, `!`, `&` and `,`.
//!
//! `,` joins terms from left to right: a plain term adds its hosts, a term that begins with `!` takes its hosts away
//! (from all hosts, when it is the first). `&` binds tighter and intersects: `@edge&system:aarch64-linux,!nixpi`.

use super::Host;
use crate::diagnostic::did_you_mean;

/// A parsed selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    remove: bool,
    /// Intersected; each may be negated.
    atoms: Vec<(bool, Atom)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Atom {
    Name(String),
    Glob(String),
    Tag(String),
    System(String),
}

/// Why a selector selects nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Two separators in a row, or an operator without a term.
    #[error("the selector `{selector}` has an empty term")]
    EmptyTerm {
        /// As written.
        selector: String,
    },
    /// No such host, tag or system.
    #[error("the selector `{selector}` names no host: {atom}")]
    Unknown {
        /// As written.
        selector: String,
        /// The part that matches nothing.
        atom: String,
        /// A near name.
        suggestion: Option<String>,
    },
    /// Every part matches something, but together nothing is left.
    #[error("the selector `{selector}` leaves no host")]
    Nothing {
        /// As written.
        selector: String,
    },
}

impl Selector {
    /// Parses a selector; empty text means all hosts.
    ///
    /// # Errors
    /// [`SelectorError::EmptyTerm`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let empty = || SelectorError::EmptyTerm { selector: text.to_owned() };
        let mut terms = Vec::new();
        if text.trim().is_empty() {
            return Ok(Self {
                terms: vec![Term { remove: false, atoms: vec![(false, Atom::Glob("*".into()))] }],
            });
        }
        for term in text.split(',') {
            let mut atoms = Vec::new();
            for atom in term.split('&') {
                let atom = atom.trim();
                let (negated, atom) = match atom.strip_prefix('!') {
                    Some(rest) => (true, rest.trim()),
                    None => (false, atom),
                };
                atoms.push((negated, Atom::parse(atom).ok_or_else(empty)?));
            }
            // `!a` alone takes away; `!a&b` is an intersection with a negated part and adds.
            let remove = atoms.len() == 1 && atoms.first().is_some_and(|(negated, _)| *negated);
            if remove {
                atoms = atoms.into_iter().map(|(_, atom)| (false, atom)).collect();
            }
            terms.push(Term { remove, atoms });
        }
        Ok(Self { terms })
    }

    /// The selected hosts, in the order of `hosts`, as indices.
    ///
    /// # Errors
    /// [`SelectorError::Unknown`] for a part that no host matches, [`SelectorError::Nothing`] when none is left.
    pub fn select(&self, hosts: &[Host], text: &str) -> Result<Vec<usize>, SelectorError> {
        let starts_with_all = self.terms.first().is_some_and(|term| term.remove);
        let mut selected = vec![starts_with_all; hosts.len()];
        for term in &self.terms {
            for (_, atom) in &term.atoms {
                atom.check(hosts, text)?;
            }
            for (index, host) in hosts.iter().enumerate() {
                if term.atoms.iter().all(|(negated, atom)| atom.matches(host) != *negated) {
                    selected[index] = !term.remove;
                }
            }
        }
        let list: Vec<usize> = (0..hosts.len()).filter(|index| selected[*index]).collect();
        if list.is_empty() {
            return Err(SelectorError::Nothing { selector: text.to_owned() });
        }
        Ok(list)
    }
}

impl Atom {
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text == "@" || text == "system:" {
            return None;
        }
        Some(if let Some(tag) = text.strip_prefix('@') {
            Self::Tag(tag.to_owned())
        } else if let Some(system) = text.strip_prefix("system:") {
            Self::System(system.to_owned())
        } else if text.contains(['*', '?', '[']) {
            Self::Glob(text.to_owned())
        } else {
            Self::Name(text.to_owned())
        })
    }

    fn matches(&self, host: &Host) -> bool {
        match self {
            Self::Name(name) => host.name.as_str() == name,
            Self::Glob(glob) => {
                globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(host.name.as_str()))
            }
            Self::Tag(tag) => host.tags.contains(tag),
            Self::System(system) => host.system == *system,
        }
    }

    fn check(&self, hosts: &[Host], selector: &str) -> Result<(), SelectorError> {
        // An empty fleet is a matter of its own: `Nothing` tells it better than `Unknown` would.
        if hosts.is_empty() || hosts.iter().any(|host| self.matches(host)) {
            return Ok(());
        }
        let selector = selector.to_owned();
        Err(match self {
            Self::Name(name) => {
                let suggestion =
                    did_you_mean(name, hosts.iter().map(|host| host.name.as_str())).map(ToOwned::to_owned);
                SelectorError::Unknown { selector, atom: format!("no host is called `{name}`"), suggestion }
            }
            Self::Glob(glob) => SelectorError::Unknown {
                selector,
                atom: format!("no host matches `{glob}`"),
                suggestion: None,
            },
            Self::Tag(tag) => {
                let tags = hosts.iter().flat_map(|host| host.tags.iter().map(String::as_str));
                let suggestion = did_you_mean(tag, tags).map(|near| format!("@{near}"));
                SelectorError::Unknown { selector, atom: format!("no host has the tag `{tag}`"), suggestion }
            }
            Self::System(system) => {
                let systems = hosts.iter().map(|host| host.system.as_str());
                let suggestion = did_you_mean(system, systems).map(|near| format!("system:{near}"));
                SelectorError::Unknown { selector, atom: format!("no host is a `{system}`"), suggestion }
            }
        })
    }
}
