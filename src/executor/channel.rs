//! A notification on its way: rendered, sent, and where that fails sent by its fallback. Knows no service.

use crate::driver::{Channel, DriverError, ErrorKind, Io, Message, Notify, Render, Source};
use crate::model::{Given, Notification};

/// Where a notification goes, with the variables of its pipeline.
///
/// # Errors
/// A text does not render.
pub fn channel(notification: &Notification, render: &dyn Render) -> Result<Channel, DriverError> {
    let source = |given: &Given| {
        let text = render.render(given.text(), None)?;
        Ok(match given {
            Given::Text(_) => Source::Text(text),
            Given::File(_) => Source::File(text),
            Given::Env(_) => Source::Env(text),
            Given::Command(_) => Source::Command(text),
        })
    };
    let settings = notification.settings.iter().map(|(key, given)| Ok((*key, source(given)?)));
    Ok(Channel {
        service: notification.service,
        address: source(&notification.address)?,
        settings: settings.collect::<Result<_, DriverError>>()?,
    })
}

/// Sends a notification, or the first of its fallbacks that is delivered. Says which one it was and why, where it was
/// not the first.
///
/// # Errors
/// None was delivered.
pub fn deliver(
    notification: &Notification,
    message: &Message,
    (render, notify): (&dyn Render, &dyn Notify),
    io: Io<'_>,
) -> Result<Option<String>, DriverError> {
    let mut failed = Vec::new();
    let mut next = Some(notification);
    while let Some(current) = next {
        match channel(current, render).and_then(|channel| notify.send(&channel, message, io)) {
            Ok(()) if failed.is_empty() => return Ok(None),
            Ok(()) => return Ok(Some(format!("by {}, since {}", current.label(), failed.join("; ")))),
            Err(error) => {
                next = current.fallback.as_deref().filter(|_| error.kind != ErrorKind::Cancelled);
                if next.is_none() && failed.is_empty() {
                    return Err(error);
                }
                failed.push(format!("{}: {}", current.label(), error.message));
                if next.is_none() {
                    return Err(DriverError { message: failed.join("; "), ..error });
                }
            }
        }
    }
    Ok(None)
}
