//! `fleet secrets init`.

use crate::cli::Failure;
use crate::cli::args::{Arguments, SecretsInit};

pub(in crate::cli) fn run(_arguments: &Arguments, _init: &SecretsInit) -> Result<u8, Failure> {
    Err(Failure::error("not there yet"))
}
