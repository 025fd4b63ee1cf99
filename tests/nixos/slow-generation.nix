# A generation whose activation takes long enough to lose the connection, the operator or the link in it.
{ ... }: {
  environment.etc.deployed-by-fleet.text = "yes";
  system.activationScripts.slow.text = "touch /run/activating; sleep 30";
}
