# Stands for the module of this name in nixpkgs.
{ ... }: { }
