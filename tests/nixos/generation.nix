# What a deployment adds to the target.
{ ... }: {
  environment.etc.deployed-by-fleet.text = "yes";
}
