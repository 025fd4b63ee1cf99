//! Settings about remote Taskfiles (go-task 3.54 `internal/flags`).

use super::settings::Settings;
use crate::cli::remote::{Access, Reader, RemoteSettings, at_least_zero};
use crate::process::Outlet;
use crate::reporter::TaskPaint;
use std::path::Path;

/// The way to remote Taskfiles for a root in this directory; empty where the root itself is remote.
pub(super) fn access(settings: &Settings, dir: &Path, stdout: &Outlet, paint: TaskPaint) -> Access {
    let duration = |flag: &str| settings.text(flag).and_then(|text| crate::yaml::parse_duration(&text));
    let remote = RemoteSettings {
        insecure: settings.on("insecure"),
        download: settings.on("download"),
        offline: settings.on("offline"),
        timeout: at_least_zero(duration("timeout").unwrap_or_default()),
        expiry: duration("expiry").unwrap_or_default(),
        temp_dir: settings.text("temp-dir"),
        cache_dir: settings.text("remote-cache-dir"),
        trusted_hosts: settings.text("trusted-hosts"),
        cacert: settings.text("cacert"),
        cert: settings.text("cert"),
        cert_key: settings.text("cert-key"),
    };
    let (yes, verbose) = (settings.on("yes"), settings.on("verbose"));
    Access::new(remote, dir, Reader { stdout: stdout.clone(), paint, yes, verbose })
}
