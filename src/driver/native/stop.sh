# Ends the job JOB, whatever it is doing, and says what runs now. Where it MAY be proven, one that only waits for its proof, or
# has gone back, is left alone.
if went_back "$JOB"; then
  say went_back 1
elif [ "$MAY" = 1 ] && [ -s "$base/$JOB/rc" ]; then
  read -r rc <"$base/$JOB/rc"
  say rc "$rc"
else
  job_stop "$JOB"
fi
say_state
say end 1
