"""Running a job and what became of it: progress, the last good run, dead runs, and telling people.

Not here: what the jobs are (jobs), or when they start (schedules, sensors).
"""
