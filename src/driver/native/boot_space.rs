//! The library `boot_space.sh`, tried in every shell that there is.

use std::process::Command;

/// What a host says whose /boot has so many MiB free, on a device of its own or not, for a new kernel of so many KiB.
fn fits(shell: &str, free_mib: u64, own: bool, kernel_kib: usize, is_new: bool) -> String {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path().display();
    for system in ["old", "new"] {
        std::fs::create_dir(directory.path().join(system)).unwrap();
        std::fs::write(directory.path().join(system).join("image"), vec![0; kernel_kib * 1024]).unwrap();
        let image = if is_new { "image" } else { "../old/image" };
        std::os::unix::fs::symlink(image, directory.path().join(system).join("kernel")).unwrap();
    }
    let boot = if own { "/dev/sda1" } else { "/dev/sda2" };
    let script = format!(
        "profile={dir}/old\ndf() {{ echo head; if [ \"$2\" = /boot ]; then echo {boot} 9 9 {} 9%; else echo /dev/sda2 9 9 9 9%; fi; }}\n\
         {}\nboot_fits {dir}/new; echo $? $boot_free $boot_needs",
        free_mib * 1024,
        include_str!("boot_space.sh").replace("[ -d /boot ] || return 0", ":"),
    );
    let arguments: &[&str] = if shell == "busybox" { &["sh", "-c"] } else { &["-c"] };
    let output = Command::new(shell).args(arguments).arg(script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_new_kernel_needs_room_in_a_boot_of_its_own() {
    for shell in ["sh", "bash", "busybox"].into_iter().filter(|name| which::which(name).is_ok()) {
        assert_eq!(fits(shell, 100, true, 1500, true), "0 100 2\n", "{shell}");
        assert_eq!(fits(shell, 1, true, 1500, true), "1 1 2\n", "{shell}");
        assert_eq!(fits(shell, 1, true, 1500, false), "0 1 0\n", "{shell}: it is there already");
        assert_eq!(fits(shell, 1, false, 1500, true), "0 1 0\n", "{shell}: it stays in the store");
    }
}
