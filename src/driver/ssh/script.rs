//! A POSIX shell script for another machine and what it answers. It travels on standard input of `sh -s`, so that the
//! login shell there (fish, csh) reads nothing but two plain words, and no secret is ever an argument.

use super::word::quote;
use crate::driver::{DriverError, Sudo};
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A password; nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(Arc<str>);

/// How a script becomes root.
#[derive(Debug, Clone)]
pub(crate) struct Privilege {
    /// The way.
    pub(crate) sudo: Sudo,
    /// The password for [`Sudo::Password`].
    pub(crate) password: Option<Password>,
}

/// A script.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    body: String,
    variables: Vec<(&'static str, String)>,
    password: Option<Password>,
    privilege: Option<Privilege>,
    mark: String,
}

/// What a script answered and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    values: Vec<(String, String)>,
    /// Lines of standard output since its beginning that were no values.
    pub(crate) lines: u64,
    /// Exit code of the script, or why there is none.
    pub(crate) end: Result<i32, DriverError>,
    /// The last lines of standard error.
    pub(crate) said: Vec<String>,
}

/// Programs that the scripts need may lie where a login without a terminal does not look. `/run/wrappers/bin` goes
/// before the system's own programs: only there sudo is setuid (nixpkgs `nixos/modules/security/wrappers`).
const PRELUDE: &str = r#"PATH=$PATH:/run/wrappers/bin:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
say() { printf '%s%s=%s\n' "$MARK" "$1" "$2"; }
say begin 1
"#;

impl Password {
    /// Takes a password as it was typed.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Script {
    /// A script. `say NAME VALUE` in it answers a value; what else it prints is output.
    pub(crate) fn new(body: impl Into<String>) -> Self {
        // Nobody who writes into the output, such as the system that is activated, knows the mark.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nonce = RandomState::new().hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
        Self {
            body: body.into(),
            variables: Vec::new(),
            password: None,
            privilege: None,
            mark: format!("fleet:{nonce:016x}:"),
        }
    }

    /// Sets a shell variable, whatever the value holds.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Gives it the variable PASSWORD, not exported.
    pub(crate) fn password(mut self, password: Option<Password>) -> Self {
        self.password = password;
        self
    }

    /// Runs all of it as root, this way.
    pub(crate) fn by(mut self, privilege: Privilege) -> Self {
        self.privilege = Some(privilege);
        self
    }

    /// What a line must start with to be a value.
    pub(crate) fn mark(&self) -> &str {
        &self.mark
    }

    /// The text for standard input of `sh -s`.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("MARK={}\n", quote(&self.mark));
        if let Some(Password(password)) = &self.password {
            text.push_str(&format!("PASSWORD={}\n", quote(password)));
        }
        text.push_str(PRELUDE);
        for (name, value) in &self.variables {
            text.push_str(&format!("{name}={}\n", quote(value)));
        }
        text.push_str(&self.body);
        text.push('\n');
        match &self.privilege {
            Some(privilege) => privilege.runs(&text),
            None => text,
        }
    }
}

impl Privilege {
    /// A shell command that runs a text as root, as its last act where it can.
    pub(crate) fn runs(&self, text: &str) -> String {
        // The text is an argument of sudo's `sh -c`; the password alone is on its standard input. Were the text there as
        // well, a sudo that asks for nothing would leave the password to be run as a command.
        let inner = quote(text);
        let sudo = "PATH=$PATH:/run/wrappers/bin:/run/current-system/sw/bin:/usr/bin\n";
        match (self.sudo, &self.password) {
            (Sudo::Root, _) => text.to_owned(),
            (Sudo::Password, Some(Password(password))) => format!(
                "{sudo}PASSWORD={}\nprintf '%s\\n' \"$PASSWORD\" | sudo -S -p '' -- sh -c {inner}\n",
                quote(password)
            ),
            (Sudo::Free | Sudo::Password, _) => format!("{sudo}exec sudo -n -- sh -c {inner} </dev/null\n"),
        }
    }
}

impl Answer {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { values: Vec::new(), lines: 0, end: Ok(0), said: Vec::new() }
    }

    /// Takes a line of standard output; returns what of it is no value. A value may stand behind output that did not
    /// end its line.
    pub(crate) fn take<'a>(&mut self, mark: &str, line: &'a str) -> Option<&'a str> {
        let marked = line.split_once(mark).and_then(|(before, rest)| Some((before, rest.split_once('=')?)));
        let output = match marked {
            Some(("", _)) => None,
            Some((before, _)) => Some(before),
            None => Some(line),
        };
        self.lines += u64::from(self.begun() && output.is_some());
        if let Some((_, (name, value))) = marked {
            self.values.push((name.to_owned(), value.to_owned()));
        }
        output
    }

    /// Whether the script had begun.
    pub(crate) fn begun(&self) -> bool {
        !self.values.is_empty()
    }

    /// The last value of that name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of that name.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    fn run(script: &Script) -> (Answer, Vec<String>) {
        let mut child =
            Command::new("sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.text().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let mut answer = Answer::new();
        let text = String::from_utf8(output.stdout).unwrap();
        let rest =
            text.lines().filter_map(|line| answer.take(script.mark(), line).map(str::to_owned)).collect();
        (answer, rest)
    }

    #[test]
    fn values_come_back_and_the_rest_is_output() {
        let body = "echo noise\nsay twice \"$A\"\nsay twice 2\necho fleet:rc=0\nprintf open\nsay end 1";
        let script = Script::new(body).variable("A", "x'y $(id) \"z\"");
        let (answer, rest) = run(&script);
        assert_eq!(answer.values("twice").collect::<Vec<_>>(), ["x'y $(id) \"z\"", "2"]);
        assert_eq!(answer.value("end"), Some("1"));
        assert_eq!(rest, ["noise", "fleet:rc=0", "open"]);
        assert_eq!(answer.lines, 3);
        assert_eq!(answer.value("absent"), None);
    }

    #[test]
    fn a_password_is_a_variable_that_no_child_sees() {
        let script = Script::new("say length \"${#PASSWORD}\"\nsay child \"$(env | grep -c PASSWORD)\"")
            .password(Some(Password::new("it's $ecret")));
        let (answer, _) = run(&script);
        assert_eq!(answer.value("length"), Some("11"));
        assert_eq!(answer.value("child"), Some("0"));
        assert!(!format!("{script:?}").contains("ecret"));
    }
}
