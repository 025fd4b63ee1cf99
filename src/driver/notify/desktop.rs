//! The desktop of whoever runs it: `notify-send`, on macOS `osascript`.

use super::Message;
use super::limit::{Limit, cut};
use crate::driver::tool::{Broken, Limits, Tool, find};
use crate::driver::{DriverError, ErrorKind, Io};
use std::time::{Duration, Instant};

/// More is not shown.
const TEXT: Limit = Limit::Characters(500);
const TITLE: Limit = Limit::Characters(100);

pub(super) fn show(message: &Message, timeout: Duration, io: Io<'_>) -> Result<(), DriverError> {
    let (title, text) = (cut(&message.title, TITLE).into_owned(), cut(&message.text, TEXT).into_owned());
    let tool = if cfg!(target_os = "macos") {
        // As arguments: in a script they would have to be quoted.
        let show = "display notification (item 2 of argv) with title (item 1 of argv)";
        Tool::new(&find("osascript", "it is a part of macOS")?)
            .args(["-e", "on run argv", "-e", show, "-e", "end run", "--"])
            .args([title, text])
    } else {
        let program = find("notify-send", "install it (Debian: libnotify-bin)")?;
        let urgency = if message.urgent { "critical" } else { "normal" };
        // The server may read markup in the text (Desktop Notifications Specification).
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        Tool::new(&program).args(["--app-name=fleet", "--urgency", urgency, "--"]).args([title, text])
    };
    let limits = Limits { deadline: Some(Instant::now() + timeout), ..Limits::new(io.cancel) };
    let ended = tool.lines(limits, &mut |stream, line| io.output.line(stream, line));
    match ended {
        Ok(ended) if ended.code == 0 => Ok(()),
        Ok(ended) => {
            let message = format!("the desktop does not take it (exit code {})", ended.code);
            Err(DriverError::new(ErrorKind::Other, message).said(ended.said))
        }
        Err(Broken::Cancelled) => Err(DriverError::new(ErrorKind::Cancelled, "stopped")),
        Err(Broken::TimedOut) => Err(DriverError::new(ErrorKind::TimedOut, "the desktop does not answer")),
        Err(Broken::Start(error)) => Err(DriverError::new(
            ErrorKind::Other,
            format!("the program for the desktop does not start: {error}"),
        )),
    }
}
