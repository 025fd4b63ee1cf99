//! The hook that was there before ours.

use crate::cli::Failure;
use crate::executor::outcome::exit_code;
use crate::process::{Cancel, Input, Process, SpawnErrorKind};
use rustix::fs::{Access, access};
use std::ffi::OsString;
use std::path::Path;

/// Runs it as git would, and gives its exit code. Like git, passes over one that is not executable.
pub(super) fn run(hook: &Path, arguments: &[OsString], told: Option<&[u8]>) -> Result<u8, Failure> {
    if access(hook, Access::EXEC_OK).is_err() {
        return Ok(exit_code::GOOD);
    }
    // A name without a slash would be looked for on PATH.
    let mut process = Process::new(Path::new(".").join(hook)).args(arguments);
    if let Some(told) = told {
        process.stdin = Input::Bytes(told.to_vec());
    }
    match process.run(&Cancel::new()) {
        Ok(exit) => Ok(u8::try_from(exit.code).unwrap_or(exit_code::FAILED)),
        Err(error) if error.kind == SpawnErrorKind::Format => {
            let sentence = format!("{} has no `#!` line", hook.display());
            Err(Failure::helped(sentence, "begin it with `#!/bin/sh`", exit_code::FAILED))
        }
        Err(error) => Err(Failure::error(format!("{} does not start: {error}", hook.display()))),
    }
}
