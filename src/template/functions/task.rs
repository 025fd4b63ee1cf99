//! go-task's own functions about the machine and about lines and arguments.

use super::Returned;
use super::arguments::text;
use crate::template::value::{Typed, Value};

/// The operating system as Go names it.
pub(super) fn os(_: &[Value]) -> Returned {
    Ok(match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    }
    .into())
}

/// The processor as Go names it.
pub(super) fn arch(_: &[Value]) -> Returned {
    Ok(match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64",
        "loongarch64" => "loong64",
        arch => arch,
    }
    .into())
}

pub(super) fn num_cpu(_: &[Value]) -> Returned {
    let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Ok(Value::Int(i64::try_from(count).unwrap_or(1)))
}

pub(super) fn cat_lines(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 0).replace("\r\n", " ").replace('\n', " ").into())
}

pub(super) fn split_lines(arguments: &[Value]) -> Returned {
    Ok(Value::strings(text(arguments, 0).replace("\r\n", "\n").split('\n')))
}

pub(super) fn exe_ext(_: &[Value]) -> Returned {
    Ok(std::env::consts::EXE_SUFFIX.into())
}

pub(super) fn is_sh(_: &[Value]) -> Returned {
    Ok(true.into())
}

pub(super) fn uuid(_: &[Value]) -> Returned {
    let mut bytes = [0; 16];
    fastrand::fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Ok(Value::Typed(Typed::Uuid(parts.join("-").into())))
}
