//! Paths with slashes: Go's packages `path` and `path/filepath` on Unix. Never looks at a file.

use super::Returned;
use super::arguments::text;
use crate::template::value::Value;
use crate::word::clean as cleaned;

pub(super) fn clean(arguments: &[Value]) -> Returned {
    Ok(cleaned(text(arguments, 0)).into())
}

pub(super) fn base(arguments: &[Value]) -> Returned {
    let path = text(arguments, 0);
    let trimmed = path.trim_end_matches('/');
    Ok(match (path, trimmed) {
        ("", _) => ".",
        (_, "") => "/",
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
    .into())
}

pub(super) fn dir(arguments: &[Value]) -> Returned {
    let path = text(arguments, 0);
    let end = path.rfind('/').map_or(0, |slash| slash + 1);
    Ok(cleaned(&path[..end]).into())
}

pub(super) fn ext(arguments: &[Value]) -> Returned {
    let path = text(arguments, 0);
    let name = path.rsplit('/').next().unwrap_or(path);
    Ok(name.rfind('.').map_or("", |dot| &name[dot..]).into())
}

pub(super) fn is_abs(arguments: &[Value]) -> Returned {
    Ok(text(arguments, 0).starts_with('/').into())
}

/// The path from the working directory of the process.
fn absolute(path: &str) -> Result<String, String> {
    if path.starts_with('/') {
        return Ok(cleaned(path));
    }
    let here = std::env::current_dir().map_err(|error| format!("getwd: {error}"))?;
    Ok(cleaned(&format!("{}/{path}", here.to_string_lossy())))
}

pub(super) fn abs(arguments: &[Value]) -> Returned {
    Ok(absolute(text(arguments, 0))?.into())
}

pub(super) fn join(arguments: &[Value]) -> Returned {
    let parts: Vec<_> = arguments.iter().filter_map(Value::as_str).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Ok("".into());
    }
    Ok(cleaned(&parts.join("/")).into())
}

pub(super) fn rel(arguments: &[Value]) -> Returned {
    let (base, target) = (cleaned(text(arguments, 0)), cleaned(text(arguments, 1)));
    if base == target {
        return Ok(".".into());
    }
    let refusal = || format!("Rel: can't make {} relative to {}", text(arguments, 1), text(arguments, 0));
    if base.starts_with('/') != target.starts_with('/') {
        return Err(refusal());
    }
    let words = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect()
    };
    let (base, target) = (words(&base), words(&target));
    let shared = base.iter().zip(&target).take_while(|(left, right)| left == right).count();
    if base[shared..].iter().any(|part| part == "..") {
        return Err(refusal());
    }
    let up = std::iter::repeat_n("..", base.len() - shared);
    let parts: Vec<_> = up.chain(target[shared..].iter().map(String::as_str)).collect();
    Ok(parts.join("/").into())
}

pub(super) fn same(arguments: &[Value]) -> Returned {
    Ok(arguments[0].clone())
}

pub(super) fn join_env(arguments: &[Value]) -> Returned {
    let parts: Vec<_> = arguments.iter().filter_map(Value::as_str).collect();
    Ok(parts.join(":").into())
}
