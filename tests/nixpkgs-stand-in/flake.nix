{
  description = "As much of nixpkgs as fleet's flake.nix uses, and nothing else: an attribute, argument or option that is misspelt there is missing here";
  outputs = _: import ./.;
}
