# Development machine.
{ runtime }: { }
