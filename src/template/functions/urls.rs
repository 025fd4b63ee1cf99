//! URLs by Go's `net/url`: taken apart, put together, and host names looked up.

mod parse;
mod resolve;

use super::Returned;
use super::arguments::{map, text};
use crate::template::value::{Map, Value};
pub(crate) use parse::Url;

pub(super) fn url_parse(arguments: &[Value]) -> Returned {
    let url = Url::parse(text(arguments, 0)).map_err(|error| format!("unable to parse url: {error}"))?;
    let userinfo = url.user.as_ref().map(parse::User::text).unwrap_or_default();
    let hostname = url.hostname().to_owned();
    let parts = [
        ("fragment", url.fragment),
        ("host", url.host),
        ("hostname", hostname),
        ("opaque", url.opaque),
        ("path", url.path),
        ("query", url.query.unwrap_or_default()),
        ("scheme", url.scheme),
        ("userinfo", userinfo),
    ];
    Ok(Value::map(parts.into_iter().map(|(name, part)| (name.into(), part.into())).collect()))
}

/// The string in a part of a map; nothing where it has none.
fn part(map: Option<&Map>, name: &str) -> Result<String, String> {
    match map.and_then(|map| map.get(name)) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.to_string()),
        Some(value) => Err(format!(
            "unable to parse {name} key, must be of type string, but {} found",
            value.kind_name()
        )),
    }
}

pub(super) fn url_join(arguments: &[Value]) -> Returned {
    let map = map(arguments, 0).map(|map| &**map);
    let part = |name| part(map, name);
    let (scheme, host, path) = (part("scheme")?, part("host")?, part("path")?);
    let (query, opaque, fragment) = (part("query")?, part("opaque")?, part("fragment")?);
    let userinfo = part("userinfo")?;
    let user = match userinfo.as_str() {
        "" => None,
        userinfo => {
            let url = Url::parse(&format!("proto://{userinfo}@host"));
            url.map_err(|error| format!("unable to parse userinfo in dict: {error}"))?.user
        }
    };
    let query = Some(query).filter(|query| !query.is_empty());
    let url = Url { scheme, opaque, user, host, raw_path: None, path, query, fragment };
    Ok(url.text().into())
}

/// go-task's own: the elements joined to the path of a URL, with `.` and `..` resolved.
pub(super) fn join_url(arguments: &[Value]) -> Returned {
    let Some(base) = arguments.first().and_then(Value::as_str) else {
        return Ok("".into());
    };
    let mut url = Url::parse(base)?;
    let elements: Vec<&str> = arguments[1..].iter().filter_map(Value::as_str).collect();
    url.join(&elements)?;
    Ok(url.text().into())
}

/// The first address of a host; sprig takes one by chance.
pub(super) fn host_by_name(arguments: &[Value]) -> Returned {
    use std::net::ToSocketAddrs as _;
    let addresses = (text(arguments, 0), 0).to_socket_addrs();
    match addresses.ok().and_then(|mut addresses| addresses.next()) {
        Some(address) => Ok(address.ip().to_string().into()),
        None => Err("invalid argument to Intn".to_owned()),
    }
}
