# A deployment, and the same again.
pair: pair {
  name = "fleet-deploy";
  script = ''
    deploy()
    target.succeed("test -e /etc/deployed-by-fleet")
    after = running()
    assert before != after, "the target still runs the old system"
    assert after == profile(), "the profile is another system"
    clean()

    with subtest("a second run changes nothing"):
        report = deploy()
        assert "unchanged" in report, report
        assert after == running()
  '';
}
