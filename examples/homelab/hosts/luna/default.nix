# Name server and status pages: the canary of every deployment.
{ runtime }: {
  units."zone-check.service" = { description = "Check of the DNS zones"; type = "oneshot"; exec = "${runtime}/bin/true"; };
}
