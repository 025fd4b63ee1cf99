//! The scripts of `fleet completion` and `task --completion`. Each asks `PROGRAM __complete` and does what the number in the
//! last line of the answer says.

use super::Shell;

/// The script of a shell for `task`.
pub(in crate::cli) fn of_task(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => include_str!("task.bash"),
        Shell::Fish => include_str!("task.fish"),
        Shell::Nu => include_str!("task.nu"),
        Shell::Powershell => include_str!("task.ps1"),
        Shell::Zsh => include_str!("task.zsh"),
    }
}

/// The same for `fleet`: its answers have the same form.
pub(in crate::cli) fn of_fleet(shell: Shell) -> String {
    let script = of_task(shell).replace("task --completion", "fleet completion");
    script.replace("TASK_EXE", "FLEET_EXE").replace("task", "fleet")
}
