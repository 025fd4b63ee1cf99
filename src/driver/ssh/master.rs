//! Ends a multiplexing ssh by its control socket (OpenSSH `PROTOCOL.mux`), which costs no process.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

const HELLO: u32 = 0x0000_0001;
const VERSION: u32 = 4;
const TERMINATE: u32 = 0x1000_0005;
/// How long it may take.
const LONGEST: Duration = Duration::from_secs(2);

/// Asks the ssh that listens on a socket to end, and waits until it has let go.
///
/// # Errors
/// Nobody listens, or not in this language.
pub(super) fn end(socket: &Path) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(LONGEST))?;
    stream.set_write_timeout(Some(LONGEST))?;
    let mut request = message(HELLO, VERSION);
    request.extend(message(TERMINATE, 0));
    stream.write_all(&request)?;
    // Its own hello, its consent, and the end.
    io::copy(&mut stream.take(1024), &mut io::sink())?;
    Ok(())
}

fn message(kind: u32, value: u32) -> Vec<u8> {
    [8, kind, value].into_iter().flat_map(u32::to_be_bytes).collect()
}
