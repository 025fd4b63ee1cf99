# A generation with another initrd: the target is rebooted, and comes back with it.
pair: pair {
  name = "fleet-reboot";
  machine = ./reboot-target.nix;
  generation = ./reboot-generation.nix;
  script = ''
    def boot_id():
        return target.succeed("cat /proc/sys/kernel/random/boot_id")

    boot = boot_id()
    begin(pipeline="apply-reboot")
    code, report = ended()
    # Its shell went with the boot.
    target.connected = False
    assert code == 0 and "succeeded" in report, report
    assert boot != boot_id(), "the target was not rebooted"
    assert before != running() and running() == booted() == profile(), "the target did not boot its new system"
    clean()

    with subtest("there is nothing left to reboot for"):
        boot = boot_id()
        report = deploy(pipeline="apply-reboot")
        assert "unchanged" in report, report
        assert boot == boot_id(), "it was rebooted again"
  '';
}
