//! What is done while a host holds a lease.

use super::drivers::Drivers;
use crate::driver::{DriverError, ErrorKind, Io};
use crate::model::{Host, Quiesce, Text};

/// Does `work` while the host holds the lease, where there is one; tells why it was lost meanwhile, if it was.
///
/// # Errors
/// The lease could not be had; the work was not begun.
pub(super) fn quiesced<T>(
    quiesce: Option<&Quiesce>,
    host: &Host,
    drivers: &Drivers,
    io: Io<'_>,
    work: impl FnOnce() -> T,
) -> Result<(T, Option<String>), DriverError> {
    let Some(quiesce) = quiesce else { return Ok((work(), None)) };
    let render = |text: &Text| drivers.render.render(text, Some(host)).map(|out| Text::new(out, text.span()));
    let rendered = Quiesce {
        script: render(&quiesce.script)?,
        ready: quiesce.ready.as_ref().map(render).transpose()?,
        ..quiesce.clone()
    };
    let (mut work, mut done) = (Some(work), None);
    let mut once = || {
        if let Some(work) = work.take() {
            done = Some(work());
        }
    };
    let lost = drivers.target.quiesce(host, &rendered, &mut once, io)?;
    match done {
        Some(done) => Ok((done, lost)),
        None => Err(DriverError::new(ErrorKind::Other, "the lease was held, and nothing was done meanwhile")
            .help("this is a mistake in fleet; please report it")),
    }
}
