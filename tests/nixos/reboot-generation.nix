# A generation that only a reboot brings into use as a whole: its initrd is another.
{ ... }: {
  environment.etc.deployed-by-fleet.text = "yes";
  boot.initrd.kernelModules = [ "dummy" ];
}
