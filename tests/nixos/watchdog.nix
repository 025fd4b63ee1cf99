# Nobody comes back to prove the activation: the target returns to its old system by itself.
pair: pair {
  name = "fleet-watchdog";
  generation = ./slow-generation.nix;
  script = ''
    with subtest("fleet is killed"):
        begin()
        target.wait_for_file("/run/activating")
        operator.succeed("pkill -KILL fleet")
        target.wait_until_succeeds("test -e /etc/deployed-by-fleet", 120)
        target.wait_until_fails("test -e /etc/deployed-by-fleet", 600)
        assert before == running() and before == profile(), "the old system was not restored"

    with subtest("the link never comes back while fleet waits"):
        target.succeed("rm /run/activating")
        operator.succeed("rm -f /tmp/code")
        begin()
        target.wait_for_file("/run/activating")
        target.block()
        code, report = ended()
        assert code != 0 and "unknown" in report, report
        target.wait_until_fails("test -e /etc/deployed-by-fleet", 600)
        target.unblock()
        assert before == running() and before == profile(), "the old system was not restored"
        clean()
  '';
}
