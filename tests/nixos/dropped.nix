# The link goes down in the middle of the activation and comes back: the activation goes on, and its result is proven.
pair: pair {
  name = "fleet-dropped";
  generation = ./slow-generation.nix;
  script = ''
    begin()
    target.wait_for_file("/run/activating")
    target.block()
    target.sleep(20)
    target.unblock()
    code, report = ended()
    assert code == 0 and "succeeded" in report, report
    assert before != running() and running() == profile(), "the new system was not committed"
    clean()
  '';
}
