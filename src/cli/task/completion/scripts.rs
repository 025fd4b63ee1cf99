//! The scripts of `--completion`. Each asks `task __complete` and does what the number in its last line says.

/// The script of a shell; `None` for a shell that has none.
pub(in crate::cli::task) fn script(shell: &str) -> Option<&'static str> {
    Some(match shell {
        "bash" => include_str!("task.bash"),
        "fish" => include_str!("task.fish"),
        "nu" | "nushell" => include_str!("task.nu"),
        "powershell" => include_str!("task.ps1"),
        "zsh" => include_str!("task.zsh"),
        _ => return None,
    })
}
