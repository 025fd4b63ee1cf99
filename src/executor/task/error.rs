//! Why a task did not run to its end, in go-task's words and with its exit codes (go-task 3.54 `errors/`).

use super::query::QueryError;
use crate::source::Span;
use crate::template::TemplateError;
use std::fmt;

/// Why a task failed.
#[derive(Debug, Clone)]
pub enum TaskError {
    /// 200
    NotFound {
        /// As called.
        name: String,
        /// A near name.
        suggestion: Option<String>,
        /// Where it is called, where a file does.
        span: Span,
    },
    /// 202
    Internal {
        /// The task.
        name: String,
    },
    /// 203: two tasks answer to it.
    Ambiguous {
        /// As called.
        name: String,
        /// The tasks.
        candidates: Vec<String>,
    },
    /// 2: the name of a task with a `*` in it is no pattern. go-task panics.
    Pattern {
        /// The name.
        name: String,
    },
    /// 204
    CalledTooOften {
        /// The task.
        name: String,
    },
    /// 205
    Declined {
        /// The task.
        name: String,
    },
    /// 205
    NoTerminal {
        /// The task.
        name: String,
    },
    /// 206
    MissingVariables {
        /// The task.
        name: String,
        /// Names and the values allowed for them.
        missing: Vec<(String, Vec<String>)>,
    },
    /// 207
    ForbiddenValues {
        /// The task.
        name: String,
        /// Name, value and the values allowed.
        found: Vec<(String, String, Vec<String>)>,
    },
    /// 208
    TimedOut {
        /// The task.
        name: String,
        /// The limit in Go's form.
        limit: String,
    },
    /// 201, unless what is inside has a code of its own.
    Run {
        /// Label or name.
        name: String,
        /// Why.
        inner: Box<TaskError>,
    },
    /// The place in a file that an error comes from, which `task` does not show.
    At {
        /// The scalar, or what else there is to look at.
        span: Span,
        /// The error.
        inner: Box<TaskError>,
    },
    /// A command's exit code.
    Exit(i32),
    /// A precondition does not hold; its message has been printed.
    Precondition,
    /// A `sh:` variable's command failed.
    Variable {
        /// The command.
        command: String,
        /// How.
        reason: String,
    },
    /// The `query` of a variable gave nothing.
    Query(Box<QueryError>),
    /// A template does not parse or render.
    Template {
        /// What is wrong.
        error: TemplateError,
        /// The scalar it stands in.
        span: Span,
    },
    /// 109: `for` over something that is no list.
    Loop {
        /// The Taskfile.
        taskfile: String,
        /// What is wrong with a reference of a `matrix`; none where it is the variable.
        reference: Option<Box<Self>>,
    },
    /// A pipeline that was called ended with this exit code; it has reported why.
    Pipeline {
        /// Its name.
        name: String,
        /// The code.
        code: u8,
    },
    /// The run was stopped.
    Interrupted,
    /// A time limit above was passed.
    Expired,
    /// Anything else, whole sentence.
    Other(String),
}

impl TaskError {
    /// Any sentence as an error.
    pub(crate) fn other(text: impl Into<String>) -> Self {
        Self::Other(text.into())
    }

    /// Any error as a sentence.
    pub(crate) fn other_error(error: impl fmt::Display) -> Self {
        Self::Other(error.to_string())
    }

    /// The exit code of the program. With `command_status`, that of the command that failed (`--exit-code`).
    #[must_use]
    pub fn exit_code(&self, command_status: bool) -> u8 {
        match self {
            Self::NotFound { .. } => 200,
            Self::Internal { .. } => 202,
            Self::Ambiguous { .. } => 203,
            Self::Pattern { .. } => 2,
            Self::CalledTooOften { .. } => 204,
            Self::Declined { .. } | Self::NoTerminal { .. } => 205,
            Self::MissingVariables { .. } => 206,
            Self::ForbiddenValues { .. } => 207,
            Self::TimedOut { .. } => {
                if command_status {
                    124
                } else {
                    208
                }
            }
            Self::Run { inner, .. } => match inner.exit_code(command_status) {
                1 if !matches!(inner.innermost(), Self::Exit(_)) || !command_status => 201,
                code => code,
            },
            Self::At { inner, .. } => inner.exit_code(command_status),
            Self::Exit(code) if command_status => u8::try_from(*code & 0xff).unwrap_or(1),
            Self::Loop { .. } => 109,
            Self::Pipeline { code, .. } => *code,
            _ => 1,
        }
    }

    /// The exit code of the command at the bottom, which `ignore_error` and `.EXIT_CODE` look at.
    #[must_use]
    pub fn command_code(&self) -> Option<i32> {
        match self {
            Self::Exit(code) => Some(*code),
            Self::TimedOut { .. } => Some(124),
            Self::Run { inner, .. } | Self::At { inner, .. } => inner.command_code(),
            _ => None,
        }
    }

    /// The error at the bottom of the calls.
    #[must_use]
    pub fn innermost(&self) -> &Self {
        let mut error = self;
        while let Self::Run { inner, .. } | Self::At { inner, .. } = error {
            error = inner;
        }
        error
    }

    /// The error with the place it comes from, unless it has one.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        match self {
            Self::At { .. }
            | Self::Run { .. }
            | Self::Template { .. }
            | Self::Query(_)
            | Self::NotFound { .. } => self,
            inner => Self::At { span, inner: Box::new(inner) },
        }
    }

    /// The place it comes from; [`Span::NONE`] where none is known.
    #[must_use]
    pub fn place(&self) -> Span {
        match self {
            Self::At { span, .. } | Self::Template { span, .. } | Self::NotFound { span, .. } => *span,
            Self::Query(error) => error.span,
            Self::Run { inner, .. } => inner.place(),
            _ => Span::NONE,
        }
    }

    /// The tasks that were running, the one that was named first.
    #[must_use]
    pub fn tasks(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut error = self;
        loop {
            error = match error {
                Self::Run { name, inner } => {
                    names.push(name.as_str());
                    inner
                }
                Self::At { inner, .. } => inner,
                _ => return names,
            };
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { name, suggestion, .. } => {
                write!(f, "task: Task {} does not exist", GoQuoted(name))?;
                match suggestion {
                    Some(near) => write!(f, ". Did you mean {}?", GoQuoted(near)),
                    None => Ok(()),
                }
            }
            Self::Internal { name } => write!(f, "task: Task {} is internal", GoQuoted(name)),
            Self::Ambiguous { name, candidates } => {
                write!(
                    f,
                    "task: Found multiple tasks ({}) that match {}",
                    candidates.join(", "),
                    GoQuoted(name)
                )
            }
            Self::Pattern { name } => write!(
                f,
                "task: The name of task {} is no pattern: it is read as a regular expression in which `*` stands for any \
                 text",
                GoQuoted(name)
            ),
            Self::CalledTooOften { name } => write!(
                f,
                "task: Maximum task call exceeded (1000) for task {}: probably an cyclic dep or infinite loop",
                GoQuoted(name)
            ),
            Self::Declined { name } => write!(f, "task: Task {} cancelled by user", GoQuoted(name)),
            Self::NoTerminal { name } => write!(
                f,
                "task: Task {} cancelled because it has a prompt and the environment is not a terminal. Use --yes (-y) \
                 to run anyway.",
                GoQuoted(name)
            ),
            Self::MissingVariables { name, missing } => {
                let list: Vec<String> = missing
                    .iter()
                    .map(|(name, allowed)| match allowed.as_slice() {
                        [] => name.clone(),
                        allowed => format!("{name} (allowed values: [{}])", allowed.join(" ")),
                    })
                    .collect();
                write!(
                    f,
                    "task: Task {} cancelled because it is missing required variables: {}",
                    GoQuoted(name),
                    list.join(", ")
                )
            }
            Self::ForbiddenValues { name, found } => {
                write!(
                    f,
                    "task: Task {} cancelled because it is missing required variables:",
                    GoQuoted(name)
                )?;
                for (name, value, allowed) in found {
                    let allowed = allowed.join(" ");
                    write!(
                        f,
                        "\n  - {name} has an invalid value : '{value}' (allowed values : [{allowed}])"
                    )?;
                }
                writeln!(f)
            }
            Self::TimedOut { name, limit } => write!(f, "task: [{name}] command timeout exceeded ({limit})"),
            Self::At { inner, .. } => write!(f, "{inner}"),
            Self::Run { name, inner } => write!(f, "task: Failed to run task {}: {inner}", GoQuoted(name)),
            Self::Exit(code) => write!(f, "exit status {code}"),
            Self::Precondition => f.write_str("task: precondition not met"),
            Self::Variable { command, reason } => {
                write!(f, "task: Command \"{command}\" failed: {reason}")
            }
            Self::Query(error) => write!(f, "{error}"),
            Self::Template { error, .. } => write!(f, "{error}"),
            Self::Loop { taskfile, reference } => {
                writeln!(f, "task: Failed to parse {taskfile}:")?;
                match reference {
                    Some(error) => write!(f, "{error}"),
                    None => f.write_str("loop var must be a delimiter-separated string, list or a map"),
                }
            }
            Self::Pipeline { name, code } => {
                write!(f, "pipeline {} ended with exit code {code}", GoQuoted(name))
            }
            Self::Interrupted => f.write_str("context canceled"),
            Self::Expired => f.write_str("context deadline exceeded"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for TaskError {}

/// Go's `%q`.
pub(crate) struct GoQuoted<'a>(pub(crate) &'a str);

impl fmt::Display for GoQuoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                '\x07' => f.write_str("\\a")?,
                '\x08' => f.write_str("\\b")?,
                '\x0c' => f.write_str("\\f")?,
                '\x0b' => f.write_str("\\v")?,
                control if control.is_control() && (control as u32) < 0x80 => {
                    write!(f, "\\x{:02x}", control as u32)?;
                }
                control if control.is_control() => write!(f, "\\u{:04x}", control as u32)?,
                plain => write!(f, "{plain}")?,
            }
        }
        f.write_str("\"")
    }
}
