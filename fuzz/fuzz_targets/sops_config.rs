//! Runs the target `sops_config` under libFuzzer.

#![no_main]

#[path = "../src/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::run("sops_config", data));
