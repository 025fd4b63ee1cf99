//! What a test needs beyond cargo. A test that cannot run says so on standard error, past the capture of the test
//! harness, in a line that `tests/all` counts.

use std::io::Write;
use std::process::Command;

/// Whether all needs are met, each a program on the PATH, or `root`. Where one is not, the test is reported as skipped.
pub(crate) fn met(test: &str, needs: &[&str]) -> bool {
    let missing: Vec<&str> = needs.iter().copied().filter(|need| !is_met(need)).collect();
    if !missing.is_empty() {
        let _ = writeln!(std::io::stderr(), "\nSKIPPED {test}: needs {}", missing.join(", "));
    }
    missing.is_empty()
}

fn is_met(need: &str) -> bool {
    match need {
        "root" => Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n"),
        program => which::which(program).is_ok(),
    }
}
