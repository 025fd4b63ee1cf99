//! How the program is linked: at a fixed address, since its tables hold some 24,000 addresses that the loader would
//! write into them at each start (docs/decisions/0014-linked-at-a-fixed-address.md).

use std::io::Write as _;

fn main() {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let mut lines = "cargo::rerun-if-changed=build.rs\n".to_owned();
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && is("PROFILE", "release") {
        lines.push_str("cargo::rustc-link-arg-bins=-no-pie\n");
    }
    let _ = std::io::stdout().write_all(lines.as_bytes());
}
