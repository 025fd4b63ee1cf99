//! URLs made of others: joined paths, references, and what may be shown of one.

use super::parse::{Part, Url, User, unescape};

/// What is shown in place of a password (Go's `URL.Redacted`).
const REDACTED: &str = "xxxxx";

impl Url {
    /// Joins elements to the path, with `.` and `..` resolved (Go's `URL.JoinPath`).
    ///
    /// # Errors
    /// A broken escape in an element.
    pub(crate) fn join(&mut self, elements: &[&str]) -> Result<(), String> {
        let own = self.escaped_path();
        let relative = !own.starts_with('/') && self.host.is_empty();
        let all = std::iter::once(own.as_str()).chain(elements.iter().copied());
        let text = all.clone().fold(String::new(), |text, element| text + "/" + element);
        let joined = crate::word::clean(&text);
        let mut joined = if relative { joined[1..].to_owned() } else { joined };
        // Go puts the slash before the first element, which may be the last one, and empty.
        let ends = all
            .last()
            .is_some_and(|last| last.ends_with('/') || relative && elements.is_empty() && last.is_empty());
        if ends && !joined.ends_with('/') {
            joined.push('/');
        }
        self.set_path(&joined)
    }

    /// What a reference in this document means (RFC 3986, section 5.2; Go's `URL.ResolveReference`).
    ///
    /// # Errors
    /// A broken escape in a path.
    pub(crate) fn resolve(&self, reference: &Self) -> Result<Self, String> {
        let mut url = reference.clone();
        if reference.scheme.is_empty() {
            url.scheme.clone_from(&self.scheme);
        }
        if !reference.scheme.is_empty() || !reference.host.is_empty() || reference.user.is_some() {
            url.set_path(&without_dots("", &reference.escaped_path()))?;
            return Ok(url);
        }
        if reference.path.is_empty() && reference.query.is_none() {
            url.query.clone_from(&self.query);
            if reference.fragment.is_empty() {
                url.fragment.clone_from(&self.fragment);
            }
        }
        url.host.clone_from(&self.host);
        url.user.clone_from(&self.user);
        url.set_path(&without_dots(&self.escaped_path(), &reference.escaped_path()))?;
        Ok(url)
    }

    /// The URL as text, without its password.
    pub(crate) fn redacted(&self) -> String {
        let mut url = self.clone();
        if let Some(User { password: Some(password), .. }) = &mut url.user {
            REDACTED.clone_into(password);
        }
        url.text()
    }

    /// The first value of a name in the query.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        let pairs = self.query.as_deref()?.split('&').filter(|pair| !pair.contains(';'));
        let decoded = |text: &str| unescape(&text.replace('+', " "), Part::Path).ok();
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .filter_map(|(key, value)| Some((decoded(key)?, decoded(value)?)))
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

/// A path relative to another one, with `.` and `..` resolved.
fn without_dots(base: &str, reference: &str) -> String {
    let full = if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let directory = base.rfind('/').map_or("", |slash| &base[..=slash]);
        format!("{directory}{reference}")
    };
    if full.is_empty() {
        return full;
    }
    let mut kept: Vec<&str> = Vec::new();
    for element in full.strip_prefix('/').unwrap_or(&full).split('/') {
        match element {
            "." => {}
            ".." => {
                kept.pop();
            }
            element => kept.push(element),
        }
    }
    if full.ends_with("/.") || full.ends_with("/..") || matches!(&*full, "." | "..") {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::Url;

    /// RFC 3986, sections 5.4.1 and 5.4.2, as Go resolves them.
    #[test]
    fn references_resolve_against_their_document() {
        let base = Url::parse("http://a/b/c/d;p?q").unwrap();
        for (reference, resolved) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../../g", "http://a/g"),
            ("https://u:w@b/x/../y", "https://u:w@b/y"),
            ("x//y", "http://a/b/c/x//y"),
        ] {
            let reference = Url::parse(reference).unwrap();
            assert_eq!(base.resolve(&reference).unwrap().text(), resolved, "{}", reference.text());
        }
    }

    #[test]
    fn what_is_secret_in_a_url_is_not_shown() {
        for (url, shown) in [
            ("https://me:s%3Aecret@a/b", "https://me:xxxxx@a/b"),
            ("https://me@a/b", "https://me@a/b"),
            ("https://a:80/b?x#y", "https://a:80/b?x#y"),
        ] {
            assert_eq!(Url::parse(url).unwrap().redacted(), shown);
        }
    }

    #[test]
    fn queries_are_decoded() {
        let url = Url::parse("git://a/b?ref=feat%2Fx+y&ref=z&w").unwrap();
        let values = ["ref", "w", "v"].map(|name| url.query_value(name));
        assert_eq!(values, [Some("feat/x y".to_owned()), Some(String::new()), None]);
    }
}
