# A Raspberry Pi (aarch64): small, so its system is built elsewhere; sudo asks for a password.
{ runtime }: { }
