//! What can go wrong at the edge, by class: the class decides the host's result, the text is for people.

use std::fmt;

/// The class of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The name does not resolve.
    NameResolution,
    /// The host refuses the connection.
    Refused,
    /// No answer in time, or no route.
    NoAnswer,
    /// The connection was lost in the middle.
    ConnectionLost,
    /// The host's key is not the known one.
    HostKey,
    /// The host does not let us in.
    Authentication,
    /// sudo wants a password that is not there or is wrong.
    Sudo,
    /// A program that is needed is not there.
    MissingProgram,
    /// The flake or the host's configuration does not evaluate.
    Evaluation,
    /// Something does not build.
    Build,
    /// No space left.
    DiskFull,
    /// The store refused the closure, for instance for want of a signature.
    Copy,
    /// The activation reported failure.
    Activation,
    /// What was found afterwards is not what was intended.
    Verification,
    /// It took too long.
    TimedOut,
    /// It was asked to stop.
    Cancelled,
    /// It was refused before anything was changed.
    Refusal,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// Whether it means that there is no connection.
    #[must_use]
    pub fn is_link(self) -> bool {
        matches!(
            self,
            Self::NameResolution
                | Self::Refused
                | Self::NoAnswer
                | Self::ConnectionLost
                | Self::HostKey
                | Self::Authentication
        )
    }
}

/// An error of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverError {
    /// Its class.
    pub kind: ErrorKind,
    /// What happened, one sentence, without a full stop.
    pub message: String,
    /// The last lines that the tool itself said, oldest first.
    pub said: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl DriverError {
    /// An error with nothing more to say.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), said: Vec::new(), help: None }
    }

    /// Adds what the tool said.
    #[must_use]
    pub fn said(mut self, lines: Vec<String>) -> Self {
        self.said = lines;
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for line in &self.said {
            write!(f, "\n  {line}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DriverError {}
