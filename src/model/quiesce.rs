//! A lease that a host holds while it is changed.

use super::Text;
use crate::source::Span;
use std::time::Duration;

/// A command on the host that runs for as long as its activation does: while it runs it holds something, such as a lock, an
/// inhibitor, a place outside of a load balancer.
#[derive(Debug, Clone)]
pub struct Quiesce {
    /// The command. Its standard input ends when it is to let go.
    pub script: Text,
    /// A command that succeeds once the lease is held. Without one it is held when the command prints a line.
    pub ready: Option<Text>,
    /// How long it may take until the lease is held.
    pub timeout: Duration,
    /// Where it stands.
    pub span: Span,
}
