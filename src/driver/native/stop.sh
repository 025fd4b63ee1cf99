# Ends the job JOB, whatever it is doing, and says what runs now.
job_stop "$JOB"
say_state
say end 1
