//! Redirections.

use super::go_error;
use super::ports::{InputPort, Port, Ports};
use super::run::Run;
use super::syntax::{Redirection, RedirectionTarget};
use crate::word::clean;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::rc::Rc;

impl Run<'_, '_> {
    /// The ports after redirections, which are done in their order. An error has mvdan/sh's text.
    pub(super) fn redirect(&mut self, redirections: &[Redirection], from: &Ports) -> Result<Ports, String> {
        let mut ports = from.clone();
        for redirection in redirections {
            let port = match &redirection.target {
                RedirectionTarget::Duplicate(1) => ports.output.clone(),
                RedirectionTarget::Duplicate(_) => ports.error.clone(),
                RedirectionTarget::Text(word) => {
                    let text = self.string(word).unwrap_or_default();
                    ports.input = InputPort::Text(Rc::from(format!("{text}\n")));
                    continue;
                }
                RedirectionTarget::Here(index) => {
                    let parsed = self.parsed;
                    let text =
                        parsed.documents.get(*index).and_then(|word| self.string(word)).unwrap_or_default();
                    ports.input = InputPort::Text(Rc::from(text));
                    continue;
                }
                RedirectionTarget::Read(word) => {
                    let name = self.string(word).unwrap_or_default();
                    ports.input = match name.as_str() {
                        "/dev/null" => InputPort::Null,
                        name => InputPort::File(Rc::new(self.open(name, OpenOptions::new().read(true))?)),
                    };
                    continue;
                }
                RedirectionTarget::Write(word) => {
                    self.output(word, OpenOptions::new().write(true).truncate(true))?
                }
                RedirectionTarget::Append(word) => self.output(word, OpenOptions::new().append(true))?,
            };
            if redirection.stream == 1 {
                ports.output = port;
            } else {
                ports.error = port;
            }
        }
        Ok(ports)
    }

    fn output(&mut self, word: &crate::word::Word, options: &mut OpenOptions) -> Result<Port, String> {
        match self.string(word).unwrap_or_default().as_str() {
            "/dev/null" => Ok(Port::Null),
            name => Ok(Port::File(Rc::new(self.open(name, options.create(true).mode(0o644))?))),
        }
    }

    fn open(&self, name: &str, options: &OpenOptions) -> Result<File, String> {
        let path = if name.is_empty() || name.starts_with('/') {
            PathBuf::from(name)
        } else {
            PathBuf::from(clean(&format!("{}/{name}", self.state.dir.display())))
        };
        let opened = options.open(&path).and_then(|file| match file.metadata() {
            // Rust opens a directory for reading; what reads it then fails, as in any shell.
            Ok(_) => Ok(file),
            Err(error) => Err(error),
        });
        opened.map_err(|error| format!("open {}: {}", path.display(), go_error::text(&error)))
    }
}
