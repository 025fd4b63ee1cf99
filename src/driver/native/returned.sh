# Waits for the end of the job JOB, which nobody can prove, and tells whether it went back. SKIP lines of its log are known.
[ ! -d "$base/$JOB" ] || job_follow "$JOB" left "$SKIP"
if went_back "$JOB"; then
  say_state
  say went_back 1
  rm -rf "${base:?}/$JOB"
fi
say end 1
