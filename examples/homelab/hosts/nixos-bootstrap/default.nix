# Used to install other hosts; its users are not trusted by nix.
{ runtime }: { }
