//! What the terminal is.

use std::io::IsTerminal;

/// Whether a stream is a terminal.
#[must_use]
pub fn is_terminal(stream: &impl IsTerminal) -> bool {
    stream.is_terminal()
}

/// Columns of the terminal on standard output, or else on standard error; `None` where neither is one.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    let width = |fd| rustix::termios::tcgetwinsize(fd).ok().map(|size| usize::from(size.ws_col));
    width(rustix::stdio::stdout()).or_else(|| width(rustix::stdio::stderr())).filter(|&width| width > 0)
}
