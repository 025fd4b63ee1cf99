//! One URL and its parts, with Go's checks and escapes.

use crate::template::quote::quote;
use std::fmt::Write as _;

/// A URL; parts that are absent are empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    pub(crate) opaque: String,
    pub(crate) user: Option<User>,
    pub(crate) host: String,
    /// The path as written, where escaping `path` again would not give it.
    pub(crate) raw_path: Option<String>,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) fragment: String,
}

/// What stands before the `@`.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: Option<String>,
}

impl User {
    /// `name:password`, escaped.
    pub(super) fn text(&self) -> String {
        let mut out = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            out.push(':');
            out.push_str(&escape(password, Part::User));
        }
        out
    }
}

/// A part of a URL, which decides on what is escaped in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Host,
    User,
    Path,
    Fragment,
}

fn must_escape(byte: u8, part: Part) -> bool {
    match byte {
        _ if byte.is_ascii_alphanumeric() => false,
        b'-' | b'_' | b'.' | b'~' => false,
        _ if part == Part::Host && b"!$&'()*+,;=:[]<>\"".contains(&byte) => false,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte == b'?',
            Part::User => b"@/?:".contains(&byte),
            Part::Fragment => false,
            Part::Host => true,
        },
        b'!' | b'(' | b')' | b'*' => part != Part::Fragment,
        _ => true,
    }
}

/// `text` with what may not stand in the part as `%XX`.
pub(super) fn escape(text: &str, part: Part) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if must_escape(byte, part) {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

pub(super) fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(byte) = bytes.get(index) {
        if *byte == b'%' {
            let digits = bytes.get(index + 1..index + 3).and_then(|digits| std::str::from_utf8(digits).ok());
            let code = digits
                .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
                .and_then(|digits| u8::from_str_radix(digits, 16).ok());
            // Of escapes a host may have only those of what is not ASCII.
            let code = code.filter(|code| part != Part::Host || *code >= 0x80 || digits == Some("25"));
            let Some(code) = code else {
                let shown = &bytes[index..bytes.len().min(index + 3)];
                return Err(format!("invalid URL escape {}", quote(&String::from_utf8_lossy(shown))));
            };
            out.push(code);
            index += 3;
            continue;
        }
        if part == Part::Host && byte.is_ascii() && must_escape(*byte, Part::Host) {
            return Err(format!("invalid character {} in host name", quote(&char::from(*byte).to_string())));
        }
        out.push(*byte);
        index += 1;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

impl Url {
    /// Takes a URL apart.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (before, fragment) = text.split_once('#').map_or((text, None), |(url, part)| (url, Some(part)));
        let mut url = Self::parse_without_fragment(before).map_err(|error| parse_error(before, &error))?;
        if let Some(fragment) = fragment {
            url.fragment = unescape(fragment, Part::Fragment).map_err(|error| parse_error(text, &error))?;
        }
        Ok(url)
    }

    fn parse_without_fragment(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        let (scheme, rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (mut rest, query) =
            rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
        url.query = query.map(str::to_owned);
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            let segment = rest.split('/').next().unwrap_or_default();
            if segment.contains(':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if let Some(after) =
            rest.strip_prefix("//").filter(|after| !url.scheme.is_empty() || !after.starts_with('/'))
        {
            let end = after.find('/').unwrap_or(after.len());
            url.set_authority(&after[..end])?;
            rest = &after[end..];
        }
        url.set_path(rest)?;
        Ok(url)
    }

    fn set_authority(&mut self, authority: &str) -> Result<(), String> {
        let host = match authority.rsplit_once('@') {
            None => authority,
            Some((user, host)) => {
                let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
                if !user.bytes().all(valid) {
                    return Err("net/url: invalid userinfo".to_owned());
                }
                let (name, password) =
                    user.split_once(':').map_or((user, None), |(name, word)| (name, Some(word)));
                let password = password.map(|password| unescape(password, Part::User)).transpose()?;
                self.user = Some(User { name: unescape(name, Part::User)?, password });
                host
            }
        };
        let port = if host.starts_with('[') {
            &host[host.rfind(']').ok_or("missing ']' in host")? + 1..]
        } else {
            host.rfind(':').map_or("", |colon| &host[colon..])
        };
        let digits = port.strip_prefix(':').unwrap_or("");
        if !(port.is_empty() || port.starts_with(':')) || !digits.bytes().all(|digit| digit.is_ascii_digit())
        {
            return Err(format!("invalid port {} after host", quote(port)));
        }
        self.host = unescape(host, Part::Host)?;
        Ok(())
    }

    /// Sets the path from its escaped form.
    pub(crate) fn set_path(&mut self, escaped: &str) -> Result<(), String> {
        self.path = unescape(escaped, Part::Path)?;
        self.raw_path = (escape(&self.path, Part::Path) != escaped).then(|| escaped.to_owned());
        Ok(())
    }

    /// The path as it stands in a URL.
    pub(crate) fn escaped_path(&self) -> String {
        let valid = |byte: u8| b"!$&'()*+,;=:@[]%".contains(&byte) || !must_escape(byte, Part::Path);
        match &self.raw_path {
            Some(raw) if raw.bytes().all(valid) => raw.clone(),
            _ if self.path == "*" => "*".to_owned(),
            _ => escape(&self.path, Part::Path),
        }
    }

    /// The host without port and brackets.
    pub(super) fn hostname(&self) -> &str {
        if let Some(inside) = self.host.strip_prefix('[')
            && let Some((name, _)) = inside.split_once(']')
        {
            return name;
        }
        self.host.rsplit_once(':').map_or(&self.host, |(name, _)| name)
    }

    /// The URL as text.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if self.opaque.is_empty() {
            let has_authority = !self.host.is_empty() || self.user.is_some();
            if has_authority || (!self.scheme.is_empty() && !self.path.is_empty()) {
                out.push_str("//");
                if let Some(user) = &self.user {
                    out.push_str(&user.text());
                    out.push('@');
                }
                out.push_str(&escape(&self.host, Part::Host));
            }
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            if out.is_empty() && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
                // Without this the segment would be read as a scheme.
                out.push_str("./");
            }
            out.push_str(&path);
        } else {
            out.push_str(&self.opaque);
        }
        if let Some(query) = &self.query {
            out.push('?');
            out.push_str(query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(&escape(&self.fragment, Part::Fragment));
        }
        out
    }
}

fn parse_error(text: &str, error: &str) -> String {
    format!("parse {}: {error}", quote(text))
}

/// The scheme before the first colon, where there is one.
fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..index], &text[index + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}
