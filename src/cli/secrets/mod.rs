//! `fleet secrets`: the fence around secrets.

mod check;
mod init;

use super::Failure;
use super::args::{Arguments, Secrets};

/// Runs the command.
pub(super) fn run(arguments: &Arguments, secrets: &Secrets, program: &str) -> Result<u8, Failure> {
    match secrets {
        Secrets::Check(check) => check::run(arguments, check, program),
        Secrets::Init(init) => init::run(arguments, init),
    }
}
